"""Outputs that no head reads: what ``point``, ``loss`` and ``quantiles`` are given, and what is made of it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, distributions, nn

from cryptoforecast import Forecaster, StudentT, UserError, Window, forecast_rows, next_closes, rows_beside_baselines
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.models.contract.distribution import forecasts_distribution
from cryptoforecast.quantiles import COLUMNS, LEVELS
from tests.helpers import data_of, random_walk
from tests.models.helpers import LENGTHS, Linear, quiet_trainer

CLOSES = random_walk(300)
WALK = "val/loss_random_walk"
DISTRIBUTION = {"val/crps", "val/coverage_90", "val/density_skill"}


class TwoParts(Linear):
    """Returns a dictionary: the point, and a spread of one scaled unit for each level."""

    def forward(self, x: Tensor) -> Any:
        return {"middle": super().forward(x), "spread": torch.ones(len(x), self.horizon)}

    def point(self, output: dict[str, Tensor]) -> Tensor:
        return output["middle"]

    def loss(self, output: dict[str, Tensor], target: Tensor) -> Tensor:  # type: ignore[override]
        self.seen = output
        return (output["middle"] - target).square().mean()


class WithQuantiles(TwoParts):
    def quantiles(self, output: dict[str, Tensor], levels: Sequence[float]) -> Tensor:
        normal = distributions.Normal(output["middle"], output["spread"])
        return normal.icdf(torch.tensor(levels).view(-1, 1, 1)).movedim(0, -1)


class Returns(Linear):
    """Returns a distribution of torch, which checks what it is asked."""

    calls = 0

    def forward(self, x: Tensor) -> Any:
        self.calls += 1
        return distributions.Normal(super().forward(x), 1.0, validate_args=True)


def test_the_next_closes_have_quantiles_of_a_distribution_that_refuses_unknown_targets() -> None:
    rows = next_closes(Returns(**LENGTHS), data_of(CLOSES))
    assert (np.diff(rows[list(COLUMNS)].to_numpy(), axis=1) > 0).all()


def fitted(model: Forecaster, folder: Path, **settings: Any) -> tuple[Any, Any]:
    data, trainer = data_of(CLOSES, batch_size=32), quiet_trainer(folder, **settings)
    trainer.fit(model, data)
    return data, trainer


def test_an_output_of_ones_own_trains_forecasts_and_is_reloaded(tmp_path: Path) -> None:
    model = TwoParts(**LENGTHS)
    data, trainer = fitted(model, tmp_path)
    assert set(model.seen) == {"middle", "spread"}
    assert {"train/loss", "val/loss", "val/skill"} <= set(trainer.callback_metrics)
    assert WALK not in trainer.callback_metrics
    assert not DISTRIBUTION & set(trainer.callback_metrics)
    require_reloadable(trainer, model, data)
    rows, window = forecast_rows(model.eval(), data, "test"), data.windows[data.fold.test]
    expected = (
        window.context[:, -1:, 0] * (model.point(model(model.network_inputs(window.context))) / 20).double().exp()
    )
    assert rows["forecast"].to_numpy() == pytest.approx(expected.detach().flatten().numpy(), rel=1e-6)
    assert COLUMNS[0] not in rows
    assert model.forecast(window.context).flatten().tolist() == pytest.approx(rows["forecast"].tolist(), rel=1e-6)
    assert torch.equal(model.network_forecast(window.context), model(model.network_inputs(window.context))["middle"])


def test_quantiles_of_ones_own_are_those_of_the_rows_in_price_and_the_pit_is_between_them(tmp_path: Path) -> None:
    from scipy.stats import norm

    model = WithQuantiles(**LENGTHS)
    data, trainer = fitted(model, tmp_path)
    assert set(trainer.callback_metrics) >= DISTRIBUTION
    rows = rows_beside_baselines(model, data, "test")
    assert set(rows["model"]) >= {"WithQuantiles", "Har", "Garch", "Ewma", "RandomWalk"}
    rows = rows[rows["model"] == "WithQuantiles"]
    scale, middle = 1 / 20, np.log(rows["forecast"].to_numpy())
    expected = np.exp(middle[:, None] + scale * norm.ppf(LEVELS))
    assert rows[list(COLUMNS)].to_numpy() == pytest.approx(expected, rel=1e-5)
    pit = norm.cdf((np.log(rows["actual"].to_numpy()) - middle) / scale)
    assert rows["pit"].to_numpy() == pytest.approx(pit, abs=1e-4)  # the normal is what is interpolated
    assert rows["log_density"].isna().all()


def test_a_point_may_be_another_than_the_median(tmp_path: Path) -> None:
    class Mean(WithQuantiles):
        def point(self, output: dict[str, Tensor]) -> Tensor:
            return output["middle"] + 0.5

    model = Mean(**LENGTHS).eval()
    rows = forecast_rows(model, data_of(CLOSES), "test")
    ratio = rows["forecast"] / rows["0.5"]
    assert ratio.to_numpy() == pytest.approx(np.exp(0.5 / 20), rel=1e-6)


def test_quantiles_that_cross_are_sorted() -> None:
    class Crossing(WithQuantiles):
        def quantiles(self, output: dict[str, Tensor], levels: Sequence[float]) -> Tensor:
            return super().quantiles(output, levels).flip(-1)

    quantiles = forecast_rows(Crossing(**LENGTHS), data_of(CLOSES), "test")[list(COLUMNS)].to_numpy()
    assert (np.diff(quantiles, axis=1) > 0).all()


@pytest.mark.parametrize(
    ("methods", "sentence"),
    [
        (["forward"], r"Own.forward gave dict, .*; for an output of your own, write also point\(output\) and loss\("),
        (
            ["forward", "point"],
            r"no loss that does: write `def loss\(self, output, target\)`, in which output is the dict",
        ),
    ],
)
def test_what_is_missing_is_told_by_name(methods: list[str], sentence: str, tmp_path: Path) -> None:
    kind = type("Own", (Linear,), {name: vars(TwoParts)[name] for name in methods if name != "forward"})
    kind.forward = lambda self, x: {"middle": Linear.forward(self, x)}  # type: ignore[attr-defined]
    with pytest.raises(UserError, match=sentence) as refused:
        fitted(kind(**LENGTHS), tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "written", "sentence"),
    [
        ("point", lambda self, output: output["middle"][:, :1], r"Own.point gave \(\d+, 1\), not \(batch, horizon\)"),
        ("point", lambda self, output: None, "Own.point gave NoneType, .*; is a return statement missing"),
        (
            "quantiles",
            lambda self, output, levels: output["middle"],
            r"Own.quantiles gave \(\d+, 2\), not \(batch, hor",
        ),
        ("forward", lambda self, x: None, "Own.forward gave NoneType, .*; is a return statement missing"),
    ],
)
def test_a_wrong_answer_of_a_method_is_one_sentence(
    name: str, written: Callable[..., Any], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=sentence):
        fitted(type("Own", (WithQuantiles,), {name: written})(**LENGTHS), tmp_path)


def test_a_head_has_no_part_in_an_output_of_ones_own(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"TwoParts has a point\(output\) of its own, in which a head has no part"):
        fitted(TwoParts(head=StudentT(), **LENGTHS), tmp_path)


def test_a_loss_of_ones_own_is_given_the_distribution_that_forward_returned(tmp_path: Path) -> None:
    class Own(Forecaster):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.layer = nn.Linear(self.context_length, self.horizon)

        def forward(self, x: Tensor) -> Any:
            return distributions.StudentT(4.0, self.layer(x[..., 0]), 1.0)

        def loss(self, output: Any, target: Tensor) -> Tensor:  # type: ignore[override]
            assert isinstance(output, distributions.StudentT)
            usual = super().loss(output, target)
            assert torch.allclose(usual, -output.log_prob(target).mean(), rtol=1e-5)
            return usual

    _, trainer = fitted(Own(**LENGTHS), tmp_path)
    assert WALK not in trainer.callback_metrics
    assert set(trainer.callback_metrics) >= DISTRIBUTION


def test_a_loss_that_names_the_window_is_given_the_batch_of_its_targets(tmp_path: Path) -> None:
    class Weighted(Linear):
        def loss(self, output: Tensor, target: Tensor, window: Window) -> Tensor:  # type: ignore[override]
            assert torch.equal(self.scaled(window.target, window.context), target)
            weights = (window.origin % 7).float()
            return (weights.unsqueeze(1) * (output - target).square()).mean()

    _, trainer = fitted(Weighted(**LENGTHS), tmp_path)
    assert WALK in trainer.callback_metrics  # by window and forecast alone, so it means something for a walk too


@pytest.mark.parametrize(("kind", "expected"), [(Linear, False), (TwoParts, False), (WithQuantiles, True)])
def test_whether_a_model_forecasts_a_distribution_is_known_before_it_is_trained(kind: Any, expected: bool) -> None:
    assert forecasts_distribution(kind(**LENGTHS), data_of(CLOSES)) == expected


def test_a_distribution_that_forward_alone_tells_is_found_and_the_model_stays_as_it_is() -> None:
    model, data = Returns(**LENGTHS), data_of(CLOSES)
    assert says_distribution(model) is None
    assert forecasts_distribution(model, data)
    assert model.calls == 0


def test_an_output_does_not_change_the_forecasts_of_a_model_without_one() -> None:
    pd.testing.assert_frame_equal(
        forecast_rows(_seeded(Linear), data_of(CLOSES), "test").drop(columns="model"),
        forecast_rows(_seeded(TwoParts), data_of(CLOSES), "test").drop(columns="model"),
        rtol=1e-12,
    )


def _seeded(kind: Callable[..., Forecaster]) -> Forecaster:
    torch.manual_seed(0)
    return kind(**LENGTHS)
