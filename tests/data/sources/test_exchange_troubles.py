"""What an exchange may answer instead of bars, each with its sentence."""

import json
from collections.abc import Callable

import numpy as np
import pytest

from cryptoforecast import DataNotice
from cryptoforecast.data.sources import SourceUnavailable
from tests.data.sources.exchange_server import HOURS, LocalExchange, hourly
from tests.data.sources.local_server import Answer

Today = Callable[[str], None]


TROUBLES = {
    "says that there were too many requests .HTTP 429; wait some minutes.": Answer(429, "Too Many Requests"),
    "is out of order .HTTP 503.": Answer(503, "<html>our engineers are working on it</html>"),
    "is out of order .HTTP 500.": Answer(500, ""),
    "is out of order .HTTP 504.": Answer(504, "gateway timeout"),
    "refuses to answer .HTTP 403.": Answer(403, "Forbidden"),
    "refuses to answer .HTTP 451.": Answer(451, "not in your country"),
    "sent a web page instead of prices": Answer(200, "<html>down for maintenance</html>"),
    "sent an empty answer instead of prices": Answer(200, ""),
    "sent an answer that is not JSON instead of prices": Answer(200, '{"data": {"ohlc": [{"times'),
    "(cannot be reached|sent an answer that cannot be read) .*": Answer(200, '{"data": {"ohlc"', missing=500),
}


@pytest.mark.parametrize("sentence", TROUBLES)
def test_every_trouble_has_its_sentence_and_is_met_three_times(
    sentence: str, exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.first_answers = [TROUBLES[sentence]] * 3
    with pytest.raises(SourceUnavailable, match=f"^BTC/USD: bitstamp {sentence}, and nothing is cached.$"):
        hourly(exchange.address).load()
    assert len(exchange.asked) == 3
    exchange.first_answers = [TROUBLES[sentence]] * 2
    assert hourly(exchange.address).load().provenance.notes == ()  # what passes is not spoken of


@pytest.mark.parametrize(("bidden", "waited"), [("7", [7]), ("3600", []), ("Wed, 06 Mar 2024 12:00:07 GMT", [])])
def test_an_exchange_that_bids_to_wait_is_waited_for(
    bidden: str, waited: list[int], exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)
    exchange.retry_after = bidden
    exchange.first_answers = [Answer(429, "Too Many Requests")]
    assert hourly(exchange.address).load().provenance.notes == ()
    assert [pause for pause in pauses if pause] == waited


EMPTY = Answer(200, '{"data": {"pair": "BTC/USD", "ohlc": []}}')


@pytest.mark.parametrize("weather", [[EMPTY], [None, EMPTY], [None, EMPTY, EMPTY], [None, None, EMPTY]])
def test_an_empty_page_that_passes_loses_nothing(weather: list[Answer | None], exchange: LocalExchange) -> None:
    exchange.most, exchange.first_answers = 50, weather
    series = hourly(exchange.address).load()
    assert series.closes.tolist() == np.arange(100.0, 232.0).tolist()
    assert series.provenance.notes == ()


def test_a_page_that_stays_empty_is_a_trouble_where_it_should_hold_what_came_before(exchange: LocalExchange) -> None:
    exchange.most, exchange.first_answers = 50, [None, EMPTY, EMPTY, EMPTY]
    said = "bitstamp left out the bar of 2024-03-03 01:00, which it gave before; using closes cached just now, up to"
    with pytest.warns(DataNotice, match=said):
        assert len(hourly(exchange.address).load().closes) == 50


def test_markets_that_are_not_told_make_an_exchange_unavailable(exchange: LocalExchange) -> None:
    for answer in (Answer(503, ""), Answer(200, "<html>"), Answer(200, '{"code": 1}'), Answer(200, "[1, 2]")):
        exchange.answer = answer
        with pytest.raises(SourceUnavailable, match="^BTC/USD: bitstamp "):
            hourly(exchange.address).load()


def test_a_clock_that_is_ahead_does_not_take_an_unfinished_bar_for_a_finished_one(
    exchange: LocalExchange, today: Today
) -> None:
    today("2024-03-06 13:30")
    said = "this machine's clock is 90 minutes ahead of bitstamp's; bars that are not over there were left out"
    with pytest.warns(DataNotice, match=said):
        assert hourly(exchange.address).load().closes.index[-1] == HOURS[-2]


@pytest.mark.parametrize("date", ["", "noon", "Wed, 06 Mar 2024 12:00:00 -0000"])
def test_an_exchange_that_does_not_say_what_time_it_is_is_believed_all_the_same(
    date: str, exchange: LocalExchange
) -> None:
    exchange.date = date
    assert hourly(exchange.address).load().closes.index[-1] == HOURS[-2]


@pytest.mark.parametrize("second_close", ["2", "2.5"])
def test_a_bar_that_is_given_twice_is_taken_once_and_two_bars_of_one_time_are_a_trouble(
    second_close: str, exchange: LocalExchange
) -> None:
    first = {"timestamp": "1709251200", "open": "1", "high": "3", "low": "1", "close": "2", "volume": "1"}
    bars = [first, first | {"close": second_close}, first | {"timestamp": "1709254800"}]
    answer = Answer(200, json.dumps({"data": {"ohlc": bars}}))
    if second_close == "2":
        exchange.first_answers = [answer]
        assert len(hourly(exchange.address).load().closes) == len(HOURS) - 1
    else:
        exchange.first_answers = [answer] * 3
        with pytest.raises(SourceUnavailable, match="bitstamp gave two bars of 2024-03-01, and nothing is cached"):
            hourly(exchange.address).load()
