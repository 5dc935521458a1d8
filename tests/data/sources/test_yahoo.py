"""The real yfinance against a local server that speaks Yahoo's chart protocol."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pandas as pd
import pytest
import requests
import yfinance

from cryptoforecast import UserError, YahooSource
from cryptoforecast.data.sources import SourceUnavailable

DAYS = pd.date_range("2024-03-01", periods=5, tz="UTC")
CLOSES: list[float | None] = [100.0, 101.5, 99.25, 103.0, 104.5]


class Yahoo(BaseHTTPRequestHandler):
    """Answers a chart request with the closes, or with whatever status and body a test sets."""

    closes: ClassVar[list[float | None]] = CLOSES
    status: ClassVar[int] = 200
    body: ClassVar[str | None] = None

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        answer = "crumb" if "getcrumb" in self.path else self.body or json.dumps(self.chart())
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(answer.encode())

    def chart(self) -> dict[str, Any]:
        zone = {"timezone": "UTC", "gmtoffset": 0, "start": 0, "end": 0}
        meta = {
            "symbol": "BTC-USD", "currency": "USD", "exchangeTimezoneName": "UTC", "timezone": "UTC", "gmtoffset": 0,
            "instrumentType": "CRYPTOCURRENCY", "dataGranularity": "1d", "range": "", "validRanges": ["1d", "max"],
            "firstTradeDate": 0, "regularMarketTime": int(DAYS[-1].timestamp()), "regularMarketPrice": 104.5,
            "currentTradingPeriod": {"pre": zone, "regular": zone, "post": zone}, "priceHint": 2,
            "hasPrePostMarketData": False,
        }  # fmt: skip
        quote = dict.fromkeys(("open", "high", "low", "close"), self.closes)
        quote["volume"] = [1.0] * len(self.closes)
        adjusted = [close and close / 2 for close in self.closes]
        indicators = {"quote": [quote], "adjclose": [{"adjclose": adjusted}]}
        stamps = [int(day.timestamp()) for day in DAYS]
        return {"chart": {"result": [{"meta": meta, "timestamp": stamps, "indicators": indicators}], "error": None}}

    def log_message(self, *_: object) -> None:
        pass


class Redirected(requests.Session):
    """Asks the local server whatever it is asked to ask Yahoo."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        _, _, path, query, fragment = urlsplit(url)
        return super().request(
            method, urlunsplit(("http", f"127.0.0.1:{self.port}", path, query, fragment)), *args, **kwargs
        )


@pytest.fixture
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[requests.Session]:
    yfinance.set_tz_cache_location(str(tmp_path_factory.mktemp("yahoo")))
    yfinance.data.YfData.cache_get.cache_clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Yahoo)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    with Redirected(server.server_port) as session:
        yield session
    server.shutdown()
    thread.join()
    server.server_close()


def test_yahoo_gives_unadjusted_closes_in_utc(session: requests.Session) -> None:
    series = YahooSource("BTC-USD", session=session).load()
    assert series.closes.tolist() == CLOSES
    assert (series.closes.index == DAYS).all()
    assert series.provenance.source == "YahooSource"


def test_a_day_that_yahoo_leaves_empty_is_seen(session: requests.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Yahoo, "closes", [100.0, 101.5, None, 103.0, 104.5])
    with pytest.raises(UserError, match="BTC-USD: no close at 2024-03-03"):
        YahooSource("BTC-USD", session=session).load()


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (429, "Too Many Requests", "too many requests"),
        (200, "<html>down for maintenance</html>", "cannot be reached"),
        (500, "<html>our engineers are working on it</html>", "cannot be reached"),
    ],
)
def test_a_yahoo_that_does_not_answer_with_prices_is_unavailable(
    status: int, body: str, sentence: str, session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Yahoo, "status", status)
    monkeypatch.setattr(Yahoo, "body", body)
    with pytest.raises(SourceUnavailable, match=f"BTC-USD: Yahoo Finance .*{sentence}"):
        YahooSource("BTC-USD", session=session).load()


def test_an_unknown_symbol_is_the_users_mistake_and_not_an_unreachable_yahoo(
    session: requests.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
    monkeypatch.setattr(Yahoo, "status", 404)
    monkeypatch.setattr(Yahoo, "body", json.dumps({"chart": {"result": None, "error": error}}))
    with pytest.raises(UserError, match="BTC-UDS: Yahoo Finance has no such prices") as refused:
        YahooSource("BTC-UDS", session=session).load()
    assert not isinstance(refused.value, SourceUnavailable)


def test_a_dead_line_is_unavailable() -> None:
    with (
        Redirected(port=9) as session,
        pytest.raises(SourceUnavailable, match="BTC-USD: Yahoo Finance cannot be reached"),
    ):
        YahooSource("BTC-USD", session=session).load()


def test_yahoo_is_asked_for_the_interval_and_the_days_that_were_set(session: requests.Session) -> None:
    Yahoo.asked.clear()
    YahooSource("BTC-USD", start="2024-03-01", end="2024-03-05", interval="1d", session=session).load()
    query = parse_qs(urlsplit(Yahoo.asked[-1]).query)
    first, after = (pd.Timestamp(day, tz="UTC").timestamp() for day in ("2024-03-01", "2024-03-06"))
    assert (query["interval"], query["period1"], query["period2"]) == (["1d"], [f"{first:.0f}"], [f"{after:.0f}"])


@pytest.mark.parametrize(("setting", "value"), [("start", "soon"), ("end", "never"), ("interval", "1y")])
def test_a_mistyped_setting_is_refused_and_not_taken_for_an_unreachable_yahoo(setting: str, value: str) -> None:
    with pytest.raises(UserError, match=f"data.source.{setting} is '{value}'") as refused:
        YahooSource("BTC-USD", **{setting: value})
    assert not isinstance(refused.value, SourceUnavailable)
