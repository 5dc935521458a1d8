"""Which way, and what luck makes of it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from cryptoforecast.evaluation.direction import Direction, direction
from tests.evaluation.test_metrics import rows_of


def called(foreseen: list[int], came: list[int]) -> Direction | None:
    return direction(rows_of("Model", [100.0 + way for way in foreseen], [100.0 + way for way in came], 100.0))


def of_table(both_up: int, only_forecast_up: int, only_actual_up: int, both_down: int) -> Direction:
    cells = [(1, 1, both_up), (1, -1, only_forecast_up), (-1, 1, only_actual_up), (-1, -1, both_down)]
    pairs = [(foreseen, came) for foreseen, came, count in cells for _ in range(count)]
    found = called([foreseen for foreseen, _ in pairs], [came for _, came in pairs])
    assert found is not None
    return found


def test_hits_and_base_rate_by_hand() -> None:
    """Ten calls, six of them right; seven closes rose, so always saying up is right seven times."""
    found = called([1, 1, 1, 1, 1, -1, -1, -1, -1, -1], [1, 1, 1, 1, -1, 1, 1, 1, -1, -1])
    assert found is not None
    assert (found.calls, found.hit_rate, found.base_rate) == (10, 0.6, 0.7)


def test_a_forecast_of_no_change_is_no_call_and_a_close_that_stands_still_had_no_direction() -> None:
    found = called([1, 0, -1, 1, -1], [1, 1, 0, -1, -1])
    assert found is not None
    assert (found.calls, found.hit_rate, found.base_rate) == (3, 2 / 3, 2 / 3)


def test_a_random_walk_calls_no_direction() -> None:
    assert called([0] * 20, [1, -1] * 10) is None


def test_who_always_says_up_has_the_base_rate_and_no_test() -> None:
    found = called([1] * 10, [1] * 7 + [-1] * 3)
    assert found is not None
    assert (found.hit_rate, found.base_rate, found.p_value) == (0.7, 0.7, None)
    assert of_table(7, 0, 0, 3).p_value is not None


def test_only_first_steps_are_counted() -> None:
    rows = rows_of("Model", [101.0, 99.0] * 10, [101.0] * 20, 100.0)
    week = pd.concat([rows, *(rows.assign(step=step, forecast=101.0) for step in range(2, 8))])
    assert direction(week) == direction(rows)


@pytest.mark.parametrize("seed", range(3))
def test_the_test_is_the_signed_root_of_pearsons_chi_squared(seed: int) -> None:
    """Of two directions, the square of their statistic is that of the contingency table."""
    cells = np.random.default_rng(seed).integers(20, 120, 4).tolist()
    chi_squared = stats.chi2_contingency(np.reshape(cells, (2, 2)), correction=False)
    sign = np.sign(cells[0] * cells[3] - cells[1] * cells[2])
    assert np.isclose(of_table(*cells).p_value or 0, stats.norm.sf(sign * np.sqrt(chi_squared.statistic)), rtol=1e-9)


def test_the_test_has_the_published_value_of_a_table_of_two_by_two() -> None:
    """Aspirin and heart attacks, of the Physicians' Health Study, in Agresti's books: chi-squared is 25.01."""
    found = of_table(189, 10_845, 104, 10_933)
    assert abs(stats.norm.isf(found.p_value or 0) ** 2 - 25.01) < 0.005


@given(st.integers(0, 300), st.integers(1, 300))
def test_the_interval_holds_the_hit_rate_and_is_a_little_wider_than_wilsons(hits: int, calls: int) -> None:
    assume(hits <= calls)
    found = called([1] * hits + [-1] * (calls - hits), [1] * calls)
    assert found is not None
    low, high = proportion_confint(hits, calls, method="wilson")
    assert 0 <= found.low <= max(low, 0) + 1e-12
    assert min(high, 1) - 1e-12 <= found.high <= 1
    assert found.low <= found.hit_rate <= found.high


def test_a_coins_direction_lies_inside_its_interval_in_at_least_95_of_100_seeds() -> None:
    inside, found_skilled = 0, 0
    for seed in range(100):
        random = np.random.default_rng(seed)
        found = called(random.choice([-1, 1], 400).tolist(), random.choice([-1, 1], 400, p=[0.45, 0.55]).tolist())
        assert found is not None
        inside += found.low <= 0.5 <= found.high
        found_skilled += (found.p_value or 1) < 0.05
    assert inside >= 95
    assert found_skilled <= 12  # five are expected; more than twelve would be a one-in-a-thousand accident
