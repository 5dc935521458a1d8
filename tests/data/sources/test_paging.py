"""Pages of candles: whatever an exchange leaves out or says twice, no bar is lost and none is invented."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cryptoforecast import UserError
from cryptoforecast.data.sources import SourceUnavailable
from cryptoforecast.data.sources.markets import find_market, nearest
from cryptoforecast.data.sources.paging import Pager
from cryptoforecast.data.sources.timeframes import require_steps, step_of

HOUR = pd.Timedelta("1h")
BEGIN, AFTER = pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-11", tz="UTC")
GRID = pd.date_range(BEGIN, AFTER, freq="h", inclusive="left", unit="ns")


def answers(
    times: pd.DatetimeIndex, window: int, by_window: bool, page: int
) -> Callable[[str, pd.Timestamp], pd.DataFrame]:
    """An exchange that has bars at some times, looks for them in a window or from a time on, and cuts pages off."""

    def ask(timeframe: str, since: pd.Timestamp) -> pd.DataFrame:
        step = step_of(timeframe)
        has = times if timeframe == "1h" else times.floor("D").unique()
        has = has[has >= since]
        if by_window:
            has = has[has < step.after(since, window)[-1]]
        return pd.DataFrame({"Volume": 1.0}, index=has[: page if timeframe == "1h" else window])

    return ask


@example(present=[(0, 1), (2, 1)], window=3, by_window=False, less=0, has_days=False)  # the last bar is after a page
@settings(max_examples=25)
@given(
    present=st.lists(st.tuples(st.integers(0, 30), st.integers(1, 60)), min_size=1, max_size=5),
    window=st.integers(3, 30),
    by_window=st.booleans(),
    less=st.integers(0, 25),
    has_days=st.booleans(),
)
def test_all_bars_come_once_and_in_order_however_they_are_spread(
    present: list[tuple[int, int]], window: int, by_window: bool, less: int, has_days: bool
) -> None:
    mask, at = np.zeros(len(GRID), dtype=bool), 0
    for without, with_bars in present:
        mask[at + without : at + without + with_bars] = True
        at += without + with_bars
    times = GRID[mask]
    pager = Pager(answers(times, window, by_window, max(window - less, 3)), "1h", window, has_days, "exchange", "A/B")
    pages = list(pager.pages(BEGIN, AFTER, lambda: AFTER))
    found = pages[0].index.append([page.index for page in pages[1:]]) if pages else GRID[:0]
    assert found.tolist() == times.tolist()


def test_an_answer_to_another_question_is_noticed() -> None:
    full = answers(GRID, 10, by_window=True, page=10)

    def ask(timeframe: str, since: pd.Timestamp) -> pd.DataFrame:
        return full(timeframe, since + 5 * HOUR if since > BEGIN else since)

    with pytest.raises(SourceUnavailable, match="A/B: exchange left out the bar of 2024-01-01 09:00, which it gave"):
        list(Pager(ask, "1h", 10, True, "exchange", "A/B").pages(BEGIN, AFTER, lambda: AFTER))


def test_months_are_asked_for_by_the_calendar() -> None:
    months = pd.date_range("2023-01-01", "2024-01-01", freq="MS", tz="UTC", unit="ns")
    asked: list[pd.Timestamp] = []

    def ask(timeframe: str, since: pd.Timestamp) -> pd.DataFrame:
        asked.append(since)
        return pd.DataFrame(
            {"Volume": 1.0}, index=months[(months >= since) & (months < step_of("1M").after(since, 4)[-1])]
        )

    pages = list(Pager(ask, "1M", 4, True, "exchange", "A/B").pages(months[0], AFTER, lambda: AFTER))
    assert pd.concat(pages).index.tolist() == months[:-1].tolist()  # the last one is not over in January
    assert asked == [months[at] for at in (0, 2, 4, 6, 8)]


@pytest.mark.parametrize("timeframe", ["", "0m", "1x", "h", "1.5h", "1 h", 60, None, ["1h"]])
def test_what_is_no_timeframe_is_refused(timeframe: object) -> None:
    with pytest.raises(UserError, match="data.source.timeframe is "):
        step_of(timeframe)


@pytest.mark.parametrize(
    ("timeframe", "freq", "apart"),
    [("1w", "3D", "3 days"), ("1M", "30D", "30 days"), ("1h", "90min", "90 minutes"), ("1M", "7D", "7 days")],
)
def test_steps_that_are_no_steps_of_the_timeframe_are_refused(timeframe: str, freq: str, apart: str) -> None:
    times = pd.date_range("2024-01-01", periods=20, freq=freq, tz="UTC")
    with pytest.raises(
        UserError, match=f"A/B: bars of {timeframe} that exchange gives are {apart} apart, from 2024-01"
    ):
        require_steps("A/B", "exchange", timeframe, times)


@pytest.mark.parametrize(
    ("timeframe", "freq"), [("1w", "W-THU"), ("1w", "14D"), ("1M", "MS"), ("3M", "QS"), ("1h", "D")]
)
def test_steps_of_the_timeframe_and_gaps_of_whole_ones_are_let_through(timeframe: str, freq: str) -> None:
    require_steps("A/B", "exchange", timeframe, pd.date_range("2024-01-01", periods=20, freq=freq, tz="UTC"))


MARKETS = {"ABC/DUSD": {"id": "1"}, "ABCD/USD": {"id": "2"}, "BTC/USDT": {"id": "XXBT"}, "SOL/USD:USD": {"id": "PI_S"}}


def test_a_symbol_that_means_two_markets_is_refused_with_both() -> None:
    with pytest.raises(UserError, match="ABCDUSD: e has several such markets; data.source.symbol is ABC/DUSD or ABCD/"):
        find_market("e", "ABCDUSD", MARKETS)


@pytest.mark.parametrize(
    ("symbol", "market"),
    [("xxbt", "BTC/USDT"), ("PI_S", "SOL/USD:USD"), ("SOL/USD", "SOL/USD:USD"), ("abc/dusd", "ABC/DUSD")],
)
def test_a_market_is_found_by_its_parts_and_by_the_exchanges_own_name_too(symbol: str, market: str) -> None:
    assert find_market("e", symbol, MARKETS) == market


def test_a_mark_between_coin_and_currency_is_not_moved() -> None:
    with pytest.raises(UserError, match="^AB-CDUSD: e has no such market"):
        find_market("e", "AB-CDUSD", MARKETS)


def test_nothing_is_proposed_that_is_not_alike() -> None:
    assert nearest("DOGE/EUR", ["BTC/USD", "ETH/USD"]) == ""
