"""Closes of exchanges, through ccxt."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Self, get_args
from urllib.parse import quote

import pandas as pd

from cryptoforecast.data.argument_checks import require_choice, require_text
from cryptoforecast.data.cleaning.clean import RawRows
from cryptoforecast.data.series import CLOSE, CloseSeries, Gaps
from cryptoforecast.data.sources import vendor
from cryptoforecast.data.sources.bar_cache import BarCache, say_age
from cryptoforecast.data.sources.cached_feed import CachedFeed
from cryptoforecast.data.sources.days import Days
from cryptoforecast.data.sources.exchange_client import COLUMNS, Exchange
from cryptoforecast.data.sources.markets import one_symbol, same_market
from cryptoforecast.data.sources.source import Source, SourceUnavailable
from cryptoforecast.data.sources.timeframes import require_steps, step_of
from cryptoforecast.data.sources.vendor import require_vendor_columns, to_vendor_series
from cryptoforecast.data.times import say_duration, say_time
from cryptoforecast.errors import UserError

LARGEST_CLOCK_ERROR = pd.Timedelta("1min")  # by which a clock may be ahead without a note
LONGEST_SILENCE = pd.Timedelta("1D")  # without a bar and without a note


class CcxtSource(Source):
    """Closes of one market of an exchange, through ccxt and a cache on disk.

    Public candles are requested page by page, within the exchange's rate limit; no key is read or sent. Bars that are
    over are cached (in the user's cache folder, or in ``CRYPTOFORECAST_CACHE``), also those of a download that was
    interrupted. A later run requests new bars and the last few again; closes that the exchange has changed are
    reported. If it cannot be reached, the cached bars are used, and a note says how old they are.

    The package ccxt is needed: ``pip install "cryptoforecast[exchange]"``.

    Args:
        exchange: name as ccxt writes it: binance, kraken, coinbase.
        symbol: one market as ccxt writes it: BTC/USDT, or BTC/USDT:USDT for a contract settled in USDT. BTC-USDT and
            BTCUSDT are read as BTC/USDT.
        timeframe: time between bars as ccxt writes it: 1m, 1h, 1d, 1w; 1M is a month.
        start: first day wanted; by default the first that the exchange or the cache has.
        end: last day wanted, itself included; by default the last bar that is over.
        gaps: what missing bars mean: ``error`` refuses them; ``ffill`` repeats the last close before them; ``split``
            leaves them out, so that no window contains a gap. Many exchanges have no bar where nobody traded.
        refresh: whether all bars are fetched again, whatever is cached.

    Raises:
        UserError: if an argument cannot be used.

    >>> CcxtSource("binance", "BTC/USDT", "1h", start="2020-01-01").timeframe  # load() sends the requests
    '1h'
    """

    def __init__(
        self,
        exchange: str,
        symbol: str | list[str],
        timeframe: str,
        start: str | None = None,
        end: str | None = None,
        gaps: Gaps = "error",
        refresh: bool = False,
    ) -> None:
        require_text("data.source.exchange", exchange, "binance")
        if exchange is None or not exchange.strip():
            raise UserError("data.source.exchange is empty; name one as ccxt does, such as binance.")
        require_choice("data.source.gaps", gaps, get_args(Gaps))
        self._days = Days(start, end)
        self._step = step_of(timeframe)
        self.exchange = exchange.strip()
        self.symbol = one_symbol(symbol, "as ccxt does, such as BTC/USDT")
        self.timeframe = timeframe
        self.start = start
        self.end = end
        self.gaps = gaps
        self.refresh = refresh
        self._address: str | None = None

    def at(self, address: str) -> Self:
        """Send requests to another server than the exchange's, and return this source; no checkpoint keeps it.

        Args:
            address: scheme and host of a server with the exchange's API: ``http://localhost:8080``.
        """
        self._address = address
        return self

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """Load the closes up to the last bar that is over.

        Args:
            columns: names of further columns wanted: Open, High, Low, Volume.

        Raises:
            SourceUnavailable: if the exchange does not answer with prices and nothing is cached.
            UserError: if the exchange, the market or the timeframe does not exist, or bars are missing.
        """
        require_vendor_columns(self.exchange, columns)
        now, notes = vendor.present(), list[str]()
        client = _LazyExchange(self.exchange, self.timeframe, self._address)
        market = self._market(client, notes)
        feed = self._feed(client, market, now)
        fetched = feed.bars(notes)
        bars = self._days.select(fetched.bars, feed.symbol, feed.vendor)
        require_steps(market, self.exchange, self.timeframe, bars.index)
        notes += self._remarks(client, bars.index[-1], now)
        raw = RawRows(
            symbol=market,
            times=pd.DatetimeIndex(bars.index),
            values=bars[CLOSE].to_numpy(),
            source=type(self).__name__,
            notes=notes,
            others={name: bars[name].to_numpy() for name in columns},
            format=f"{self.exchange}, through ccxt",
            columns={"time": "timestamp", "close": CLOSE},
            interval=self._step,
        )
        return to_vendor_series(raw, self.gaps, now, fetched.fetched_at)

    def _market(self, client: "_LazyExchange", notes: list[str]) -> str:
        """The symbol of the market as ccxt writes it; nothing is requested if its bars are cached."""
        cached = BarCache(self._cache_folder, "", self._suffix, COLUMNS, "ccxt").symbols()
        if self.symbol in cached:
            return self.symbol
        try:
            market = client.exchange.find(self.symbol)
        except SourceUnavailable as unavailable:
            matching = [name for name in same_market(self.symbol, cached) if (":" in name) == (":" in self.symbol)]
            if len(matching) != 1:
                raise SourceUnavailable(f"{str(unavailable).rstrip('.')}, and nothing is cached.") from None
            return matching[0]
        if ":" in market and ":" not in self.symbol:
            notes.append(f"{self.exchange} has {self.symbol} as a contract only; {market} is used.")
        return market

    def _feed(self, client: "_LazyExchange", market: str, now: pd.Timestamp) -> CachedFeed:
        def pages(first: pd.Timestamp, after: pd.Timestamp) -> Iterator[pd.DataFrame]:
            return client.exchange.pages(market, first, after)

        return CachedFeed(
            vendor=self.exchange,
            symbol=market,
            cache=BarCache(self._cache_folder, market, self._suffix, COLUMNS, "ccxt"),
            step=self._step,
            earliest=vendor.FIRST_BLOCK,
            fetch=pages,
            days=self._days,
            refresh=self.refresh,
            now=now,
            in_pages=True,
        )

    def _remarks(self, client: "_LazyExchange", last: pd.Timestamp, now: pd.Timestamp) -> list[str]:
        """Notes on bars that were just fetched."""
        remarks = []
        if client.ahead(now) > LARGEST_CLOCK_ERROR:
            remarks.append(
                f"this machine's clock is {say_duration(client.ahead(now).floor('min'))} ahead of {self.exchange}'s; "
                "bars that are not over there were left out."
            )
        if (
            client.has_told_all
            and self.end is None
            and now > max(self._step.after(last, 3)[-1], self._step.after(last, 1)[0] + LONGEST_SILENCE)
        ):
            remarks.append(f"the last bar that {self.exchange} has is of {say_time(last)}, {say_age(now - last)}.")
        return remarks

    @property
    def _cache_folder(self) -> str:
        return f"exchanges/{quote(self.exchange, safe='')}"

    @property
    def _suffix(self) -> str:
        return self.timeframe.replace("M", "month")  # some file systems take 1m and 1M for one name


class _LazyExchange:
    """The exchange, created when it is first used: that imports ccxt."""

    def __init__(self, name: str, timeframe: str, address: str | None) -> None:
        self._arguments = name, timeframe, address
        self._was_used = False

    @cached_property
    def exchange(self) -> Exchange:
        self._was_used = True
        return Exchange(*self._arguments)

    @property
    def has_told_all(self) -> bool:
        """Whether bars were requested and all that the exchange has were received."""
        return self._was_used and self.exchange.has_told_all

    def ahead(self, now: pd.Timestamp) -> pd.Timedelta:
        """The time by which this machine's clock is ahead of the exchange's; 0 if it was not asked."""
        clock = self.exchange.first_clock if self._was_used else None
        return pd.Timedelta(0) if clock is None else now - clock
