"""The real yfinance against a local server: what is asked, what is given, and what each trouble is called."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import peewee
import pytest
import requests

from cryptoforecast import DataNotice, FirstAvailable, SimulatedSource, UserError, YahooSource
from cryptoforecast.data.sources import SourceUnavailable
from cryptoforecast.recipe.write import recipe_of
from tests.data.sources.local_server import Answer
from tests.data.sources.yahoo_server import DAYS, LocalYahoo, refusal


def test_yahoo_gives_unadjusted_closes_in_utc(session: requests.Session) -> None:
    series = YahooSource("BTC-USD").through(session).load()
    assert series.closes.tolist() == np.arange(100.0, 134.0).tolist()
    assert (series.closes.index == DAYS).all()
    assert series.provenance.source == "YahooSource"
    assert series.cleaning_report is not None
    assert series.cleaning_report.format == "Yahoo Finance"
    assert series.cleaning_report.columns == {"time": "timestamp", "close": "Close"}


def test_adjusted_closes_are_taken_only_if_asked_for_and_the_record_says_so(session: requests.Session) -> None:
    plain = YahooSource("BTC-USD").through(session).load()
    adjusted = YahooSource("BTC-USD", adjusted=True).through(session).load(("High", "Volume"))
    assert adjusted.closes.tolist() == (plain.closes / 2).tolist()
    assert adjusted.others is not None
    assert adjusted.others["High"].tolist() == ((plain.closes + 2) / 2).tolist()  # on the close's scale
    assert adjusted.others["Volume"].unique().tolist() == [1000.0]
    assert "adjusted" in adjusted.provenance.notes[-1]
    assert plain.provenance.notes == ()


def test_further_columns_are_those_of_the_same_bars(session: requests.Session) -> None:
    series = YahooSource("BTC-USD").through(session).load(("Open", "High", "Low", "Volume"))
    assert series.others is not None
    assert list(series.others) == ["Open", "High", "Low", "Volume"]
    assert series.others.iloc[0].tolist() == [99.0, 102.0, 97.0, 1000.0]
    with pytest.raises(UserError, match="Yahoo Finance has no Dividends; data.columns takes Open, High, Low, Volume"):
        YahooSource("BTC-USD").through(session).load(("Dividends",))


def test_a_day_that_yahoo_leaves_empty_is_seen(yahoo: LocalYahoo, session: requests.Session) -> None:
    yahoo.closes[DAYS[20]] = None
    with pytest.raises(UserError, match="BTC-USD: no close at 2024-02-21"):
        YahooSource("BTC-USD").through(session).load()
    with pytest.warns(DataNotice, match="filled with the last before them: 1, first after 2024-02-20"):
        assert len(YahooSource("BTC-USD", gaps="ffill").through(session).load().closes) == len(DAYS)
    with pytest.warns(DataNotice, match="split where closes are missing: 1, first after 2024-02-20"):
        assert len(YahooSource("BTC-USD", gaps="split").through(session).load().closes) == len(DAYS) - 1


def test_a_bar_that_is_not_over_is_not_given(yahoo: LocalYahoo, session: requests.Session) -> None:
    yahoo.closes[DAYS[-1] + pd.Timedelta("1D")] = 999.0  # of today
    assert YahooSource("BTC-USD").through(session).load().closes.iloc[-1] == 133.0


def test_yahoo_is_asked_for_the_interval_and_the_days_that_were_set(
    yahoo: LocalYahoo, session: requests.Session
) -> None:
    series = YahooSource("BTC-USD", start="2024-02-10", end="2024-02-20").through(session).load()
    assert yahoo.ranges == [("2024-02-10", "2024-02-21")]
    assert yahoo.asked[-1]["interval"] == "1d"
    assert (series.closes.index == pd.date_range("2024-02-10", "2024-02-20", tz="UTC")).all()


def test_bars_shorter_than_a_day_are_asked_for_as_far_back_as_yahoo_has_them(
    yahoo: LocalYahoo, session: requests.Session
) -> None:
    hours = pd.date_range("2024-03-01", "2024-03-06 12:00", freq="h", tz="UTC")
    yahoo.closes = {hour: 100.0 + number for number, hour in enumerate(hours)}
    series = YahooSource("BTC-USD", interval="1h").through(session).load()
    assert series.closes.index[-1] == pd.Timestamp("2024-03-06 11:00", tz="UTC")
    assert yahoo.ranges == [("2022-03-08", "2024-03-06")]
    with pytest.warns(DataNotice, match="1h bars of the last 729 days only, not since 2020-01-01"):
        YahooSource("BTC-USD", interval="1h", start="2020-01-01").through(session).load()


WEB_PAGE = Answer(200, "<html>down for maintenance</html>")
TROUBLES = {
    "says that there were too many requests .HTTP 429; wait some minutes.": Answer(429, "Too Many Requests"),
    "sent a web page instead of prices": WEB_PAGE,
    "is out of order .HTTP 503.": Answer(503, "<html>our engineers are working on it</html>"),
    "is out of order .(HTTP 500|Internal Server Error).": Answer(
        500, refusal("Internal Server Error", "Internal Server Error")
    ),
    "refuses to answer .HTTP 403.": Answer(403, "Forbidden"),
    "sent an empty answer": Answer(200, ""),
    "answered without any closes": Answer(200, '{"chart": {"result": null, "error": null}}'),
    "sent an answer that breaks off before its end": Answer(200, '{"chart": {"result": [{"meta": {"curr'),
    "sent an answer that .*breaks off before its end": Answer(200, '{"chart": {"result"', missing=500),
    "sent an answer that is not JSON": Answer(200, "Edge: redirecting"),
}


@pytest.mark.parametrize("symbol", ["NEW-USD", "OLD-USD"])  # yfinance asks for the time zone of a new one first
@pytest.mark.parametrize("sentence", TROUBLES)
def test_every_trouble_that_may_pass_has_its_sentence_and_is_met_three_times_in_earnest(
    sentence: str, symbol: str, yahoo: LocalYahoo, session: requests.Session, cache: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if symbol == "OLD-USD":
        YahooSource(symbol).through(session).load()
        shutil.rmtree(cache)
        yahoo.asked.clear()
    asked_by_then: list[int] = []
    monkeypatch.setattr("time.sleep", lambda _: asked_by_then.append(len(yahoo.asked)))
    yahoo.answer = TROUBLES[sentence]
    with pytest.raises(SourceUnavailable, match=f"^{symbol}: Yahoo Finance {sentence}, and nothing is cached.$"):
        YahooSource(symbol).through(session).load()
    before_first, before_second, before_third = asked_by_then
    assert before_first == 0
    assert before_first < before_second < before_third < len(yahoo.asked)


def test_the_pauses_between_tries_are_one_second_and_four(
    yahoo: LocalYahoo, session: requests.Session, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.undo()  # of what spares all other tests the pauses
    monkeypatch.setenv("CRYPTOFORECAST_CACHE", str(cache))
    monkeypatch.setattr("time.sleep", pauses.append)
    yahoo.answer = WEB_PAGE
    with pytest.raises(SourceUnavailable):
        YahooSource("BTC-USD").through(session).load()
    assert pauses == [0.0, 1.0, 4.0]


def test_a_trouble_that_passes_is_not_spoken_of(yahoo: LocalYahoo, session: requests.Session) -> None:
    yahoo.first_answers = [WEB_PAGE, Answer(200, "")]
    series = YahooSource("BTC-USD").through(session).load()
    assert len(series.closes) == len(DAYS)
    assert series.provenance.notes == ()
    assert not yahoo.first_answers


@pytest.mark.parametrize("symbol", ["BTC-UDS", "btc-uds"])
def test_an_unknown_symbol_is_the_users_mistake_and_asked_for_once(
    symbol: str, yahoo: LocalYahoo, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    yahoo.answer = Answer(404, refusal("No data found, symbol may be delisted"))
    sentence = (
        f"{symbol}: Yahoo Finance has no such prices .No data found, symbol may be delisted.; check data.source.sym"
    )
    for _ in range(4):  # yfinance says it in another way from the third time on
        with pytest.raises(UserError, match=sentence) as refused:
            YahooSource(symbol).through(session).load()
        assert not isinstance(refused.value, SourceUnavailable)
    assert pauses == [0.0] * 4


def test_days_that_yahoo_does_not_have_are_the_users_mistake(yahoo: LocalYahoo, session: requests.Session) -> None:
    YahooSource("BTC-USD", start="2024-02-10").through(session).load()
    yahoo.first_answers = [Answer(400, refusal("Data doesn't exist for startDate = 1, endDate = 2"))] * 2
    with pytest.raises(UserError, match="no prices in that time .Data doesn't exist.*check data.source.start"):
        YahooSource("BTC-USD", start="2010-01-01", end="2024-02-12").through(session).load()
    with pytest.raises(UserError, match="start is 2030-01-01, which is still to come"):
        YahooSource("BTC-USD", start="2030-01-01").through(session).load()
    with pytest.raises(UserError, match="closes from 2024-02-01 to 2024-03-05, and none between data.source.start"):
        YahooSource("BTC-USD", end="2020-01-01").through(session).load()


def test_a_dead_line_is_unavailable_and_the_next_source_is_taken(dead_line: requests.Session) -> None:
    yahoo = YahooSource("BTC-USD").through(dead_line)
    sentence = "^BTC-USD: Yahoo Finance cannot be reached .connection refused., and nothing is cached."
    with pytest.raises(SourceUnavailable, match=sentence + "$"):
        yahoo.load()
    with pytest.warns(DataNotice, match=sentence + " This run uses SIMULATED closes"):
        assert FirstAvailable([yahoo, SimulatedSource()]).load().provenance.simulated


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (requests.ConnectionError("Failed to resolve 'query2.x'"), "cannot be reached .its name cannot be looked up."),
        (requests.ReadTimeout("took too long"), "cannot be reached .no answer in time."),
        (requests.exceptions.SSLError("it has expired. See more"), "cannot be reached .SSLError: it has expired."),
        (peewee.OperationalError("database is locked"), "could not be asked, for yfinance's own cache is in use .data"),
    ],
)
def test_what_is_in_the_way_is_said_in_few_words(
    raised: Exception, said: str, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(session, "request", fail)
    with pytest.raises(SourceUnavailable, match=f"^BTC-USD: Yahoo Finance {said}.*, and nothing is cached.$"):
        YahooSource("BTC-USD").through(session).load()


@pytest.mark.parametrize(
    "symbol", ["BTC-USD ETH-USD", "BTC-USD,ETH-USD", "[BTC-USD, ETH-USD]", ["BTC-USD", "ETH-USD"], " BTC-USD;ETH-USD "]
)
def test_several_symbols_are_refused_with_a_word_on_how_to_have_them(symbol: str | list[str]) -> None:
    with pytest.raises(UserError, match="BTC-USD and ETH-USD; data.source takes a list of sources, one per coin.$"):
        YahooSource(symbol)


@pytest.mark.parametrize("symbol", ["", "  ", [], [""]])
def test_an_empty_symbol_is_refused(symbol: str | list[str]) -> None:
    with pytest.raises(UserError, match="data.source.symbol is empty; name one as Yahoo does, such as BTC-USD.$"):
        YahooSource(symbol)


@pytest.mark.parametrize(("setting", "value"), [("start", "soon"), ("start", ""), ("end", "never"), ("interval", "1y")])
def test_a_mistyped_setting_is_refused_and_not_taken_for_an_unreachable_yahoo(setting: str, value: str) -> None:
    with pytest.raises(UserError, match=f"data.source.{setting} is '{value}'") as refused:
        YahooSource("BTC-USD", **{setting: value})
    assert not isinstance(refused.value, SourceUnavailable)


def test_a_start_after_the_end_is_refused() -> None:
    with pytest.raises(UserError, match="data.source.start is 2024-03-05, which is after data.source.end, 2024-03-01"):
        YahooSource("BTC-USD", start="2024-03-05", end="2024-03-01")


def test_a_checkpoint_keeps_every_argument_but_the_session(session: requests.Session) -> None:
    arguments = recipe_of(YahooSource("BTC-USD", start="2024-02-01").through(session))["init_args"]
    assert arguments == {
        "symbol": "BTC-USD", "start": "2024-02-01", "end": None, "interval": "1d", "gaps": "error",
        "adjusted": False, "refresh": False,
    }  # fmt: skip


def test_closes_that_yahoo_stamps_before_it_has_them_do_not_count_yet(
    yahoo: LocalYahoo, session: requests.Session, today: Callable[[str], None]
) -> None:
    yahoo.closes[DAYS[-1]] = None
    assert YahooSource("BTC-USD").through(session).load().closes.index[-1] == DAYS[-2]
    yahoo.closes[DAYS[-1]] = 133.0
    series = YahooSource("BTC-USD").through(session).load()
    assert series.closes.index[-1] == DAYS[-1]
    assert series.provenance.notes == ()
