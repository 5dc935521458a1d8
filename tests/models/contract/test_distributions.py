"""Models with a distribution: on a rung, or as ``forward`` returns it; their curves, checkpoints and mistakes."""

import copy
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from lightning.pytorch import seed_everything
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor, distributions, nn

from cryptoforecast import (
    LSTM,
    CloseDataModule,
    Forecaster,
    Head,
    Mixture,
    Normal,
    Point,
    Quantiles,
    RandomWalk,
    StudentT,
    UserError,
    WindowStandard,
    forecast_rows,
    load_forecaster,
    rows_beside_baselines,
)
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.ladder.ladder import follow_all
from cryptoforecast.quantiles import COLUMNS, LEVELS, crps
from cryptoforecast.training.settings.from_python import call_of
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Simple, quiet_trainer

CLOSES = random_walk(300)
DISTRIBUTION_CURVES = ["coverage_90", "crps", "crps_ewma", "crps_random_walk", "density_skill"]
HEADS: dict[str, Callable[[], Head]] = {
    "Normal": Normal,
    "StudentT": StudentT,
    "Mixture": Mixture,
    "Quantiles": Quantiles,
    "StudentT on no rung": lambda: StudentT(relative_to="none"),
}


class Zeros(Forecaster):
    """A network that always says zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x.new_zeros(len(x), self.outputs)


class Says(LSTM):
    """An LSTM whose forward returns a distribution of torch."""

    def __init__(self, kind: str = "Normal", **kwargs: Any) -> None:
        super().__init__(hidden_size=4, **kwargs)
        self.kind = kind
        self.calls = 0

    def forward(self, x: Tensor) -> Any:
        self.calls += 1
        location = super().forward(x)
        scale = torch.ones_like(location)
        if self.kind == "Mixture":
            parts = distributions.Normal(torch.stack([location, location + 1], -1), torch.stack([scale, 2 * scale], -1))
            return distributions.MixtureSameFamily(
                distributions.Categorical(scale.unsqueeze(-1).expand(-1, -1, 2)), parts
            )
        if self.kind == "Independent":
            return distributions.Independent(distributions.Normal(location, scale), 1)
        if self.kind == "StudentT":
            return distributions.StudentT(scale * 4, location, scale)
        return getattr(distributions, self.kind)(location, scale)


def fitted(model: Forecaster, folder: Path, closes: list[float] = CLOSES, **settings: Any) -> Any:
    """A model trained on closes, its data, and its trainer."""
    data, trainer = data_of(closes, batch_size=32), quiet_trainer(folder, **settings)
    trainer.fit(model, data)
    return data, trainer


def on_rung(head: Head, data: CloseDataModule) -> Forecaster:
    """A network of zeros on a fitted rung."""
    model = Zeros(head=head, **LENGTHS)
    if head.base is not None:
        head.base.fit(data.bars(), data.horizon)
    return model


def states_of(model: Forecaster, data: CloseDataModule) -> np.ndarray:
    """The states of the model's rung at the origins of the test windows."""
    base = model.output_head.base
    assert base is not None
    origins = (data.windows.rows(data.fold.test) + data.context_length - 1).numpy()
    states: np.ndarray = follow_all(base.rung, data.bars())[origins]
    return states


@pytest.mark.parametrize("kind", [StudentT, Mixture, Quantiles])
def test_a_network_of_zeros_has_the_quantiles_the_pit_and_the_density_of_har_at_every_step(kind: type[Head]) -> None:
    data = data_of(CLOSES)
    model = on_rung(kind(relative_to="Har"), data)  # type: ignore[call-arg]
    rows, states = forecast_rows(model, data, "test"), states_of(model, data)
    assert model.output_head.base is not None
    rung, last = model.output_head.base.rung, rows["last"].to_numpy().reshape(-1, 2)
    changes = np.log(rows["actual"].to_numpy().reshape(-1, 2) / last)
    expected = last[..., None] * np.exp(rung.quantiles(states, LEVELS))
    assert rows[list(COLUMNS)].to_numpy().reshape(expected.shape) == pytest.approx(expected, rel=1e-8)
    assert rows["pit"].to_numpy().reshape(-1, 2) == pytest.approx(rung.cdf(states, changes), abs=1e-9)
    if kind is not Quantiles:
        densities = rung.log_density(states, changes)
        assert densities is not None
        assert rows["log_density"].to_numpy().reshape(-1, 2) == pytest.approx(densities, abs=1e-8)


@pytest.mark.parametrize("kind", [StudentT, Mixture])
def test_on_ewma_a_network_of_zeros_has_the_student_t_fitted_to_its_residuals(kind: type[Head]) -> None:
    from scipy.stats import t

    data = data_of(CLOSES)
    model = on_rung(kind(relative_to="Ewma"), data)  # type: ignore[call-arg]
    rows, states = forecast_rows(model, data, "test"), states_of(model, data)
    assert model.output_head.base is not None
    location, scale, freedom = (part.numpy() for part in model.output_head.base.rung.t_parameters(torch.tensor(states)))
    changes = np.log(rows["actual"] / rows["last"]).to_numpy().reshape(-1, 2)
    expected = t.cdf((changes - location) / scale, np.minimum(freedom, 1e4))
    assert rows["pit"].to_numpy().reshape(-1, 2) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("unit", [1e-9 / 30_000, 1e6 / 30_000])
def test_quantiles_scale_with_the_unit_of_price_and_stay_finite(head: str, unit: float) -> None:
    rows = []
    for factor in (1.0, unit):
        data = data_of([factor * close for close in CLOSES])
        seed_everything(0)
        model = LSTM(hidden_size=4, head=HEADS[head](), **LENGTHS)
        if model.output_head.base is not None:
            model.output_head.base.fit(data.bars(), data.horizon)
        rows.append(forecast_rows(model, data, "test"))
    usual, scaled = (part[list(COLUMNS)].to_numpy() for part in rows)
    assert np.isfinite(scaled).all()
    assert scaled == pytest.approx(unit * usual, rel=1e-4)
    assert rows[1]["pit"].to_numpy() == pytest.approx(rows[0]["pit"].to_numpy(), abs=1e-4)


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("weights", [1e-30, 1e4])
def test_a_standing_market_and_extreme_weights_give_finite_losses_and_quantiles(
    head: str, weights: float, tmp_path: Path
) -> None:
    closes = [*CLOSES[:150], *[CLOSES[149]] * 60, *(close * 1.5 for close in CLOSES[149:240])]
    model = LSTM(hidden_size=4, head=HEADS[head](), **LENGTHS)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(weights)
    data, trainer = fitted(model, tmp_path, closes, max_epochs=1)
    assert all(parameter.isfinite().all() for parameter in model.parameters())
    assert trainer.callback_metrics["train/loss"].isfinite()
    quantiles = forecast_rows(model, data, "val")[list(COLUMNS)].to_numpy()
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()


@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true", "64-true"])
def test_the_likelihood_is_computed_in_float32_at_least(precision: str, tmp_path: Path) -> None:
    seen = []

    class Noting(LSTM):
        def loss(self, forecast: Any, target: Tensor) -> Tensor:
            assert isinstance(forecast, Prediction)
            loss = super().loss(forecast, target)
            seen.append(loss.dtype)
            return loss

    _, trainer = fitted(Noting(hidden_size=4, head=StudentT(), **LENGTHS), tmp_path, precision=precision)
    assert set(seen) <= {torch.float32, torch.float64}
    assert trainer.callback_metrics["train/loss"].isfinite()


@pytest.mark.parametrize("kind", ["Normal", "StudentT", "Laplace", "Mixture", "Gumbel"])
def test_forward_may_return_a_distribution_and_is_called_once_a_batch(kind: str, tmp_path: Path) -> None:
    model = Says(kind, **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    assert set(DISTRIBUTION_CURVES) <= {name.removeprefix("val/") for name in trainer.callback_metrics}
    calls = model.calls
    rows = forecast_rows(model, data, "test")
    assert model.calls == calls + 1
    quantiles = rows[list(COLUMNS)].to_numpy()
    assert (np.diff(quantiles, axis=1) > 0).all()
    assert (rows["forecast"] == rows["0.5"]).all()
    assert rows["log_density"].notna().all()
    context = data.windows[data.fold.test].context
    assert model.forecast(context).flatten().tolist() == pytest.approx(rows["forecast"].tolist(), rel=1e-5)


def test_the_pit_of_a_distribution_is_its_own_distribution_function(tmp_path: Path) -> None:
    model = Says("Normal", **LENGTHS).eval()
    data = data_of(CLOSES)
    rows, window = forecast_rows(model, data, "test"), data.windows[data.fold.test]
    target = model.scaled(window.target, window.context).double()
    expected = model(model.network_inputs(window.context)).cdf(target).detach()
    assert rows["pit"].to_numpy() == pytest.approx(expected.flatten().numpy(), abs=1e-6)


def test_distributions_of_another_shape_or_without_quantiles_are_explained() -> None:
    data = data_of(CLOSES)
    with pytest.raises(UserError, match=r"forward gave a Independent of batch shape \(\d+,\) and event shape \(2,\)"):
        forecast_rows(Says("Independent", **LENGTHS), data, "test")
    with pytest.raises(UserError, match="VonMises, for which torch has neither icdf nor cdf"):
        forecast_rows(Says("VonMises", **LENGTHS), data, "test")


def test_curves_of_validation_are_the_scores_of_the_rows_and_of_the_ladders(tmp_path: Path) -> None:
    model = LSTM(hidden_size=4, head=StudentT(), **LENGTHS)
    data, trainer = fitted(model, tmp_path, callbacks=[EarlyStopping("val/crps", patience=50)])
    rows = rows_beside_baselines(model, data, "val")
    curves = {name: float(value) for name, value in trainer.callback_metrics.items()}
    scores = {name: percent_crps(part) for name, part in rows.groupby("model") if part["0.5"].notna().all()}
    assert curves["val/crps"] == pytest.approx(scores["LSTM"], rel=1e-5)
    assert curves["val/crps_random_walk"] == pytest.approx(scores["RandomWalk"], rel=1e-5)
    assert curves["val/crps_ewma"] == pytest.approx(scores["Ewma"], rel=1e-5)
    assert curves["val/density_skill"] == pytest.approx(1 - scores["LSTM"] / scores["RandomWalk"], abs=1e-5)
    mine = rows[rows["model"] == "LSTM"]
    assert curves["val/coverage_90"] == pytest.approx(mine["actual"].between(mine["0.05"], mine["0.95"]).mean())


def percent_crps(rows: pd.DataFrame) -> float:
    changes = np.log(rows[list(COLUMNS)].to_numpy() / rows[["last"]].to_numpy())
    return float(100 * crps(changes, np.log(rows["actual"] / rows["last"]).to_numpy()).mean())


def test_a_point_has_no_curve_key_or_record_of_a_distribution(tmp_path: Path) -> None:
    model, plain = LSTM(hidden_size=4, head=Point(), **LENGTHS), LSTM(hidden_size=4, **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    assert not [name for name in trainer.callback_metrics if name.split("/")[-1] in DISTRIBUTION_CURVES]
    assert model._ladder_scores is None
    assert list(model.state_dict()) == list(plain.state_dict())
    assert all(name.startswith("network.") or name.startswith("scaling") for name in model.state_dict())
    assert model.record() == plain.record()
    assert "head" not in model.record()["init_args"]
    assert list(forecast_rows(model, data, "test").columns)[-1] == "actual"


@pytest.mark.parametrize("head", HEADS)
def test_a_checkpoint_forecasts_the_same_bits(head: str, tmp_path: Path) -> None:
    model = Simple(head=HEADS[head](), **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    require_reloadable(trainer, model, data)
    trainer.save_checkpoint(tmp_path / "a.ckpt")
    loaded = load_forecaster(tmp_path / "a.ckpt")
    assert type(loaded.output_head) is type(model.output_head)
    assert loaded.record() == model.record()
    pd.testing.assert_frame_equal(
        forecast_rows(loaded, data, "test"), forecast_rows(model, data, "test"), check_exact=True
    )


def test_a_rung_that_a_checkpoint_lacks_is_found_before_a_fit(tmp_path: Path) -> None:
    model = Simple(head=StudentT(), **LENGTHS)
    data, trainer = fitted(model, tmp_path)
    base = model.output_head.base
    assert base is not None
    simpler = StudentT(relative_to="Ewma")
    assert simpler.base is not None
    simpler.base.fit(data.bars(), data.horizon)
    base.get_extra_state = simpler.base.get_extra_state  # type: ignore[method-assign]
    with pytest.raises(UserError, match="something that it has learned is in no checkpoint"):
        require_reloadable(trainer, model, data)


def test_a_fit_goes_on_within_an_epoch_to_the_same_bits(tmp_path: Path) -> None:
    def run(ckpt_path: str | None) -> tuple[dict[str, Any], dict[str, float], Path]:
        seed_everything(1)
        keep = ModelCheckpoint(tmp_path / "kept", filename="{step}", every_n_train_steps=3, save_top_k=-1)
        trainer = quiet_trainer(tmp_path, enable_checkpointing=True, callbacks=[keep], max_epochs=2)
        model, data = LSTM(hidden_size=4, head=StudentT(), **LENGTHS), data_of(CLOSES, batch_size=32)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.fit(model, data, ckpt_path=ckpt_path)
        return model.state_dict(), {name: float(x) for name, x in trainer.callback_metrics.items()}, tmp_path / "kept"

    weights, curves, kept = run(None)
    again, resumed, _ = run(str(kept / "step=3.ckpt"))
    assert curves == resumed
    for name, value in weights.items():
        assert torch.equal(value, again[name]) if isinstance(value, Tensor) else value == again[name]


def test_models_are_copied_and_have_layers_called_head_and_layers_of_lazy_size(tmp_path: Path) -> None:
    class Lazy(Forecaster):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.head = nn.LazyLinear(self.outputs)

        def forward(self, x: Tensor) -> Tensor:
            answer: Tensor = self.head(x[..., 0])
            return answer

    model = Lazy(head=StudentT(), **LENGTHS)
    data, _ = fitted(model, tmp_path)
    copied = copy.deepcopy(model)
    pd.testing.assert_frame_equal(forecast_rows(copied, data, "test"), forecast_rows(model, data, "test"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: LSTM(head=StudentT(), scaling=WindowStandard(), **LENGTHS),
            "model.scaling is WindowStandard",
        ),
        (lambda: RandomWalk(head=StudentT(), **LENGTHS), "RandomWalk has a forecast of its own"),
    ],
)
def test_heads_that_cannot_be_used_are_refused(make: Callable[[], Forecaster], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        quiet_trainer(tmp_path).fit(make(), data_of(CLOSES))


def test_a_network_with_too_few_outputs_is_told_how_many_its_head_needs(tmp_path: Path) -> None:
    class Short(LSTM):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x)[:, :2]

    with pytest.raises(
        UserError, match=r"\(batch, outputs\), which is \(\d+, 6\): StudentT needs 6 numbers for a window"
    ):
        quiet_trainer(tmp_path).fit(Short(hidden_size=4, head=StudentT(), **LENGTHS), data_of(CLOSES))


def test_the_name_of_the_frameworks_head_is_taken() -> None:
    model = LSTM(hidden_size=4, **LENGTHS)
    with pytest.raises(UserError, match="sets self.output_head to an instance of Linear"):
        model.output_head = nn.Linear(4, 2)
    with pytest.raises(UserError, match="pass a head to super"):
        type("Named", (LSTM,), {"output_head": Point()})


def test_a_context_alone_and_a_network_forecast_tell_no_distribution(tmp_path: Path) -> None:
    model = LSTM(hidden_size=4, head=StudentT(relative_to="Ewma"), **LENGTHS)
    data, _ = fitted(model, tmp_path)
    context = follow(model, data)[data.fold.test].context
    with pytest.raises(UserError, match="Ewma follows a series from its first bar on, and a context alone"):
        model.forecast(context)
    with pytest.raises(UserError, match=r"network_forecast is of points, .* call super\(\).training_step"):
        LSTM(hidden_size=4, head=StudentT(relative_to="none"), **LENGTHS).network_forecast(context)


def test_where_no_rung_can_be_fitted_an_error_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"Ewma cannot be fitted: .*set model.head.relative_to to none"):
        fitted(LSTM(hidden_size=4, head=StudentT(), **LENGTHS), tmp_path, random_walk(24))


def test_a_head_is_an_option_of_the_command_line_and_of_python() -> None:
    (word,) = [
        word for word in call_of("fit", model="LSTM", head=StudentT("none", centred=True)).words if "head" in word
    ]
    assert '"centred": true' in word
    assert "StudentT" in word
    assert "--model.head=StudentT" in call_of("fit", model="LSTM", head="StudentT").words
