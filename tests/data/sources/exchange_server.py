"""A local server that gives candles as Bitstamp and Binance do, in good and in bad weather."""

import json
import time
from collections.abc import Callable
from email.utils import format_datetime
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from cryptoforecast import CcxtSource
from tests.data.sources.local_server import Answer, LocalServer
from tests.data.sources.local_server import Handler as QuietHandler

NOON = pd.Timestamp("2024-03-06 12:00", tz="UTC")
HOURS = pd.date_range("2024-03-01", "2024-03-06 12:00", freq="h", tz="UTC")  # the last one is not over at noon
SECONDS = {
    "1m": 60, "5m": 300, "1h": 3600, "4h": 14400, "1d": 86400, "1w": 604800
}  # fmt: skip
NOBODY = "http://127.0.0.1:9"  # nobody listens there
PAIRS = ("BTC/USD", "ETH/USD", "ETH/BTC", "BTC/USDT", "USDT/USD", "XRP/USD")


class LocalExchange(LocalServer):
    """Closes by opening time, which a test may change at any moment; answers to be given before them; what was asked.

    A bar opens at 1 below, peaks at 2 above and has its low 3 below its close; its volume is 10. Daily bars are made
    of shorter ones.
    """

    def __init__(self, closes: dict[pd.Timestamp, float]) -> None:
        self.closes = closes
        self.timeframe = "1h"  # of the closes
        self.clock = NOON
        self.pairs = PAIRS
        self.date: str | None = None  # header that is sent instead of the clock's time; none if empty
        self.most = 1000  # bars on a page
        self.kept: int | None = None  # how many of the last bars are given, whatever is asked for
        self.stuck_at: int | None = None  # seconds that each question is answered from, whatever it asks for
        self.stuck = 0  # for how many of the next questions
        self.first_answers: list[Answer | None] = []  # one for each of the next questions for candles; None: the usual
        self.answer: Answer | None = None  # for all of them
        self.asked: list[tuple[str, str]] = []  # timeframe, first opening
        self.retry_after = ""  # header of refusals
        self.markets_asked = 0
        self.times: list[float] = []  # when candles were asked for
        self.headers: list[dict[str, str]] = []
        super().__init__(Handler)
        self.address = f"http://127.0.0.1:{self.port}"

    def bars(self, timeframe: str, start: int, end: int, limit: int) -> list[tuple[int, float, float, float, float]]:
        """Opening in seconds, open, high, low, close."""
        closes = pd.Series(self.closes, dtype="float64").sort_index()
        if timeframe != self.timeframe:
            closes = closes.groupby(closes.index.floor("D")).last()
        closes = closes.iloc[-self.kept :] if self.kept else closes
        found = [(int(opening.timestamp()), close) for opening, close in closes.items()]
        inside = [(time, close) for time, close in found if start <= time <= end][: min(limit, self.most)]
        return [(time, close - 1, close + 2, close - 3, close) for time, close in inside]

    def candles(self, path: str, query: dict[str, str]) -> str:
        if self.stuck:
            self.stuck -= 1
            query = {**query, "start": str(self.stuck_at), "startTime": f"{self.stuck_at}000"}
        limit = int(query["limit"])
        if "klines" in path:
            rows = self.bars(query["interval"], int(query["startTime"]) // 1000, 1 << 40, limit)
            return json.dumps([[1000 * bar[0], *map(str, bar[1:]), "10.0"] for bar in rows])
        timeframe = next((name for name, length in SECONDS.items() if str(length) == query["step"]), "3d")
        rows = self.bars(timeframe, int(query["start"]), int(query["end"]), limit)
        names = ("timestamp", "open", "high", "low", "close")
        ohlc = [dict(zip(names, map(str, bar), strict=True)) | {"volume": "10.0"} for bar in rows]
        return json.dumps({"data": {"pair": "BTC/USD", "ohlc": ohlc}})


def markets(path: str, listed: tuple[str, ...]) -> str:
    pairs = [pair.split("/") for pair in listed]
    if "exchangeInfo" in path:
        return json.dumps({"symbols": [
            {"symbol": base + quote, "status": "TRADING", "baseAsset": base, "quoteAsset": quote, "filters": [],
             "isSpotTradingAllowed": True, "permissions": ["SPOT"], "orderTypes": []} for base, quote in pairs
        ]})  # fmt: skip
    return json.dumps([
        {"name": f"{base}/{quote}", "market_symbol": f"{base}{quote}".lower(), "base_currency": base,
         "counter_currency": quote, "base_decimals": 8, "counter_decimals": 2, "trading": "Enabled",
         "minimum_order_value": "10", "market_type": "SPOT", "description": f"{base} / {quote}"}
        for base, quote in pairs
    ])  # fmt: skip


class Handler(QuietHandler):
    def do_GET(self) -> None:
        exchange: LocalExchange = self.server.vendor  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        exchange.headers.append(dict(self.headers))
        if "ohlc" in parts.path or "klines" in parts.path:
            first = int(query.get("start") or int(query["startTime"]) // 1000)
            timeframe = query.get("interval") or query["step"]
            exchange.times.append(time.monotonic())
            exchange.asked.append((timeframe, f"{pd.Timestamp(first, unit='s'):%Y-%m-%d %H:%M}"))
            given = exchange.first_answers.pop(0) if exchange.first_answers else exchange.answer
            answer = given or Answer(body=exchange.candles(parts.path, query))
        else:
            exchange.markets_asked += 1
            answer = exchange.answer or Answer(body=markets(parts.path, exchange.pairs))
        date = (
            exchange.date if exchange.date is not None else format_datetime(exchange.clock.to_pydatetime(), usegmt=True)
        )
        headers = {"Date": date} if date else {}
        if exchange.retry_after and answer.status >= 400:
            headers["Retry-After"] = exchange.retry_after
        self.send(answer, headers | {"Content-Type": "application/json"})


def hourly(address: str, symbol: str = "BTC/USD", **settings: object) -> CcxtSource:
    return CcxtSource("bitstamp", symbol, "1h", **{"start": "2024-03-01", **settings}).at(address)  # type: ignore[arg-type]


def three_hours_later(exchange: LocalExchange, today: Callable[[str], None]) -> None:
    for number, hour in enumerate(pd.date_range("2024-03-06 13:00", "2024-03-06 15:00", freq="h", tz="UTC")):
        exchange.closes[hour] = 233.0 + number
    exchange.clock = pd.Timestamp("2024-03-06 15:00", tz="UTC")
    today("2024-03-06 15:00")
