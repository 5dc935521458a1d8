"""The rung Ewma: the moving variance, the residuals, and closes that stand still."""

import json

import numpy as np
import pytest
import torch
from scipy import stats

from cryptoforecast.models.ladder.ewma import EwmaRung
from cryptoforecast.models.ladder.rung import CannotFit
from cryptoforecast.quantiles import LEVELS
from tests.models.ladder.helpers import bars_from, clustered


def fitted(horizon: int = 1) -> EwmaRung:
    rung = EwmaRung()
    rung.fit([clustered(1500, symbol="A-USD"), clustered(1500, 1, "B-USD")], horizon)
    return rung


def test_the_variance_is_the_moving_mean_of_squares_computed_by_hand() -> None:
    rung, bars = EwmaRung(), bars_from(np.tile([0.02, -0.01, 0.03], 20))
    rung.fit([bars], 1)
    start = (0.02**2 + 0.01**2 + 0.03**2) / 3
    second = 0.94 * start + 0.06 * 0.02**2
    third = 0.94 * second + 0.06 * 0.01**2
    assert rung.follow(bars)[:3, 0] == pytest.approx([start, second, third], rel=1e-9)


def test_training_residuals_lie_below_each_quantile_as_often_as_it_says() -> None:
    rung = fitted()
    states, changes = [], []
    for bars in (clustered(1500, symbol="A-USD"), clustered(1500, 1, "B-USD")):
        states.append(rung.follow(bars)[:-1])
        changes.append(np.diff(np.log(bars.closes)))
    quantiles = rung.quantiles(np.concatenate(states), LEVELS)[:, 0]
    shares = (np.concatenate(changes)[:, None] < quantiles).mean(axis=0)
    assert shares == pytest.approx(LEVELS, abs=0.001)


def test_its_student_t_is_scipys_of_the_residuals() -> None:
    rung, bars = fitted(), clustered(1500, symbol="A-USD")
    residuals = np.concatenate(
        [np.diff(np.log(series.closes)) / np.sqrt(rung.follow(series)[:-1, 0])
         for series in (bars, clustered(1500, 1, "B-USD"))]
    )  # fmt: skip
    freedom, location, scale = stats.t.fit(residuals)
    under = rung.t_parameters(torch.ones(1, 1, dtype=torch.float64))
    assert [float(part) for part in under] == pytest.approx([location, scale, freedom], rel=1e-3, abs=1e-5)


def test_closes_that_stand_still_for_years_have_a_scale_above_zero() -> None:
    changes = np.concatenate([np.diff(np.log(clustered(300).closes)), np.zeros(20_000)])
    rung, bars = EwmaRung(), bars_from(changes, trained=300)
    rung.fit([bars], 2)
    quantiles = rung.quantiles(rung.follow(bars), LEVELS)
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) > 0).all()


def test_what_was_learned_is_restored_from_json_to_the_bit() -> None:
    rung, restored, bars = fitted(3), EwmaRung(), clustered(100, 9)
    restored.restore(json.loads(json.dumps(rung.learned())))
    state = rung.follow(bars)
    assert np.array_equal(rung.quantiles(state, LEVELS), restored.quantiles(restored.follow(bars), LEVELS))
    scales = [kept.t_parameters(torch.from_numpy(state)).scale for kept in (rung, restored)]
    assert torch.equal(*scales)


def test_bars_that_are_not_trained_on_do_not_change_what_is_learned() -> None:
    bars = clustered(900, trained=600)
    altered = bars._replace(closes=bars.closes * np.where(np.arange(901) < 600, 1.0, 7.0))
    one, two = EwmaRung(), EwmaRung()
    one.fit([bars], 3)
    two.fit([altered], 3)
    assert one.learned() == two.learned()


def test_too_few_changes_are_refused() -> None:
    with pytest.raises(CannotFit, match="there are 11 training changes"):
        EwmaRung().fit([clustered(11)], 1)
