"""A local server that speaks Yahoo's chart protocol, and a session that asks it instead of Yahoo."""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

import pandas as pd
import requests

from tests.data.sources.local_server import Answer, LocalServer
from tests.data.sources.local_server import Handler as QuietHandler

DAYS = pd.date_range("2024-02-01", "2024-03-05", tz="UTC")


NOON = pd.Timestamp("2024-03-06 12:00", tz="UTC")

ZONE = {"timezone": "UTC", "gmtoffset": 0, "start": 0, "end": 0}
META = {
    "currency": "USD", "exchangeTimezoneName": "UTC", "timezone": "UTC", "gmtoffset": 0, "priceHint": 2,
    "instrumentType": "CRYPTOCURRENCY", "dataGranularity": "1d", "range": "", "validRanges": ["1d", "max"],
    "firstTradeDate": 0, "regularMarketTime": 0, "regularMarketPrice": 104.5, "hasPrePostMarketData": False,
    "currentTradingPeriod": {"pre": ZONE, "regular": ZONE, "post": ZONE},
}  # fmt: skip


def refusal(description: str, code: str = "Not Found") -> str:
    return json.dumps({"chart": {"result": None, "error": {"code": code, "description": description}}})


class LocalYahoo(LocalServer):
    """Closes by time, which a test may change at any moment; answers to be given before them; what was asked.

    A bar opens at 1 below, peaks at 2 above and has its low 3 below its close; its adjusted close is half of it.
    """

    def __init__(self, closes: dict[pd.Timestamp, float | None]) -> None:
        self.closes = closes
        self.first_answers: list[Answer] = []  # one for each of the next chart requests
        self.answer: Answer | None = None  # for all of them
        self.asked: list[dict[str, str]] = []  # the chart requests, the one for the time zone included
        super().__init__(Handler)

    @property
    def ranges(self) -> list[tuple[str, str]]:
        """From which day until before which day bars were asked for."""
        return [
            tuple(f"{pd.Timestamp(int(query[name]), unit='s'):%Y-%m-%d}" for name in ("period1", "period2"))  # type: ignore[misc]
            for query in self.asked
            if "period1" in query
        ]

    def chart(self, query: dict[str, str]) -> str:
        first, after = int(query.get("period1", 0)), int(query.get("period2", 1 << 40))
        held = {int(time.timestamp()): close for time, close in self.closes.items()}
        bars = {stamp: close for stamp, close in held.items() if first <= stamp < after}
        quote: dict[str, list[float | None]] = {
            name: [close and close + more for close in bars.values()]
            for name, more in {"open": -1.0, "high": 2.0, "low": -3.0, "close": 0.0}.items()
        }
        quote["volume"] = [1000.0] * len(bars)
        adjusted = {"adjclose": [close and close / 2 for close in bars.values()]}
        day = [{**ZONE, "start": min(held, default=0), "end": max(held, default=0) + 86_400}]
        result = {
            "meta": {**META, "tradingPeriods": [day]},
            "timestamp": list(bars),
            "indicators": {"quote": [quote], "adjclose": [adjusted]},
        }
        if not bars:  # as Yahoo does
            result = {"meta": META, "indicators": {"quote": [{}], "adjclose": [{}]}}
        return json.dumps({"chart": {"result": [result], "error": None}})


class Handler(QuietHandler):
    def do_GET(self) -> None:
        yahoo: LocalYahoo = self.server.vendor  # type: ignore[attr-defined]
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        answer = Answer(body="crumb")
        if "/v8/finance/chart/" in path:
            plain = {name: values[0] for name, values in query.items()}
            yahoo.asked.append(plain)
            usual = yahoo.answer or Answer(body=yahoo.chart(plain))
            answer = yahoo.first_answers.pop(0) if yahoo.first_answers else usual
        elif "quoteSummary" in path:
            answer = Answer(404, '{"quoteSummary": {"result": null, "error": {"code": "Not Found"}}}')
        self.send(answer, {})


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
