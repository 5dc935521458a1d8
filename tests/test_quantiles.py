"""The score of 21 quantiles."""

from collections.abc import Callable

import numpy as np
import pytest
import scoringrules
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cryptoforecast.quantiles import COLUMNS, LEVELS, WEIGHTS, crps

SHARES = np.linspace(0.0005, 0.9995, 400)  # of outcomes: once in five years of days, and all that are usual


def quantiles_of_mixture(weights: list[float], centres: list[float], scales: list[float]) -> np.ndarray:
    """Quantiles at the levels, then at the shares, by interpolation on a fine grid."""
    grid = np.linspace(-30, 30, 300_001)
    parts = zip(weights, centres, scales, strict=True)
    chances = np.sum([weight * stats.norm.cdf(grid, *part) for weight, *part in parts], axis=0)
    rising = np.concatenate([[True], np.diff(chances) > 0])
    return np.interp([*LEVELS, *SHARES], chances[rising], grid[rising])


def require_close(quantiles: np.ndarray, outcomes: np.ndarray, exact: Callable[[np.ndarray], np.ndarray]) -> None:
    ours, true = crps(np.tile(quantiles, (len(outcomes), 1)), outcomes), exact(outcomes)
    assert np.abs(ours / true - 1).max() < 0.01
    assert abs(ours.mean() / true.mean() - 1) < 0.002


def test_of_normal_distributions_it_is_the_exact_score_to_one_percent() -> None:
    for scale in (1e-6, 1.0, 1e4):
        normal = stats.norm(scale, scale)
        require_close(normal.ppf(LEVELS), normal.ppf(SHARES), lambda y, s=scale: scoringrules.crps_normal(y, s, s))


@pytest.mark.parametrize("freedom", [3, 4, 5, 8, 30])
def test_of_student_t_distributions_it_is_the_exact_score_to_one_percent(freedom: int) -> None:
    law = stats.t(freedom)
    require_close(law.ppf(LEVELS), law.ppf(SHARES), lambda y: scoringrules.crps_t(y, float(freedom), 0.0, 1.0))


@pytest.mark.parametrize(
    ("weights", "centres", "scales"),
    [([0.8, 0.2], [0, 0], [1, 3]), ([0.9, 0.1], [0, 0], [1, 4]), ([0.7, 0.3], [0.3, -1], [0.6, 2])],
)
def test_of_mixtures_it_is_the_exact_score_to_one_percent(
    weights: list[float], centres: list[float], scales: list[float]
) -> None:
    both = quantiles_of_mixture(weights, centres, scales)

    def exact(outcomes: np.ndarray) -> np.ndarray:
        m, s, w = (np.tile(np.array(part, dtype=float), (len(outcomes), 1)) for part in (centres, scales, weights))
        return np.asarray(scoringrules.crps_mixnorm(outcomes, m, s, w))

    require_close(both[:21], both[21:], exact)


def test_a_score_computed_by_hand() -> None:
    """Quantiles of 0 below the level 0.5 and of 2 from there on; the outcome is 1.

    Below, the loss is the level times 1: 0.025 * 0.01 + 0.05 * (0.05 + … + 0.45) = 0.11275; above, one less the level
    times 1: 0.05 * 0.5 more, and the same: 0.13775. Twice their sum is 0.501.
    """
    quantiles = np.where(np.array(LEVELS) < 0.5, 0.0, 2.0)
    assert crps(quantiles, np.array(1.0)) == pytest.approx(2 * (0.00025 + 0.05 * 2.25 + 0.00025 + 0.05 * 2.75))
    assert crps(quantiles, np.array(1.0)) == pytest.approx(0.501)


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_of_a_distribution_without_spread_it_is_the_absolute_error(value: float, actual: float) -> None:
    assert crps(np.full(21, value), np.array(actual)) == pytest.approx(abs(actual - value), rel=1e-9, abs=1e-9)


@given(st.integers(0, 10**6), st.floats(0.01, 100), st.floats(-10, 10))
def test_it_moves_with_the_unit_and_not_with_the_origin(seed: int, unit: float, shift: float) -> None:
    random = np.random.default_rng(seed)
    quantiles, actual = np.sort(random.normal(size=(3, 21))), random.normal(size=3)
    moved = crps(unit * quantiles + shift, unit * actual + shift)
    assert np.allclose(moved, unit * crps(quantiles, actual))


def test_arrays_and_tensors_have_the_same_score() -> None:
    random = np.random.default_rng(0)
    quantiles, actual = np.sort(random.normal(size=(4, 2, 21))), random.normal(size=(4, 2))
    assert np.array_equal(crps(torch.tensor(quantiles), torch.tensor(actual)).numpy(), crps(quantiles, actual))


def test_the_levels_are_those_of_chronos_and_their_weights_add_up_to_one() -> None:
    assert COLUMNS[:3] == ("0.01", "0.05", "0.1")
    assert COLUMNS[-2:] == ("0.95", "0.99")
    assert len(LEVELS) == len(COLUMNS) == len(WEIGHTS) == 21
    assert WEIGHTS.sum() == pytest.approx(1.0)
