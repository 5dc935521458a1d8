"""A variant with fit(x, y) is called once with all scaled training windows, and trained for no epochs."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model
import torch
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor

from cryptoforecast import Conformal, Forecaster, RelativeLog, StudentT, UserError, Window, forecast_rows
from cryptoforecast.models.contract import estimators
from tests.helpers import Given, bars, coins_of, data_of, random_walk
from tests.models.helpers import LENGTHS, quiet_trainer


def solved(x: Tensor, y: Tensor) -> Tensor:
    return torch.linalg.solve(x.T @ x + torch.eye(x.shape[1]), x.T @ y)


class Least(Forecaster):
    """Ridge regression; notes how often it was fitted, validated and asked for a training step."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.calls: list[tuple[Tensor, Tensor]] = []
        self.steps = 0

    def fit(self, x: Tensor, y: Tensor) -> None:
        """Solve for the coefficients."""
        self.calls.append((x, y))
        self.coef = solved(x.flatten(1).double(), y.double()).float()

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(1) @ self.coef

    def validation_step(self, window: Any, batch_index: int) -> None:
        super().validation_step(window, batch_index)
        self.steps += 1


class Quiet(Least):
    """The same, without notes."""

    def fit(self, x: Tensor, y: Tensor) -> None:
        """Solve for the coefficients."""
        self.coef = solved(x.flatten(1).double(), y.double()).float()


def trained(model: Forecaster, data: Any, folder: Path, **settings: Any) -> Any:
    trainer = quiet_trainer(folder, **{"max_epochs": 40, **settings})
    trainer.fit(model, data)
    return trainer


def test_fit_is_given_all_scaled_training_windows_once_and_its_coefficients_are_those_of_the_oracle(
    tmp_path: Path,
) -> None:
    data, model = data_of(random_walk(200)), Quiet(**LENGTHS)
    trained(model, data, tmp_path)
    closes = torch.tensor(random_walk(200), dtype=torch.float64)
    windows = closes.unfold(0, 7, 1)[: len(data.fold.train)]
    gain = RelativeLog().gain
    scaled = (windows / windows[:, 4:5]).log() * gain
    x, y = scaled[:, :5], scaled[:, 5:]
    expected = sklearn.linear_model.Ridge(1.0, fit_intercept=False).fit(x, y).coef_.T
    np.testing.assert_allclose(model.coef, expected, rtol=0, atol=1e-5)


def test_there_is_one_validation_one_checkpoint_and_no_second_epoch(tmp_path: Path) -> None:
    class Counting(Quiet):
        fits = 0

        def fit(self, x: Tensor, y: Tensor) -> None:
            type(self).fits += 1
            super().fit(x, y)

    data, model = data_of(random_walk(200), batch_size=4), Counting(**LENGTHS)
    best = ModelCheckpoint(tmp_path, "best", monitor="val/loss")
    trainer = trained(
        model,
        data,
        tmp_path,
        num_sanity_val_steps=0,
        enable_checkpointing=True,
        callbacks=[best, EarlyStopping("val/loss", patience=9)],
    )
    assert (Counting.fits, model.steps, trainer.current_epoch, trainer.global_step) == (1, 1, 1, 1)
    restored = torch.load(tmp_path / "best.ckpt", weights_only=True)["state_dict"]["_extra_state"]["attributes"]
    assert torch.equal(restored["coef"], model.coef)


def test_windows_are_scaled_in_blocks_that_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    closes = bars(120)
    coins = [Given(closes["Close"], others=closes, symbol=name) for name in ("A-USD", "B-USD")]
    data, model = coins_of(*coins, columns=("Close", "Volume")), Quiet(columns=("Close", "Volume"), **LENGTHS)
    whole = estimators.training_windows(model, data)
    monkeypatch.setattr(estimators, "WINDOWS_AT_A_TIME", 7)
    for left, right in zip(whole, estimators.training_windows(model, data), strict=True):
        assert torch.equal(left, right)
    assert whole[0].shape == (len(data.fold.train), 5, 2)
    assert whole[1].shape == (len(data.fold.train), 2)


def test_too_little_memory_for_all_windows_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def empty(*_: Any, **__: Any) -> Tensor:
        raise RuntimeError("not enough memory")

    data, model = data_of(random_walk(200)), Quiet(**LENGTHS)
    monkeypatch.setattr(estimators.torch, "empty", empty)
    with pytest.raises(UserError, match=r"Quiet.fit is given all \d+ training windows at once, and there is no memory"):
        estimators.training_windows(model, data)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"head": StudentT()}, "model.head is StudentT, which is trained by gradients, and Quiet is fitted in one go"),
        ({"scheduler": lambda optimizer: None}, "Quiet is fitted in one go by its fit.x, y., without a learning rate"),
        ({"optimizer": torch.optim.SGD}, "Quiet is fitted in one go by its fit.x, y., without an optimizer"),
    ],
)
def test_what_asks_for_gradients_is_refused_in_a_sentence(options: Any, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=sentence):
        trained(Quiet(**options, **LENGTHS), data_of(random_walk(200)), tmp_path)


def test_a_fit_of_other_arguments_is_refused_in_a_sentence(tmp_path: Path) -> None:
    class Narrow(Quiet):
        def fit(self, windows: Tensor) -> None:  # type: ignore[override]
            """Learn."""

    with pytest.raises(UserError, match=r"Narrow.fit\(windows: .*\).* is given the scaled training windows and their"):
        trained(Narrow(**LENGTHS), data_of(random_walk(200)), tmp_path)


GIVEN: dict[str, Any] = {}


class Named(Quiet):
    """Its fit and its forward name what they can be given."""

    def fit(self, x: Tensor, y: Tensor, series: Tensor, times: Tensor, future: Tensor, window: Window) -> None:  # type: ignore[override]
        """Keep all."""
        super().fit(x, y)
        GIVEN.update(series=series, times=times, future=future, window=window, x=x)

    def forward(self, x: Tensor, series: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(x)


def test_fit_is_given_what_it_names_of_the_same_windows_as_x(tmp_path: Path) -> None:
    coins = [Given(random_walk(90), symbol="OLD"), Given(random_walk(60), "2020-01-31", "YOUNG")]
    data = coins_of(*coins, future=["day_of_week"])
    data.setup("fit")
    model = Named(**LENGTHS, future=["day_of_week"], series_count=2)
    trained(model, data, tmp_path)
    seen, members = GIVEN, data.fold.train
    assert seen["series"].tolist() == (data.windows[members].series + 1).tolist()
    assert torch.equal(seen["times"][:, -1], data.windows[members].origin)
    assert seen["future"].shape[:2] == (len(members), LENGTHS["horizon"])
    assert torch.equal(model.network_inputs(seen["window"].context), seen["x"])


def test_a_fit_that_names_what_there_is_not_is_refused_in_a_sentence(tmp_path: Path) -> None:
    def series(self: Any, x: Tensor, y: Tensor, series: Tensor) -> None:
        """Learn."""

    def future(self: Any, x: Tensor, y: Tensor, future: Tensor) -> None:
        """Learn."""

    def with_default(self: Any, x: Tensor, y: Tensor, window: int = 3) -> None:
        assert window == 3
        Quiet.fit(self, x, y)

    data = data_of(random_walk(200))
    for method, sentence in ((series, "Odd.fit names series, and forward does not"), (future, "data.future is empty")):
        with pytest.raises(UserError, match=sentence):
            trained(type("Odd", (Quiet,), {"fit": method})(**LENGTHS), data, tmp_path)
    trained(type("Usual", (Quiet,), {"fit": with_default})(**LENGTHS), data, tmp_path)


def test_a_hook_that_only_a_trainer_calls_is_refused_where_there_is_none() -> None:
    data = data_of(random_walk(200))
    model = type("Hooked", (Quiet,), {"on_fit_start": lambda self: None})(**LENGTHS)
    with pytest.raises(UserError, match=r"Hooked.on_fit_start is called by a trainer alone, and a baseline is fitted"):
        estimators.fit_to_training_windows(model, data)


def test_conformal_makes_intervals_around_an_estimator(tmp_path: Path) -> None:
    data, model = data_of(random_walk(1200)), Quiet(head=Conformal(), **LENGTHS)
    trained(model, data, tmp_path)
    rows = forecast_rows(model, data, "test")
    inside = ((rows["actual"] > rows["0.1"]) & (rows["actual"] < rows["0.9"])).mean()
    assert 0.7 < inside < 0.9


def test_a_model_with_weights_of_its_own_may_train_them_in_its_fit(tmp_path: Path) -> None:
    class Own(Quiet):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.layer = torch.nn.Linear(self.context_length, self.horizon)

        def fit(self, x: Tensor, y: Tensor) -> None:
            optimizer = torch.optim.LBFGS(self.layer.parameters(), max_iter=50)

            def closure() -> Tensor:
                optimizer.zero_grad()
                loss = (self.layer(x[..., 0]) - y).square().mean()
                loss.backward()
                return loss

            optimizer.step(closure)

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = self.layer(x[..., 0])
            return answer

    data, model = data_of(random_walk(200)), Own(**LENGTHS)
    first = model.layer.weight.detach().clone()
    trainer = trained(model, data, tmp_path)
    assert not torch.equal(first, model.layer.weight)
    assert trainer.global_step == 1
