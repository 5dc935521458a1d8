"""The level of a test that is repeated as targets come in."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, t

from cryptoforecast.evaluation.repeated_looks import TIGHTEST, level_at_any_time
from cryptoforecast.evaluation.tries import Place, Tried, level_of


@given(st.floats(1e-6, 0.5), st.integers(1, 10**6))
def test_the_level_of_one_look_among_many_is_below_that_of_all(level: float, origins: int) -> None:
    assert 0 <= level_at_any_time(level, origins) < level
    assert level_at_any_time(level / 2, origins) <= level_at_any_time(level, origins)


@pytest.mark.parametrize("level", [0.05, 0.025, 0.001])
@pytest.mark.parametrize("origins", [10, 60, 365, 3000])
def test_at_the_boundary_the_integrated_mixture_is_one_over_the_level(level: float, origins: int) -> None:
    """Ville's inequality for a mixture of likelihood ratios over normal means, integrated numerically."""
    total = norm.isf(level_at_any_time(level, origins) / 2) * np.sqrt(origins)
    doubt = -2 * np.log(level)
    deviation = np.sqrt((doubt + np.log(1 + doubt)) / TIGHTEST)

    def weighed_ratio(mean: float) -> float:
        return float(np.exp(mean * total - mean**2 * origins / 2) * norm.pdf(mean, scale=deviation))

    middle, width = total / (origins + deviation**-2), 12 / np.sqrt(origins + deviation**-2)
    assert quad(weighed_ratio, middle - width, middle + width)[0] == pytest.approx(1 / level, rel=1e-6)


def test_looking_after_each_of_400_origins_finds_skill_that_is_not_there_in_5_of_100_cases_at_most() -> None:
    differences = np.random.default_rng(0).standard_t(4, (600, 400))
    count = np.arange(1, 401)
    mean, square = np.cumsum(differences, axis=1) / count, np.cumsum(differences**2, axis=1)
    looks = slice(9, None)  # with fewer than ten origins there is no test
    deviation = np.sqrt((square[:, looks] / count[looks] - mean[:, looks] ** 2) / (count[looks] - 1))
    p_values = 2 * t.sf(np.abs(mean[:, looks] / deviation), count[looks] - 1)
    levels = np.array([level_at_any_time(0.05, int(origins)) for origins in count[looks]])
    assert (p_values < 0.05).any(axis=1).mean() > 0.3
    assert (p_values < levels).any(axis=1).mean() <= 0.05


def test_a_place_among_targets_that_come_in_says_so_and_has_the_level_of_any_time() -> None:
    place = Place(2, 2, Tried(2, 2), origins=60)
    assert level_of(place) == level_at_any_time(0.05 / 6, 60)
    assert place.in_words == "the 2nd variant tried on these targets, however often they are looked at"
    assert level_of(place._replace(origins=None)) == 0.05 / 6
