"""YahooSource asked again: only new bars, changes told, and what it does without Yahoo."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import requests

from cryptoforecast import DataNotice, UserError, YahooSource
from cryptoforecast.data.sources import SourceUnavailable
from tests.data.sources.local_server import Answer
from tests.data.sources.yahoo_server import DAYS, LocalYahoo, refusal

Today = Callable[[str], None]


def add_days(yahoo: LocalYahoo, until: str) -> None:
    for number, day in enumerate(pd.date_range("2024-03-06", until, tz="UTC")):
        yahoo.closes[day] = 134.0 + number


def test_a_second_run_on_the_same_day_asks_nothing_and_gives_the_same_closes(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    first = YahooSource("BTC-USD").through(session).load(("High", "Volume"))
    yahoo.asked.clear()
    today("2024-03-06 23:59")
    second = YahooSource("BTC-USD").through(session).load(("High", "Volume"))
    assert yahoo.asked == []
    assert second.provenance == first.provenance  # the SHA-256 of all values is in it, and when they were fetched


def test_the_next_run_asks_only_for_new_bars_and_the_last_few_again(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    YahooSource("BTC-USD").through(session).load()
    add_days(yahoo, "2024-03-08")
    today("2024-03-09 12:00")
    series = YahooSource("BTC-USD").through(session).load()
    assert yahoo.ranges == [("2009-01-03", "2024-03-06"), ("2024-03-01", "2024-03-09")]
    assert series.closes.tolist() == np.arange(100.0, 137.0).tolist()
    assert series.provenance.notes == ()


def test_start_and_end_choose_from_the_cache_without_a_request(yahoo: LocalYahoo, session: requests.Session) -> None:
    YahooSource("BTC-USD").through(session).load()
    yahoo.asked.clear()
    series = YahooSource("BTC-USD", start="2024-02-10", end="2024-02-20").through(session).load()
    assert (series.closes.index == pd.date_range("2024-02-10", "2024-02-20", tz="UTC")).all()
    assert yahoo.asked == []


def test_an_earlier_start_is_asked_for_once_even_where_yahoo_has_nothing_so_early(
    yahoo: LocalYahoo, session: requests.Session
) -> None:
    YahooSource("BTC-USD", start="2024-02-20", end="2024-02-25").through(session).load()
    for _ in range(2):
        series = YahooSource("BTC-USD", start="2020-01-01", end="2024-02-25").through(session).load()
        assert (series.closes.index == pd.date_range("2024-02-01", "2024-02-25", tz="UTC")).all()
    assert yahoo.ranges == [("2024-02-20", "2024-02-26"), ("2020-01-01", "2024-02-26")]


def test_a_close_that_yahoo_changed_lately_is_reported_and_the_new_one_used(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    YahooSource("BTC-USD").through(session).load()
    yahoo.closes[DAYS[-2]] = 140.25
    add_days(yahoo, "2024-03-06")
    today("2024-03-07 12:00")
    said = r"changed since they were cached: 1 \(2024-03-04 from 132 to 140.25\); the new ones are used"
    with pytest.warns(DataNotice, match=said):
        series = YahooSource("BTC-USD").through(session).load()
    assert series.closes["2024-03-04"] == 140.25
    assert said.split(":")[0] in series.provenance.notes[0]
    assert YahooSource("BTC-USD").through(session).load().provenance.notes == ()  # said once


def test_a_change_of_the_whole_history_is_noticed_from_its_last_bars(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    YahooSource("BTC-USD").through(session).load()
    add_days(yahoo, "2024-03-06")
    yahoo.closes = {day: close and close / 10 for day, close in yahoo.closes.items()}
    today("2024-03-07 12:00")
    said = r"34 \(2024-02-01 from 100 to 10, 2024-02-02 from 101 to 10.1, 2024-02-03 from 102 to 10.2, and 31 more\)"
    with pytest.warns(DataNotice, match=said):
        series = YahooSource("BTC-USD").through(session).load()
    assert series.closes.max() == 13.4


def test_a_refresh_asks_for_everything_and_reports_what_has_changed_come_and_gone(
    yahoo: LocalYahoo, session: requests.Session
) -> None:
    yahoo.closes[DAYS[10]] = None
    YahooSource("BTC-USD", end="2024-02-10").through(session).load()
    with pytest.warns(DataNotice, match="split"):
        YahooSource("BTC-USD", gaps="split").through(session).load()
    yahoo.closes[DAYS[3]] = 50.0
    yahoo.closes[DAYS[10]] = 110.0
    del yahoo.closes[DAYS[12]]
    with pytest.warns(DataNotice) as notices:
        YahooSource("BTC-USD", gaps="ffill", start="2024-02-20", refresh=True).through(session).load()
    assert (
        "3 (2024-02-04 from 103 to 50, 2024-02-11 from nothing to 110, 2024-02-13 from 112 to nothing)"
        in str(notices[0].message)
    )  # fmt: skip
    assert yahoo.ranges[-1] == ("2009-01-03", "2024-03-06")


def test_a_day_that_was_empty_lately_is_asked_for_until_it_comes(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    yahoo.closes[DAYS[15]] = None
    with pytest.raises(UserError, match="no close at 2024-02-16"):
        YahooSource("BTC-USD").through(session).load()
    yahoo.closes[DAYS[15]] = 115.0
    add_days(yahoo, "2024-03-06")
    today("2024-03-07 12:00")
    with pytest.warns(DataNotice, match="2024-02-16 from nothing to 115"):
        assert len(YahooSource("BTC-USD").through(session).load().closes) == len(DAYS) + 1
    assert yahoo.ranges[-1] == ("2024-02-16", "2024-03-07")


def test_an_answer_that_lacks_cached_bars_at_its_beginning_does_not_remove_them(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    YahooSource("BTC-USD").through(session).load()
    add_days(yahoo, "2024-03-06")
    yahoo.closes = {day: close for day, close in yahoo.closes.items() if day > DAYS[-2]}
    today("2024-03-07 12:00")
    assert len(YahooSource("BTC-USD").through(session).load().closes) == len(DAYS) + 1


def test_without_yahoo_cached_closes_are_used_and_their_age_is_said(
    yahoo: LocalYahoo, session: requests.Session, dead_line: requests.Session, today: Today
) -> None:
    first = YahooSource("BTC-USD").through(session).load()
    today("2024-03-09 18:00")
    said = "Yahoo Finance cannot be reached .connection refused.; using closes cached 3 days ago, up to 2024-03-05"
    with pytest.warns(DataNotice, match=f"^BTC-USD: {said}.$"):
        second = YahooSource("BTC-USD").through(dead_line).load()
    assert second.provenance.sha256 == first.provenance.sha256
    assert second.provenance.retrieved_at == first.provenance.retrieved_at
    yahoo.answer = Answer(429, "Too Many Requests")
    with pytest.warns(DataNotice, match="too many requests .*; using closes cached 3 days ago"):
        YahooSource("BTC-USD").through(session).load()


@pytest.mark.parametrize(
    ("time", "age"), [("03-06 12:00", "just now"), ("03-06 12:59", "59 minutes"), ("03-07 11:00", "23 hours")]
)
def test_the_age_of_a_cache_is_said_in_one_unit(
    time: str, age: str, yahoo: LocalYahoo, session: requests.Session, dead_line: requests.Session, today: Today
) -> None:
    del yahoo.closes[DAYS[-1]]
    YahooSource("BTC-USD").through(session).load()
    today(f"2024-{time}")
    with pytest.warns(DataNotice, match=f"cached {age}( ago)?, up to 2024-03-04"):
        YahooSource("BTC-USD").through(dead_line).load()


def test_without_yahoo_a_cache_that_begins_too_late_says_so_and_one_of_other_days_does_not_do(
    session: requests.Session, dead_line: requests.Session
) -> None:
    YahooSource("BTC-USD", start="2024-02-10", end="2024-02-20").through(session).load()
    with pytest.warns(DataNotice, match="using closes cached just now, up to 2024-02-20 and from 2024-02-10 on.$"):
        YahooSource("BTC-USD", start="2024-01-01").through(dead_line).load()
    with pytest.raises(SourceUnavailable, match="refused., and nothing is cached of the days asked for.$"):
        YahooSource("BTC-USD", start="2024-02-25").through(dead_line).load()


def test_a_refresh_without_yahoo_is_refused_though_closes_are_cached(
    session: requests.Session, dead_line: requests.Session
) -> None:
    YahooSource("BTC-USD").through(session).load()
    said = (
        "refused., and data.source.refresh asks for fresh closes; without it, those cached just now, up to 2024-03-05"
    )
    with pytest.raises(SourceUnavailable, match=said):
        YahooSource("BTC-USD", refresh=True).through(dead_line).load()


def test_a_coin_delisted_since_can_be_read_from_the_cache_and_the_refusal_says_how(
    yahoo: LocalYahoo, session: requests.Session, today: Today
) -> None:
    YahooSource("BTC-USD").through(session).load()
    today("2024-03-09 12:00")
    yahoo.answer = Answer(404, refusal("No data found, symbol may be delisted"))
    with pytest.raises(
        UserError, match="no such prices .*; some are cached, and those are enough with data.source.end 2024-03-05"
    ):
        YahooSource("BTC-USD").through(session).load()
    assert len(YahooSource("BTC-USD", end="2024-03-05").through(session).load().closes) == len(DAYS)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content.replace(b"133.0", b"933.0"),
        lambda content: content.replace(b'"layout": 1', b'"layout": 0'),
        lambda content: b"",
        lambda content: b"\x00\xff" * 999,
        lambda content: b"[]\n",
    ],
)
def test_a_damaged_cache_is_said_and_fetched_anew(
    damage: Callable[[bytes], bytes], session: requests.Session, dead_line: requests.Session, cache: Path
) -> None:
    YahooSource("BTC-USD").through(session).load()
    file = cache / "yahoo" / "BTC-USD_1d.csv"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(
        SourceUnavailable, match="refused., and .*BTC-USD_1d.csv (is damaged|was written by another ver)"
    ):
        YahooSource("BTC-USD").through(dead_line).load()
    with pytest.warns(DataNotice, match="BTC-USD_1d.csv .*; the closes were fetched anew"):
        assert len(YahooSource("BTC-USD").through(session).load().closes) == len(DAYS)
    assert YahooSource("BTC-USD").through(dead_line).load().provenance.notes == ()


def test_where_nothing_can_be_cached_the_closes_are_given_all_the_same(
    session: requests.Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CRYPTOFORECAST_CACHE", str(tmp_path / "file"))
    with pytest.warns(DataNotice, match="could not be cached .Not a directory"):
        assert len(YahooSource("BTC-USD").through(session).load().closes) == len(DAYS)
