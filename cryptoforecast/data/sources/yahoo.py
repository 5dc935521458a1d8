"""Closes from Yahoo Finance."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Self, get_args

import pandas as pd

from cryptoforecast.data.checks import require_choice
from cryptoforecast.data.rows import RawRows, to_close_series
from cryptoforecast.data.series import CLOSE, FURTHER_COLUMNS, VOLUME, CloseSeries, Gaps
from cryptoforecast.data.sources.source import Source, SourceUnavailable
from cryptoforecast.data.sources.yahoo_cache import (
    CachedBars,
    DamagedCache,
    first_to_ask_again,
    is_rescaled,
    merge,
    read_cache,
    say_changes,
    write_cache,
)
from cryptoforecast.data.sources.yahoo_client import A_DAY, LENGTHS, earliest, fetch, one_symbol
from cryptoforecast.data.times import say_duration, say_time, to_utc
from cryptoforecast.errors import UserError

ADJUSTED_CLOSE = "Adj Close"


class YahooSource(Source):
    """Closes of one symbol, through yfinance, kept on disk so that each bar is asked for once.

    Bars that are over are cached (in the user's cache folder, or the one that CRYPTOFORECAST_CACHE names). A later
    run asks for new bars only, and for the last few again; those that Yahoo has changed are reported. Where Yahoo
    cannot be reached, the cached bars are used, and their age is said.

    Args:
        symbol: one symbol as Yahoo writes it: BTC-USD, ETH-USD.
        start: first day wanted; by default as far back as Yahoo goes, or the cache.
        end: last day wanted, itself included; by default the last bar that is over.
        interval: time between bars as Yahoo writes it: 1d, 1h, 5m.
        gaps: what to do about missing bars: ``error``, ``ffill`` to repeat the last close before them, or ``split``
            to leave them out, so that no window straddles them.
        adjusted: take closes adjusted for dividends and splits; coins have neither.
        refresh: fetch all bars anew, whatever is cached.

    >>> YahooSource("BTC-USD", start="2020-01-01", interval="1h").interval  # load() asks Yahoo
    '1h'
    """

    gone_arguments = ("session",)  # older checkpoints hold them, as None

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
        first, last = _day(start, "data.source.start"), _day(end, "data.source.end")
        if first and last and first > last:
            raise UserError(f"data.source.start is {start}, which is after data.source.end, {end}.")
        if not isinstance(interval, str) or interval not in LENGTHS:
            raise UserError(f"data.source.interval is {interval!r}; Yahoo Finance has {', '.join(LENGTHS)}.")
        self.symbol = one_symbol(symbol)
        self.start = start
        self.end = end
        self.interval = interval
        self.gaps = gaps
        self.adjusted = adjusted
        self.refresh = refresh
        self._session: Any = None
        self._first, self._last = first, last

    def through(self, session: Any) -> Self:
        """This source, asking through another session than yfinance's own; no checkpoint keeps it.

        Args:
            session: of requests or curl_cffi.
        """
        self._session = session
        return self

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """The closes up to the last bar that is over.

        Raises:
            SourceUnavailable: if Yahoo does not answer, or not with prices, and nothing is cached.
            UserError: if Yahoo does not know the symbol, or has gaps in it.
        """
        for name in columns:
            if name not in FURTHER_COLUMNS:
                raise UserError(f"Yahoo Finance has no {name}; data.columns takes {', '.join(FURTHER_COLUMNS)}.")
        now, notes = _now(), list[str]()
        if self._first and self._first >= now:
            raise UserError(f"{self.symbol}: data.source.start is {self.start}, which is still to come.")
        held = self._bars(now, notes)
        bars = self._wanted(held.bars)
        if self._first and self._first < min(earliest(self.interval, now), held.covered_from):
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
            format="Yahoo Finance",
            columns={"time": "timestamp", "close": close},
        )
        series = to_close_series(raw, self.gaps, now)
        used = replace(series.provenance, retrieved_at=held.fetched_at.isoformat(timespec="seconds"))
        if self.adjusted:
            used = replace(used, notes=(*used.notes, "closes are adjusted for dividends and splits."))
        return series._replace(provenance=used)

    def _bars(self, now: pd.Timestamp, notes: list[str]) -> CachedBars:
        """The cached bars, and those that have come since."""
        damage = ""
        try:
            cached = read_cache(self.symbol, self.interval)
        except DamagedCache as problem:
            cached, damage = None, str(problem)
        except OSError:  # no cache can be kept here; said when the bars should be written
            cached = None
        if cached and self._is_enough(cached, now):
            return cached
        try:
            held = self._with_new_bars(cached, now, notes)
        except SourceUnavailable as unavailable:
            return self._cached_instead(cached, damage, str(unavailable).rstrip("."), now, notes)
        except UserError as refusal:
            raise self._refused(cached, str(refusal), now) from None
        if damage:
            notes.append(f"{damage}; the closes were fetched anew.")
        try:
            write_cache(self.symbol, self.interval, held)
        except OSError as problem:
            notes.append(f"the closes could not be cached ({problem.strerror or problem}).")
        return held

    def _is_enough(self, cached: CachedBars, now: pd.Timestamp) -> bool:
        """Whether Yahoo could add nothing to the cached bars that is wanted and over."""
        upcoming, length = cached.bars.index[-1] + LENGTHS[self.interval], LENGTHS[self.interval]
        complete = upcoming >= self._after(now) or upcoming + length > now
        return not self.refresh and complete and cached.covered_from <= self._from(now)

    def _with_new_bars(self, cached: CachedBars | None, now: pd.Timestamp, notes: list[str]) -> CachedBars:
        first = self._from(now)
        if cached is None:
            return CachedBars(self._fetch(first, self._after(now), now), first, now)
        old, length = cached.bars, LENGTHS[self.interval]
        after = max(self._after(now), old.index[-1] + length)
        whole = max(min(first, cached.covered_from), earliest(self.interval, now))
        if self.refresh or first < cached.covered_from or length > A_DAY:  # weeks may begin where Yahoo is asked from
            first = whole
        else:
            first = max(first_to_ask_again(old, length), whole)
        new = self._fetch(first, after, now)
        if first > whole and is_rescaled(old, new):
            new = self._fetch(whole, after, now)
        if changes := say_changes(old, new, ADJUSTED_CLOSE if self.adjusted else CLOSE):
            notes.append(changes)
        return CachedBars(merge(old, new), min(first, cached.covered_from), now)

    def _fetch(self, first: pd.Timestamp, after: pd.Timestamp, now: pd.Timestamp) -> pd.DataFrame:
        """Bars that are over. Yahoo stamps one before it has its close; the last ones without a close do not count."""
        bars = fetch(self.symbol, self.interval, first, after, self._session)
        bars = bars[(bars.index < after) & (bars.index + LENGTHS[self.interval] <= now)]
        bars = bars[: bars[CLOSE].last_valid_index()] if bars[CLOSE].notna().any() else bars[:0]
        if not len(bars):
            raise UserError(f"{self.symbol}: no bar of Yahoo Finance's since {say_time(first)} is over.")
        return bars

    def _cached_instead(
        self, cached: CachedBars | None, damage: str, reason: str, now: pd.Timestamp, notes: list[str]
    ) -> CachedBars:
        if cached is None:
            raise SourceUnavailable(f"{reason}, and {damage or 'nothing is cached'}.")
        if self.refresh:
            raise SourceUnavailable(
                f"{reason}, and data.source.refresh asks for fresh closes; without it, those {cached.say(now)}, "
                "would be used."
            )
        index = cached.bars.index
        if not ((index >= self._from(now)) & (index < self._after(now))).any():
            raise SourceUnavailable(f"{reason}, and nothing is cached of the days asked for.")
        since = f" and from {say_time(index[0])} on" if cached.covered_from > self._from(now) else ""
        notes.append(f"{reason.removeprefix(f'{self.symbol}: ')}; using closes {cached.say(now)}{since}.")
        return cached

    def _refused(self, cached: CachedBars | None, refusal: str, now: pd.Timestamp) -> UserError:
        """A coin that was delisted can still be read from the cache, if its end is said."""
        if cached is None or self.refresh or cached.covered_from > self._from(now):
            return UserError(refusal)
        last = say_time(cached.bars.index[-1].normalize())
        return UserError(f"{refusal.rstrip('.')}; some are cached, and data.source.end {last} makes do with them.")

    def _wanted(self, bars: pd.DataFrame) -> pd.DataFrame:
        wanted = bars.loc[self._first : self._last and self._last + A_DAY - pd.Timedelta(1)]
        if not len(wanted):
            first, last = say_time(bars.index[0]), say_time(bars.index[-1])
            raise UserError(
                f"{self.symbol}: Yahoo Finance has closes from {first} to {last}, and none between "
                f"data.source.start ({self.start or first}) and data.source.end ({self.end or last})."
            )
        return wanted

    def _further(self, bars: pd.DataFrame, name: str) -> pd.Series:
        if self.adjusted and name != VOLUME:
            return bars[name] * (bars[ADJUSTED_CLOSE] / bars[CLOSE])
        return bars[name]

    def _from(self, now: pd.Timestamp) -> pd.Timestamp:
        """The first day wanted, or the first that Yahoo serves."""
        reach = earliest(self.interval, now)
        return max(self._first or reach, reach)

    def _after(self, now: pd.Timestamp) -> pd.Timestamp:
        return now if self._last is None else min(self._last + A_DAY, now)


def _day(date: str | None, setting: str) -> pd.Timestamp | None:
    return None if date is None else to_utc(date, setting).normalize()


def _now() -> pd.Timestamp:
    return pd.Timestamp.now("UTC")
