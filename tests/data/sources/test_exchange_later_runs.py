"""CcxtSource asked again: what is cached, what is requested again, what is reported."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CcxtSource, DataNotice, FirstAvailable, SimulatedSource, UserError
from cryptoforecast.data.sources import SourceUnavailable
from cryptoforecast.data.sources.bar_cache import BarCache
from cryptoforecast.data.sources.exchange_client import COLUMNS
from tests.data.sources.exchange_server import HOURS, NOBODY, LocalExchange, hourly, three_hours_later
from tests.data.sources.local_server import Answer
from tests.helpers import CONFIGS

Today = Callable[[str], None]


def test_a_second_run_before_a_bar_is_over_asks_nothing(exchange: LocalExchange, today: Today) -> None:
    first = hourly(exchange.address).load(("High", "Volume"))
    exchange.asked.clear()
    today("2024-03-06 12:59")
    second = hourly(exchange.address).load(("High", "Volume"))
    assert exchange.asked == []
    assert exchange.markets_asked == 1
    assert second.provenance == first.provenance


def test_a_later_run_asks_only_for_new_bars_and_the_last_few_again(exchange: LocalExchange, today: Today) -> None:
    hourly(exchange.address).load()
    exchange.asked.clear()
    three_hours_later(exchange, today)
    series = hourly(exchange.address).load()
    assert exchange.asked == [("3600", "2024-03-06 07:00")]
    assert series.closes.tolist() == np.arange(100.0, 235.0).tolist()
    assert series.provenance.notes == ()


def test_a_bar_that_the_exchange_revised_is_reported_and_the_new_close_used(
    exchange: LocalExchange, today: Today
) -> None:
    hourly(exchange.address).load()
    exchange.closes[HOURS[-2]] = 240.5
    three_hours_later(exchange, today)
    said = r"closes that bitstamp has changed since they were cached: 1 \(2024-03-06 11:00 from 231 to 240.5\)"
    with pytest.warns(DataNotice, match=said):
        series = hourly(exchange.address).load()
    assert series.closes["2024-03-06 11:00"] == 240.5
    assert hourly(exchange.address).load().provenance.notes == ()  # said once


def test_each_exchange_market_and_timeframe_has_a_cache_of_its_own(exchange: LocalExchange, cache: Path) -> None:
    hourly(exchange.address).load()
    hourly(exchange.address, "BTC/USDT").load()
    months = pd.date_range("2023-01-01", "2024-03-01", freq="MS", tz="UTC")
    for timeframe, times in {"1h": HOURS, "1m": HOURS - pd.Timedelta("1min"), "1M": months}.items():
        exchange.timeframe, exchange.closes = timeframe, dict.fromkeys(times, 100.0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)  # of the minutes between
            CcxtSource("binance", "BTC/USDT", timeframe, gaps="split").at(exchange.address).load()
    names = sorted(str(file.relative_to(cache)) for file in cache.rglob("*.csv"))
    assert names == [  # of which no two are the same where case does not count
        "exchanges/binance/BTC%2FUSDT_1h.csv",
        "exchanges/binance/BTC%2FUSDT_1m.csv",
        "exchanges/binance/BTC%2FUSDT_1month.csv",
        "exchanges/bitstamp/BTC%2FUSDT_1h.csv",
        "exchanges/bitstamp/BTC%2FUSD_1h.csv",
    ]


def test_without_the_exchange_cached_closes_are_used_and_their_age_is_said(
    exchange: LocalExchange, today: Today
) -> None:
    first = hourly(exchange.address).load()
    today("2024-03-08 12:00")
    said = (
        "^BTC/USD: bitstamp cannot be reached .connection refused.; "
        "using closes cached 2 days ago, up to 2024-03-06 11:00.$"
    )
    for symbol in ("BTC/USD", "btcusd"):  # which market this is, is known from the cache
        with pytest.warns(DataNotice, match=said):
            assert hourly(NOBODY, symbol).load().provenance.sha256 == first.provenance.sha256
    with pytest.raises(SourceUnavailable, match="refused., and nothing is cached.$"):
        hourly(NOBODY, "ETH/USD").load()
    with pytest.raises(SourceUnavailable, match="refused., and nothing is cached.$"):
        hourly(NOBODY, "BTC/USD:USD").load()  # the contract, and not what it is on
    with pytest.raises(SourceUnavailable, match="refused., and data.source.refresh asks for fresh closes"):
        hourly(NOBODY, refresh=True).load()


def test_an_exchange_that_cannot_be_reached_is_passed_over() -> None:
    pytest.importorskip("ccxt", reason="ccxt, of the extra exchange, is not installed")
    with pytest.warns(DataNotice, match="bitstamp cannot be reached .connection refused.* uses SIMULATED closes"):
        assert FirstAvailable([hourly(NOBODY), SimulatedSource()]).load().provenance.simulated


def test_what_came_before_the_exchange_fell_silent_is_kept_and_gone_on_with(exchange: LocalExchange) -> None:
    exchange.most = 50
    exchange.first_answers = [None, None, *[Answer(503, "")] * 3]
    with pytest.warns(
        DataNotice, match="out of order .HTTP 503.; using closes cached just now, up to 2024-03-05 01:00"
    ):
        series = hourly(exchange.address).load()
    assert series.closes.tolist() == np.arange(100.0, 198.0).tolist()
    exchange.asked.clear()
    assert hourly(exchange.address).load().closes.tolist() == np.arange(100.0, 232.0).tolist()
    assert exchange.asked[0] == ("3600", "2024-03-04 21:00")


def test_what_came_before_the_user_stopped_it_is_kept(exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: float) -> None:
        if len(exchange.asked) == 3:
            raise KeyboardInterrupt

    exchange.most = 50
    exchange.first_answers = [None, None, Answer(503, "")]
    source = hourly(exchange.address)
    monkeypatch.setattr("time.sleep", stop)
    with pytest.raises(KeyboardInterrupt):
        source.load()
    exchange.asked.clear()
    assert len(hourly(NOBODY, end="2024-03-04").load().closes) == 96


def test_an_earlier_start_asks_only_for_the_bars_before_those_that_are_cached(exchange: LocalExchange) -> None:
    hourly(exchange.address, start="2024-03-04").load()
    exchange.asked.clear()
    exchange.most = 50
    assert hourly(exchange.address).load().closes.tolist() == np.arange(100.0, 232.0).tolist()
    assert exchange.asked == [
        ("3600", time)
        for time in ("2024-03-01 00:00", "2024-03-03 00:00", "2024-03-06 07:00")  # the last few bars again
    ]
    exchange.asked.clear()
    assert hourly(exchange.address).load().provenance.notes == ()
    assert exchange.asked == []


def test_bars_that_the_exchange_no_longer_gives_stay_in_the_cache(exchange: LocalExchange, today: Today) -> None:
    CcxtSource("binance", "BTC/USDT", "1h", start="2024-03-01").at(exchange.address).load()
    exchange.kept = 20
    three_hours_later(exchange, today)
    for _ in range(2):
        series = CcxtSource("binance", "BTC/USDT", "1h").at(exchange.address).load()  # as far back as it goes
        assert series.closes.tolist() == np.arange(100.0, 235.0).tolist()
    assert len(exchange.asked) == 3


def test_a_long_download_that_is_killed_loses_few_pages(
    exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryptoforecast.data.sources.cached_feed.PAGES_AT_RISK", 2)
    exchange.most = 30
    kept: list[int] = []
    usual = exchange.candles

    def look(path: str, query: dict[str, str]) -> str:
        file = BarCache("exchanges/bitstamp", "BTC/USD", "1h", COLUMNS, "ccxt").read()
        kept.append(0 if file is None else len(file.bars))
        return usual(path, query)

    monkeypatch.setattr(exchange, "candles", look)
    hourly(exchange.address).load()
    assert kept == [0, 0, 58, 58, 114]


def test_a_refresh_that_breaks_off_leaves_the_cache_as_it_was(exchange: LocalExchange) -> None:
    hourly(exchange.address).load()
    exchange.closes = {hour: 2 * close for hour, close in exchange.closes.items()}
    exchange.most, exchange.first_answers = 50, [None, *[Answer(503, "")] * 3]
    with pytest.raises(SourceUnavailable, match="HTTP 503"):
        hourly(exchange.address, refresh=True).load()
    assert hourly(exchange.address).load().closes.tolist() == np.arange(100.0, 232.0).tolist()


def test_a_market_delisted_since_is_read_from_the_cache_as_the_refusal_says(
    exchange: LocalExchange, today: Today
) -> None:
    hourly(exchange.address).load()
    three_hours_later(exchange, today)
    exchange.pairs = ("ETH/USD",)
    said = "BTC/USD: bitstamp has no such market; .*; some are cached, and those are enough with data.source.end 2024"
    with pytest.raises(UserError, match=said):
        hourly(exchange.address).load()
    exchange.asked.clear()
    assert len(hourly(exchange.address, end="2024-03-05").load().closes) == 120
    assert exchange.asked == []


def test_a_market_that_is_no_longer_traded_says_so_and_is_read_up_to_its_end(
    exchange: LocalExchange, today: Today
) -> None:
    today("2024-05-06 12:00")
    exchange.clock = pd.Timestamp("2024-05-06 12:00", tz="UTC")
    with pytest.warns(DataNotice, match="the last bar that bitstamp has is of 2024-03-06 12:00, 61 days ago"):
        assert len(hourly(exchange.address).load().closes) == len(HOURS)


@pytest.mark.parametrize("damage", [lambda content: content[:500], lambda content: b"", lambda content: b"\x00\xff"])
def test_a_damaged_cache_is_said_and_fetched_anew(
    damage: Callable[[bytes], bytes], exchange: LocalExchange, cache: Path
) -> None:
    hourly(exchange.address).load()
    file = cache / "exchanges" / "bitstamp" / "BTC%2FUSD_1h.csv"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.warns(DataNotice, match="BTC%2FUSD_1h.csv is damaged; the closes were fetched anew"):
        assert len(hourly(exchange.address).load().closes) == len(HOURS) - 1


ONE_OF_TWO = """
import sys, warnings
import pandas as pd
from cryptoforecast import CcxtSource
from cryptoforecast.data.sources import vendor

vendor.present = lambda: pd.Timestamp("2024-03-06 12:00", tz="UTC")
print("ready", flush=True)
sys.stdin.readline()
for refresh in (False, True, True):
    series = CcxtSource("bitstamp", "BTC/USD", "1h", start="2024-03-01", refresh=refresh).at(sys.argv[1]).load()
print(series.provenance.sha256, *series.provenance.notes)
"""


def test_two_processes_at_once_both_get_the_closes_and_leave_a_whole_file(exchange: LocalExchange) -> None:
    run = [sys.executable, "-W", "error::UserWarning", "-c", ONE_OF_TWO, exchange.address]
    both = [
        subprocess.Popen(run, cwd=CONFIGS.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = [process.communicate()[0] for process in both]
    sha256 = hourly(NOBODY).load().provenance.sha256
    assert answers == [f"{sha256}\n"] * 2
