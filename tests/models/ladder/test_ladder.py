"""Laws that all rungs of the ladder keep."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from cryptoforecast import UserError
from cryptoforecast.models.ladder.ladder import LADDER, fit_ladder, follow_all
from cryptoforecast.models.ladder.random_walk import RandomWalkRung
from cryptoforecast.models.ladder.rungs import RUNGS
from cryptoforecast.quantiles import LEVELS
from tests.models.ladder.helpers import bars_from, clustered

BARS = [clustered(600, symbol="A-USD", trained=500), clustered(400, 1, "B-USD", trained=300)]


def test_the_ladder_goes_from_simple_to_hard() -> None:
    assert list(LADDER) == ["RandomWalk", "Ewma", "Garch", "Har"]
    assert list(RUNGS) == ["Ewma", "Garch", "Har"]
    assert list(fit_ladder(BARS, 1).rungs) == list(LADDER)


def test_rungs_that_cannot_be_fitted_are_left_out_with_the_reason() -> None:
    ladder = fit_ladder([clustered(60)], 1)
    assert list(ladder.rungs) == ["RandomWalk", "Ewma"]
    assert ladder.left_out == {
        "Garch": "COIN-USD has 60 training changes that are not zero, and it takes 100",
        "Har": "there are 61 training bars that move, and it takes 100",
    }


@pytest.mark.parametrize("name", LADDER)
def test_probability_is_the_inverse_of_the_quantiles_and_the_states_are_as_many_as_said(name: str) -> None:
    rung = fit_ladder(BARS, 3, [name]).rungs[name]
    state = follow_all(rung, BARS)
    assert state.shape == (1002, rung.states)
    quantiles = rung.quantiles(state, LEVELS)
    for at, level in enumerate(LEVELS):
        assert rung.cdf(state, quantiles[..., at]) == pytest.approx(np.full((1002, 3), level), abs=1e-6)


@pytest.mark.parametrize("name", LADDER)
def test_targets_that_are_not_known_have_no_probability(name: str) -> None:
    rung = fit_ladder(BARS, 2, [name]).rungs[name]
    state, unknown = follow_all(rung, BARS), np.full((1002, 2), np.nan)
    assert np.isnan(rung.cdf(state, unknown)).all()
    density = rung.log_density(state, unknown)
    assert density is None or np.isnan(density).all()


@pytest.mark.parametrize("name", LADDER)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_quantiles_ascend_and_are_finite_for_any_changes(name: str, data: st.DataObject) -> None:
    seed, scale = data.draw(st.integers(0, 1000)), data.draw(st.floats(1e-5, 0.5))
    tail = data.draw(st.floats(1.5, 30.0))
    random = np.random.default_rng(seed)
    changes = np.clip(scale * random.standard_t(tail, 300), -5, 5) * (random.uniform(size=300) > 0.05)
    for rung in fit_ladder([bars_from(changes)], 2, [name]).rungs.values():
        quantiles = rung.quantiles(rung.follow(bars_from(changes)), LEVELS)
        assert np.isfinite(quantiles).all()
        assert (np.diff(quantiles, axis=-1) >= 0).all()


@pytest.mark.parametrize("name", RUNGS)
@pytest.mark.parametrize("steps", [1, 5])
def test_planted_garch_has_uniform_probabilities_under_each_rung(name: str, steps: int) -> None:
    bars = clustered(9000, 11, trained=4500)
    rung = fit_ladder([bars], steps, [name]).rungs[name]
    origins = np.arange(4500, 9000 - steps, steps)
    logs = np.log(bars.closes)
    changes = np.stack([logs[origins + step] - logs[origins] for step in range(1, steps + 1)], axis=1)
    probabilities = rung.cdf(rung.follow(bars)[origins], changes)[:, -1]
    assert abs((np.abs(probabilities - 0.5) < 0.45).mean() - 0.9) < 3 * np.sqrt(0.09 / len(origins)) + 0.005
    if name == "Garch":  # the true model
        assert stats.kstest(probabilities, "uniform").pvalue > 0.01


def test_the_random_walk_has_the_quantiles_of_the_training_changes_of_each_series() -> None:
    rung = RandomWalkRung()
    rung.fit(BARS, 2)
    ahead = np.log(BARS[1].closes[2:301] / BARS[1].closes[:299])  # both of 301 bars, of which 300 are trained on
    expected = np.quantile(ahead[:298], [0.05, 0.5, 0.9], method="median_unbiased")
    found = rung.quantiles(rung.follow(BARS[1])[:1], (0.05, 0.5, 0.9))[0, 1]
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_random_walk_is_of_the_series_that_it_was_fitted_on() -> None:
    rung = RandomWalkRung()
    rung.fit(BARS, 1)
    with pytest.raises(UserError, match=r"C-USD is none of the series that RandomWalk was fitted on \(A-USD, B-USD\)"):
        rung.follow(clustered(100, symbol="C-USD"))


@pytest.mark.parametrize("name", RUNGS)
def test_student_t_under_a_head_has_nearly_the_quartiles_of_its_rung(name: str) -> None:
    rung = fit_ladder([clustered(3000, 2)], 3, [name]).rungs[name]
    state = rung.follow(clustered(100, 3))
    location, scale, freedom = (part.numpy() for part in rung.t_parameters(torch.from_numpy(state)))
    quartiles = rung.quantiles(state, (0.25, 0.75))
    width = scale * (stats.t.ppf(0.75, freedom) - stats.t.ppf(0.25, freedom))
    assert width == pytest.approx(quartiles[..., 1] - quartiles[..., 0], rel=0.1)
    assert np.abs(location).max() < 0.005


@pytest.mark.parametrize("name", LADDER)
def test_a_row_alone_has_the_bits_that_it_has_among_others(name: str) -> None:
    rung = fit_ladder(BARS, 2, [name]).rungs[name]
    state = follow_all(rung, BARS)
    together, changes = rung.quantiles(state, LEVELS), np.full((1002, 2), 0.01)
    probabilities = rung.cdf(state, changes)
    for row in (0, 17, 500, 1001):
        assert np.array_equal(rung.quantiles(state[row : row + 1], LEVELS)[0], together[row])
        assert np.array_equal(rung.cdf(state[row : row + 1], changes[:1])[0], probabilities[row])
