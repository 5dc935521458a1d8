"""What a forecast would have earned."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast.evaluation.trading import Trading, held_over_targets, trade
from tests.helpers import not_none, rows_of


def traded(ways: list[int], closes: list[float]) -> Trading | None:
    lasts = np.array(closes[:-1])
    return trade(rows_of("Model", list(lasts * (1 + 0.01 * np.array(ways))), closes[1:], list(lasts)))


def test_gains_and_break_even_by_hand() -> None:
    """Up 10 %, down 10 %, up 10 %; in, out and in again, and out at the end: four trades for a gain of 21 %.

    Holding gains 8.9 %. Four times a cost c of what is traded leaves 1.21 (1 - c)^4, which is 1.089 at
    c = 1 - 0.9^(1/4): 260 basis points.
    """
    found, held = (
        traded([1, -1, 1], [100.0, 110.0, 99.0, 108.9]),
        held_over_targets(rows_of("Model", [1.0] * 3, [110.0, 99.0, 108.9], [100.0, 110.0, 99.0])),
    )
    assert found is not None
    assert np.isclose(found.gain, 0.21)
    assert found.turnover == 4
    assert np.isclose(not_none(found.gain_per_trade), 1.21**0.25 - 1)
    assert np.isclose(not_none(found.break_even), 10_000 * (1 - 0.9**0.25))
    assert np.isclose(not_none(held), 0.089)


def test_where_the_coin_falls_the_rule_is_compared_with_doing_nothing() -> None:
    """Down to half, then up 20 %, foreseen: two trades gain 20 %, and a cost c leaves 1.2 (1 - c)^2, which is 1."""
    found = traded([-1, 1], [100.0, 50.0, 60.0])
    assert found is not None
    assert np.isclose(not_none(found.break_even), 10_000 * (1 - 1.2**-0.5))


@given(st.lists(st.tuples(st.sampled_from([-1, 0, 1]), st.floats(-0.3, 0.3)), min_size=2, max_size=60))
def test_at_the_break_even_cost_nothing_is_left_of_the_advantage(days: list[tuple[int, float]]) -> None:
    closes = (100 * np.exp(np.concatenate([[0], np.cumsum([change for _, change in days])]))).tolist()
    found, money, inside = traded([way for way, _ in days], closes), 1.0, False
    if found is None or found.break_even is None:
        assert all(way <= 0 for way, _ in days)
        return
    cost, trades = found.break_even / 10_000, 0
    for (way, _), last, close in zip(days, closes[:-1], closes[1:], strict=True):
        if inside != (way > 0):
            money, inside, trades = money * (1 - cost), way > 0, trades + 1
        money *= close / last if inside else 1
    money, trades = (money * (1 - cost), trades + 1) if inside else (money, trades)
    assert trades == found.turnover
    assert np.isclose(money, max(closes[-1] / closes[0], 1))


def test_who_always_holds_gains_what_the_coin_gains_and_can_pay_nothing_for_it() -> None:
    found = traded([1] * 3, [100.0, 110.0, 99.0, 108.9])
    assert found is not None
    assert (round(found.gain, 6), found.turnover) == (0.089, 2)
    assert abs(not_none(found.break_even)) < 1e-9


def test_a_random_walk_has_no_rule_and_who_never_buys_has_no_trade() -> None:
    assert traded([0, 0], [100.0, 50.0, 60.0]) is None
    assert traded([-1, -1], [100.0, 50.0, 60.0]) == Trading(0.0, 0, None, None)


def test_over_a_hole_nothing_is_held_and_the_way_out_and_in_again_is_counted() -> None:
    """Up 10 % before a hole in which the coin loses half, up 20 % behind it, foreseen: out, and in again."""
    before = rows_of("Model", [101.0], [110.0], [100.0])
    behind = rows_of("Model", [101.0] * 9, [66.0] * 9, [55.0] * 9).iloc[8:]
    rows = pd.concat([behind, before])  # in whatever order
    found, held = trade(rows), held_over_targets(rows)
    assert found is not None
    assert np.isclose(found.gain, 1.1 * 1.2 - 1)
    assert np.isclose(not_none(held), 1.1 * 1.2 - 1)
    assert found.turnover == 4
    assert abs(not_none(found.break_even)) < 1e-9


def test_only_first_steps_are_traded() -> None:
    rows = rows_of("Model", [101.0, 99.0] * 5, [102.0, 97.0] * 5, 100.0)
    assert trade(pd.concat([rows, rows.assign(step=2, forecast=1.0, actual=1.0)])) == trade(rows)


@pytest.mark.parametrize(("last", "actual"), [(0.0, 2.0), (-1.0, 2.0), (1.0, 0.0), (1.0, -1.0)])
def test_there_is_no_gain_in_prices_that_are_not_positive(last: float, actual: float) -> None:
    assert trade(rows_of("Model", [3.0], [actual], last)) is None
    assert held_over_targets(rows_of("Model", [3.0], [actual], last)) is None
