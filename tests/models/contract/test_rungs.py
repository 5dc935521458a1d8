"""Heads on a rung of the ladder: zeros are the rung, and all closes and weights give finite numbers."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from lightning.pytorch import seed_everything
from torch import Tensor

from cryptoforecast import (
    GRU,
    LSTM,
    CloseDataModule,
    Forecaster,
    Head,
    Mixture,
    Quantiles,
    SimulatedSource,
    StudentT,
    forecast_rows,
)
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.contract.units import RungUnits, units_of
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.ladder.ladder import follow_all
from cryptoforecast.quantiles import COLUMNS, LEVELS
from tests.helpers import data_of, not_none
from tests.models.contract.helpers import CLOSES, HEADS, fitted
from tests.models.helpers import CONTEXT_LENGTH, LENGTHS


class Zeros(Forecaster):
    """A network that always says zero."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        return x.new_zeros(len(x), self.outputs)


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

    class Noting(GRU):  # some processors cannot compute an LSTM in bfloat16
        def loss(self, forecast: Any, target: Tensor) -> Tensor:
            assert isinstance(forecast, Prediction)
            loss = super().loss(forecast, target)
            seen.append(loss.dtype)
            return loss

    _, trainer = fitted(Noting(hidden_size=4, head=StudentT(), **LENGTHS), tmp_path, precision=precision)
    assert set(seen) <= {torch.float32, torch.float64}
    assert trainer.callback_metrics["train/loss"].isfinite()


def test_distributions_that_windows_hold_are_those_of_their_states_to_the_bit() -> None:
    data = CloseDataModule(SimulatedSource(rows=400), context_length=CONTEXT_LENGTH)
    data.setup("fit")
    for rung in ("Har", "Garch", "Ewma"):
        model = GRU(hidden_size=2, head=StudentT(relative_to=rung), context_length=CONTEXT_LENGTH)
        base = not_none(model.output_head.base)
        base.fit(data.bars(), 1)
        window = follow(model, data)[data.fold.train[:50]]
        state = not_none(window.state)
        assert state.shape[1] == base.rung.states + 3
        held, computed = (
            units_of(model, window._replace(state=part)) for part in (state, state[:, : base.rung.states])
        )
        assert isinstance(held, RungUnits)
        assert isinstance(computed, RungUnits)
        assert all(torch.equal(one, other) for one, other in zip(held.base, computed.base, strict=True)), rung
