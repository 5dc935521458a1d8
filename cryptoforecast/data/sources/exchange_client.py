"""The public candles of an exchange, requested through ccxt."""

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pandas as pd

from cryptoforecast.data.sources.exchange_errors import explain, unavailable
from cryptoforecast.data.sources.markets import find_market, nearest
from cryptoforecast.data.sources.paging import DAILY, Pager
from cryptoforecast.data.sources.retries import ask_again
from cryptoforecast.data.sources.source import SourceUnavailable
from cryptoforecast.data.sources.timeframes import step_of
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

COLUMNS = ("Open", "High", "Low", "Close", "Volume")
PAGE_SIZE = 100  # bars, where ccxt does not know how many an exchange gives
LONGEST_PAGE = pd.Timedelta("7300D")  # the end of a longer one is later than pandas can count
TIMEOUT = 10_000  # milliseconds for one answer
LONGEST_WAIT = 60  # seconds of a Retry-After that is obeyed; some exchanges block clients that are quicker
CCXT_IS_MISSING = 'CcxtSource takes the package ccxt, which is not installed: pip install "cryptoforecast[exchange]".'

T = TypeVar("T")


class Exchange:
    """An exchange whose public candles are requested within its rate limit and without a key.

    Args:
        name: as ccxt writes it.
        timeframe: time between bars as ccxt writes it.
        address: scheme and host of a server in place of the exchange's.

    Raises:
        UserError: if ccxt is not installed, or the exchange or its timeframe does not exist.
    """

    def __init__(self, name: str, timeframe: str, address: str | None = None) -> None:
        ccxt = _ccxt()
        if name not in ccxt.exchanges:
            proposed = nearest(name, ccxt.exchanges) or f"one of {len(ccxt.exchanges)}, such as kraken or binance"
            raise UserError(f"data.source.exchange is {name!r}, which ccxt does not know; it may be {proposed}.")
        self.name, self.timeframe = name, timeframe
        self.api = getattr(ccxt, name)({"enableRateLimit": True, "timeout": TIMEOUT, "enableLastJsonResponse": True})
        self.clock: pd.Timestamp | None = None  # the exchange's time when it answered last
        self.first_clock: pd.Timestamp | None = None
        self.has_told_all = False  # that was requested
        timeframes = (self.api.timeframes or {}) if self.api.has.get("fetchOHLCV") is True else {}
        if not timeframes:
            raise UserError(f"data.source.exchange is {name!r}, which has no candles; choose another.")
        if timeframe not in timeframes:
            raise UserError(f"data.source.timeframe is {timeframe!r}; {name} has {', '.join(timeframes)}.")
        if address is not None:
            self.api.urls["api"] = _at(address, self.api.urls["api"])

    def find(self, symbol: str) -> str:
        """The symbol of a market as ccxt writes it.

        Raises:
            SourceUnavailable: if the exchange does not list its markets.
            UserError: if it has no such market, or several.
        """
        all_types = self.api.options.get("fetchMarkets")
        spot_alone = not self.api.markets and ":" not in symbol and "spot" in _types(all_types)
        if spot_alone:
            self.api.options["fetchMarkets"] = {**all_types, "types": ["spot"]}  # contracts are many more
        if not self.api.markets:
            ask_again(lambda: self._load_markets(symbol))
        try:
            return find_market(self.name, symbol, self.api.markets)
        except UserError:
            if not spot_alone:
                raise
        self.api.options["fetchMarkets"] = all_types
        ask_again(lambda: self._load_markets(symbol))
        return find_market(self.name, symbol, self.api.markets)

    def pages(self, market: str, first: pd.Timestamp, after: pd.Timestamp) -> Iterator[pd.DataFrame]:
        """The bars that are over by the exchange's clock, page by page, oldest first.

        Args:
            market: symbol as ccxt has it.
            first: earliest opening wanted.
            after: no bar that opens then or later is wanted.

        Yields:
            COLUMNS as float64 on an increasing UTC index in nanoseconds, no bar twice.

        Raises:
            SourceUnavailable: if the exchange does not answer with bars.
            UserError: if it refuses the request.
        """
        market = self.find(market)
        step, limit = step_of(self.timeframe), self.api.feature_value(market, "fetchOHLCV", "limit") or PAGE_SIZE
        limit = max(2, min(limit, LONGEST_PAGE // pd.Timedelta(seconds=self.api.parse_timeframe(self.timeframe))))
        pager = Pager(
            ask=lambda timeframe, since: self._page(market, timeframe, since, limit),
            timeframe=self.timeframe,
            window=limit,
            has_days=DAILY in self.api.timeframes,
            exchange=self.name,
            market=market,
        )
        for page in pager.pages(first, after, lambda: self.clock or after):
            yield page[step.ends(page.index) <= self.clock] if self.clock else page
        self.has_told_all = True

    def _page(self, market: str, timeframe: str, since: pd.Timestamp, limit: int) -> pd.DataFrame:
        rows = self._request(market, lambda: self.api.fetch_ohlcv(market, timeframe, since.value // 10**6, limit))
        try:
            times = pd.to_datetime([int(row[0]) for row in rows], unit="ms", utc=True).as_unit("ns")
            page = pd.DataFrame([row[1:6] for row in rows], times, list(COLUMNS), dtype="float64")
        except (ValueError, TypeError, LookupError) as problem:
            raise explain(self.name, market, problem) from None
        page = page[~page.reset_index().duplicated().to_numpy()].sort_index()
        if not page.index.is_unique:
            raise unavailable(self.name, market, f"gave two bars of {say_time(page.index[page.index.duplicated()][0])}")
        return page

    def _request(self, symbol: str, ask: Callable[[], T], of_candles: bool = True) -> T:
        self.api.last_http_response = self.api.last_json_response = self.api.last_response_headers = None
        try:
            answer = ask()
        except Exception as problem:  # ccxt raises whatever its parsers raise
            error = explain(self.name, symbol, problem, of_candles)
            if isinstance(error, SourceUnavailable):
                self._wait_as_asked()
            raise error from None
        if self.api.last_json_response is None and self.api.last_http_response is not None:
            sent = self.api.last_http_response.lstrip()
            what = "a web page" if sent.startswith("<") else "an answer that is not JSON" if sent else "an empty answer"
            raise unavailable(self.name, symbol, f"sent {what} instead of prices")
        headers: Any = self.api.last_response_headers or {}
        with contextlib.suppress(ValueError, TypeError):  # no time in the answer, or none with a zone
            self.clock = pd.Timestamp(parsedate_to_datetime(headers.get("Date", ""))).tz_convert("UTC")
            self.first_clock = self.first_clock or self.clock
        return answer

    def _load_markets(self, symbol: str) -> None:
        if not self._request(symbol, lambda: self.api.load_markets(True), of_candles=False):
            raise unavailable(self.name, symbol, "does not say which markets it has")

    def _wait_as_asked(self) -> None:
        seconds = str((self.api.last_response_headers or {}).get("Retry-After", ""))
        if seconds.isdigit() and int(seconds) <= LONGEST_WAIT:
            time.sleep(int(seconds))


def _ccxt() -> Any:
    try:
        return import_module("ccxt")
    except ModuleNotFoundError as problem:
        if problem.name != "ccxt":
            raise
        raise UserError(CCXT_IS_MISSING) from None


def _types(markets: Any) -> Sequence[str]:
    """The types of market, such as spot, that ccxt can request separately."""
    return markets.get("types") or () if isinstance(markets, dict) else ()


def _at(address: str, urls: Any) -> Any:
    """The URLs with another scheme and host."""
    if isinstance(urls, dict):
        return {name: _at(address, url) for name, url in urls.items()}
    return urlunsplit((*urlsplit(address)[:2], *urlsplit(urls)[2:])) if isinstance(urls, str) else urls
