"""Which way, and what luck makes of it."""

from itertools import product
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.diagnostic import pesaran_timmermann
from statsmodels.stats.proportion import proportion_confint

from cryptoforecast.evaluation.direction import Direction, directions_of
from tests.helpers import not_none, rows_of


def called(foreseen: list[int], came: list[int]) -> Direction | None:
    return directions_of(rows_of("Model", [100.0 + way for way in foreseen], [100.0 + way for way in came], 100.0))


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
    assert (found.hit_rate, found.base_rate) == (0.7, 0.7)
    assert (found.p_value, found.reason) == (None, "all of which were called to go one way")
    assert of_table(7, 0, 3, 0).reason == "all of which were seen to go one way"
    assert of_table(7, 0, 0, 3).reason == ""


def test_only_first_steps_are_counted() -> None:
    rows = rows_of("Model", [101.0, 99.0] * 10, [101.0] * 20, 100.0)
    week = pd.concat([rows, *(rows.assign(step=step, forecast=101.0) for step in range(2, 8))])
    assert directions_of(week) == directions_of(rows)


def test_the_p_value_is_the_published_one_of_the_lady_who_tastes_tea() -> None:
    """Fisher, The Design of Experiments (1935): eight cups, four with the milk first, and one or no wrong guess."""
    assert not_none(of_table(4, 0, 0, 4).p_value) == pytest.approx(1 / 70)
    assert not_none(of_table(3, 1, 1, 3).p_value) == pytest.approx(17 / 70)


@pytest.mark.parametrize("cells", [(3, 0, 0, 3), (10, 4, 7, 9), (2, 9, 1, 5), (40, 31, 22, 50)])
def test_the_p_value_counts_the_ways_to_agree_at_least_as_often(cells: tuple[int, int, int, int]) -> None:
    """Of all ways to hand out as many calls of a rise, those that meet at least as many rises."""
    both, only_forecast, only_actual, _ = cells
    calls, risen, foreseen = sum(cells), both + only_actual, both + only_forecast
    at_least = range(both, min(risen, foreseen) + 1)
    ways = sum(comb(risen, hit) * comb(calls - risen, foreseen - hit) for hit in at_least)
    assert not_none(of_table(*cells).p_value) == pytest.approx(ways / comb(calls, foreseen))


@pytest.mark.parametrize("seed", range(3))
def test_of_many_calls_the_p_value_is_that_of_pesaran_and_timmermann(seed: int) -> None:
    cells = np.random.default_rng(seed).integers(2000, 2200, 4).tolist()
    pairs = np.repeat([(1, 1), (1, -1), (-1, 1), (-1, -1)], cells, axis=0)
    normal = pesaran_timmermann(pairs[:, 1], pairs[:, 0], alternative="larger").pvalue
    assert abs(not_none(of_table(*cells).p_value) - normal) < 0.01


@pytest.mark.parametrize("calls", [2, 6, 10])
def test_who_knows_nothing_has_a_low_p_value_no_more_often_than_it_says_of_however_few_calls(calls: int) -> None:
    """The chance of a low p-value, over all tables. By the normal approximation, 7.4 % of six calls are below 5 %."""
    tables = [cells for cells in product(range(calls + 1), repeat=4) if sum(cells) == calls]
    p_values = np.array([of_table(*cells).p_value for cells in tables], dtype=float)  # none is NaN, and never low
    for rises, foreseen, level in product((0.5, 0.7), (0.5, 0.2), (0.05, 0.01)):
        chances = [rises * foreseen, (1 - rises) * foreseen, rises * (1 - foreseen), (1 - rises) * (1 - foreseen)]
        low = stats.multinomial.pmf(tables, calls, chances)[p_values <= level]
        assert low.sum() <= level


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
        found_skilled += not_none(found.p_value) < 0.05
    assert inside >= 95
    assert found_skilled <= 12  # five are expected; more than twelve would be a one-in-a-thousand accident
