"""Closes from Yahoo Finance."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self, get_args

import pandas as pd

from cryptoforecast.data.argument_checks import require_choice
from cryptoforecast.data.cleaning.clean import RawRows
from cryptoforecast.data.cleaning.grid import A_DAY
from cryptoforecast.data.interval import as_interval
from cryptoforecast.data.series import CLOSE, VOLUME, CloseSeries, Gaps
from cryptoforecast.data.sources import vendor
from cryptoforecast.data.sources.bar_cache import BarCache
from cryptoforecast.data.sources.cached_feed import CachedFeed
from cryptoforecast.data.sources.days import Days
from cryptoforecast.data.sources.markets import one_symbol
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.sources.vendor import require_vendor_columns, to_vendor_series
from cryptoforecast.data.sources.yahoo_client import BAR_LENGTHS, COLUMNS, earliest, fetch
from cryptoforecast.data.times import say_duration
from cryptoforecast.errors import UserError

VENDOR, ADJUSTED_CLOSE = "Yahoo Finance", "Adj Close"


class YahooSource(Source):
    """Closes of one symbol of Yahoo Finance, through yfinance and a cache on disk.

    Bars that are over are cached (in the user's cache folder, or in ``CRYPTOFORECAST_CACHE``). A later run requests new
    bars and the last few again; closes that Yahoo has changed are reported. If Yahoo cannot be reached, the cached bars
    are used, and a note says how old they are.

    Args:
        symbol: one symbol as Yahoo writes it: BTC-USD, ETH-USD.
        start: first day wanted; by default the first that Yahoo or the cache has.
        end: last day wanted, itself included; by default the last bar that is over.
        interval: time between bars as Yahoo writes it: 1d, 1h, 5m.
        gaps: what missing bars mean: ``error`` refuses them; ``sessions`` takes the bars that there are as the
            calendar of a market that closes (its coming holidays are not known); ``ffill`` repeats the last close
            before them; ``split`` leaves them out, so that no window contains a gap.
        adjusted: whether closes are adjusted for dividends and splits; coins have neither.
        refresh: whether all bars are fetched again, whatever is cached.

    Raises:
        UserError: if an argument cannot be used.

    >>> YahooSource("BTC-USD", start="2020-01-01", interval="1h").interval  # load() sends the requests
    '1h'
    """

    gone_arguments = ("session",)  # in older checkpoints, as None

    def __init__(
        self,
        symbol: str | list[str],
        start: str | None = None,
        end: str | None = None,
        interval: str = "1d",
        gaps: Gaps = "error",
        adjusted: bool = False,
        refresh: bool = False,
    ) -> None:
        require_choice("data.source.gaps", gaps, get_args(Gaps))
        self._days = Days(start, end)
        if not isinstance(interval, str) or interval not in BAR_LENGTHS:
            raise UserError(f"data.source.interval is {interval!r}; Yahoo Finance has {', '.join(BAR_LENGTHS)}.")
        self.symbol = one_symbol(symbol, "as Yahoo does, such as BTC-USD")
        self.start = start
        self.end = end
        self.interval = interval
        self.gaps = gaps
        self.adjusted = adjusted
        self.refresh = refresh
        self._session: Any = None

    def through(self, session: Any) -> Self:
        """Send requests through a session in place of yfinance's, and return this source; no checkpoint keeps it.

        Args:
            session: of requests or curl_cffi.
        """
        self._session = session
        return self

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """Load the closes up to the last bar that is over.

        Args:
            columns: names of further columns wanted: Open, High, Low, Volume.

        Raises:
            SourceUnavailable: if Yahoo does not answer with prices and nothing is cached.
            UserError: if Yahoo does not know the symbol, or bars are missing.
        """
        require_vendor_columns(VENDOR, columns)
        now, notes = vendor.present(), list[str]()
        feed = self._feed(now)
        cached = feed.bars(notes)
        bars = self._days.select(cached.bars, feed.symbol, feed.vendor)
        if self._days.first and self._days.first < min(earliest(self.interval, now), cached.covered_from):
            reach = say_duration(now.floor("D") - earliest(self.interval, now))
            notes.append(f"Yahoo Finance has {self.interval} bars of the last {reach} only, not since {self.start}.")
        close = ADJUSTED_CLOSE if self.adjusted else CLOSE
        raw = RawRows(
            symbol=self.symbol,
            times=pd.DatetimeIndex(bars.index),
            values=bars[close].to_numpy(),
            source=type(self).__name__,
            notes=notes,
            others={name: self._further(bars, name).to_numpy() for name in columns},
            format=VENDOR,
            columns={"time": "timestamp", "close": close},
        )
        series = to_vendor_series(raw, self.gaps, now, cached.fetched_at)
        if not self.adjusted:
            return series
        notes_used = (*series.provenance.notes, "closes are adjusted for dividends and splits.")
        return series._replace(provenance=replace(series.provenance, notes=notes_used))

    def _feed(self, now: pd.Timestamp) -> CachedFeed:
        step = BAR_LENGTHS[self.interval]
        return CachedFeed(
            vendor=VENDOR,
            symbol=self.symbol,
            cache=yahoo_cache(self.symbol, self.interval),
            step=as_interval(step),
            earliest=earliest(self.interval, now),
            fetch=lambda first, after: [fetch(self.symbol, self.interval, first, after, self._session)],
            days=self._days,
            refresh=self.refresh,
            now=now,
            prices=(CLOSE, ADJUSTED_CLOSE),
            close=ADJUSTED_CLOSE if self.adjusted else CLOSE,
            always_all=step > A_DAY,  # weeks may begin where Yahoo is asked from
        )

    def _further(self, bars: pd.DataFrame, name: str) -> pd.Series:
        if self.adjusted and name != VOLUME:
            return bars[name] * (bars[ADJUSTED_CLOSE] / bars[CLOSE])
        return bars[name]


def yahoo_cache(symbol: str, interval: str) -> BarCache:
    """The cache of a symbol's bars, in upper or lower case."""
    return BarCache("yahoo", symbol.upper(), interval, COLUMNS, "yfinance")
