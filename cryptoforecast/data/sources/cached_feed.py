"""A vendor's bars through the cache: each is requested once, continued later, and compared with later answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from cryptoforecast.data.cleaning.grid import A_DAY
from cryptoforecast.data.interval import Interval
from cryptoforecast.data.series import CLOSE
from cryptoforecast.data.sources.bar_cache import (
    OVERLAP,
    BarCache,
    CachedBars,
    DamagedCache,
    first_to_ask_again,
    is_rescaled,
    merge,
    say_changes,
)
from cryptoforecast.data.sources.days import Days
from cryptoforecast.data.sources.source import SourceUnavailable
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

PAGES_AT_RISK = 100  # pages after which a download is cached first, and then after each fifth more

Fetch = Callable[[pd.Timestamp, pd.Timestamp], Iterable[pd.DataFrame]]


@dataclass(frozen=True)
class CachedFeed:
    """A vendor's bars of one symbol and interval, from the cache and from the vendor.

    Bars that are over are cached. Later only new bars and the last few are requested; those that the vendor has
    changed are reported. If it cannot be reached, the cached bars are used and a note says how old they are.

    Args:
        vendor: its name in messages.
        symbol: as the vendor writes it.
        cache: the file of the bars.
        step: time from the opening of one bar to that of the next.
        earliest: the first opening that can be requested.
        fetch: requests the bars that open from one time on and before another, and gives them page by page, oldest
            first; the last bar may not be over.
        days: the days wanted.
        refresh: whether all bars are fetched again, whatever is cached.
        now: the present.
        prices: the columns that a split or a dividend changes.
        close: the column whose changes are reported.
        always_all: whether bars depend on the time that they are requested from, so that all are requested each time.
        in_pages: whether bars come in pages, so that those before the cached ones are requested separately.
    """

    vendor: str
    symbol: str
    cache: BarCache
    step: Interval
    earliest: pd.Timestamp
    fetch: Fetch
    days: Days
    refresh: bool
    now: pd.Timestamp
    prices: tuple[str, ...] = (CLOSE,)
    close: str = CLOSE
    always_all: bool = False
    in_pages: bool = False

    def __post_init__(self) -> None:
        """Check that the first day is not in the future.

        Raises:
            UserError: if it is.
        """
        if self.days.first and self.days.first >= self.now:
            raise UserError(f"{self.symbol}: data.source.start is {self.days.start}, which is still to come.")

    def bars(self, notes: list[str]) -> CachedBars:
        """The cached bars and those that came since.

        Args:
            notes: a list to which sentences on the bars are added.

        Raises:
            SourceUnavailable: if the vendor cannot be reached and no bar that is wanted is cached.
            UserError: if the vendor refuses the request.
        """
        cached, damage = self._read()
        if cached and self._is_enough(cached):
            return cached
        try:
            bars = self._with_new_bars(cached, notes)
        except SourceUnavailable as unavailable:
            return self._cached_instead(damage, str(unavailable).rstrip("."), notes)
        except UserError as refusal:
            raise self._refused(cached, str(refusal)) from None
        if damage:
            notes.append(f"{damage}; the closes were fetched anew.")
        self._write(bars, notes)
        return bars

    def _read(self) -> tuple[CachedBars | None, str]:
        try:
            return self.cache.read(), ""
        except DamagedCache as problem:
            return None, str(problem)
        except OSError:  # no cache can be written here; noted when the bars are to be written
            return None, ""

    def _write(self, bars: CachedBars, notes: list[str]) -> None:
        try:
            self.cache.write(bars)
        except OSError as problem:
            notes.append(f"the closes could not be cached ({problem.strerror or problem}).")

    def _is_enough(self, cached: CachedBars) -> bool:
        """Whether all bars that are wanted and over are cached."""
        upcoming = self.step.after(cached.bars.index[-1], 1)
        complete = upcoming[0] >= self._after or self.step.ends(upcoming)[0] > self.now
        return not self.refresh and complete and cached.covered_from <= self._from

    def _with_new_bars(self, cached: CachedBars | None, notes: list[str]) -> CachedBars:
        first = self._from
        if cached is None:
            return CachedBars(self._fetch_some(first, self._after, None, notes), first, self.now)
        if self.in_pages and first < cached.covered_from and not self.refresh:
            cached = self._with_older_bars(cached, first, notes)
        old_bars = cached.bars
        after = max(self._after, self.step.after(old_bars.index[-1], 1)[0])
        from_beginning = max(min(first, cached.covered_from), self.earliest)
        if self.refresh or self.always_all or first < cached.covered_from:
            first = from_beginning
        else:
            first = max(first_to_ask_again(old_bars, self.step), from_beginning)
        new_bars = self._fetch_some(first, after, cached, notes)
        if first > from_beginning and is_rescaled(old_bars, new_bars, self.prices):
            new_bars = self._fetch_some(from_beginning, after, cached, notes)
        return self._joined(cached, new_bars, first, notes)

    def _with_older_bars(self, cached: CachedBars, first: pd.Timestamp, notes: list[str]) -> CachedBars:
        """The cached bars with those before them; only the cached ones if the vendor has changed the first of these."""
        old_bars = cached.bars
        both = old_bars.index[:OVERLAP]
        new_bars = self._fetch(first, self.step.after(both[-1], 1)[0], cached, notes)
        if not len(new_bars):  # the vendor has no such old bars any more
            return cached._replace(covered_from=first)
        if new_bars.index[-1] < both[0] or is_rescaled(old_bars, new_bars, self.prices):
            return cached
        bars = CachedBars(self._joined(cached, new_bars, first, notes).bars, first, cached.fetched_at)
        self._write(bars, notes)
        return bars

    def _joined(
        self, cached: CachedBars | None, new_bars: pd.DataFrame, first: pd.Timestamp, notes: list[str]
    ) -> CachedBars:
        if cached is None:
            return CachedBars(new_bars, first, self.now)
        if changes := say_changes(self.vendor, cached.bars, new_bars, self.close):
            notes.append(changes)
        return CachedBars(merge(cached.bars, new_bars), min(first, cached.covered_from), self.now)

    def _fetch(
        self, first: pd.Timestamp, after: pd.Timestamp, cached: CachedBars | None, notes: list[str]
    ) -> pd.DataFrame:
        """The bars that are over, fetched page by page; last bars without a close are left out."""
        pages: list[pd.DataFrame] = []
        due = PAGES_AT_RISK
        try:
            for page in self.fetch(first, after):
                pages.append(page)
                if len(pages) >= due:
                    self._keep_part(self._settled(pages, after), first, cached, [])
                    due = len(pages) * 5 // 4 + PAGES_AT_RISK
        except BaseException:  # also where the user stops it
            self._keep_part(self._settled(pages, after), first, cached, notes)
            raise
        return self._settled(pages, after)

    def _fetch_some(
        self, first: pd.Timestamp, after: pd.Timestamp, cached: CachedBars | None, notes: list[str]
    ) -> pd.DataFrame:
        bars = self._fetch(first, after, cached, notes)
        if not len(bars):
            raise UserError(f"{self.symbol}: no bar of {self.vendor}'s since {say_time(first)} is over.")
        return bars

    def _settled(self, pages: list[pd.DataFrame], after: pd.Timestamp) -> pd.DataFrame:
        if not pages:
            return pd.DataFrame(columns=list(self.cache.columns), index=pd.DatetimeIndex([], tz="UTC"), dtype="float64")
        bars = pd.concat(pages) if len(pages) > 1 else pages[0]
        bars = bars[(bars.index < after) & (self.step.ends(pd.DatetimeIndex(bars.index)) <= self.now)]
        return bars[: bars[CLOSE].last_valid_index()] if bars[CLOSE].notna().any() else bars[:0]

    def _keep_part(self, part: pd.DataFrame, first: pd.Timestamp, cached: CachedBars | None, notes: list[str]) -> None:
        """Cache the part of a download that has come, unless it would leave a gap after the cached bars."""
        if not len(part):
            return
        if cached is not None:
            goes_on = cached.bars.index[0] <= part.index[0] <= cached.bars.index[-1] < part.index[-1]
            if not goes_on or is_rescaled(cached.bars, part, self.prices):
                return
        self._write(self._joined(cached, part, first, notes), notes)

    def _cached_instead(self, damage: str, reason: str, notes: list[str]) -> CachedBars:
        cached, _ = self._read()  # again: bars of this download may be there by now
        if cached is None:
            raise SourceUnavailable(f"{reason}, and {damage or 'nothing is cached'}.")
        if self.refresh:
            raise SourceUnavailable(
                f"{reason}, and data.source.refresh asks for fresh closes; without it, those {cached.say(self.now)}, "
                "would be used."
            )
        index = cached.bars.index
        if not ((index >= self._from) & (index < self._after)).any():
            raise SourceUnavailable(f"{reason}, and nothing is cached of the days asked for.")
        since = f" and from {say_time(index[0])} on" if cached.covered_from > self._from else ""
        notes.append(f"{reason.removeprefix(f'{self.symbol}: ')}; using closes {cached.say(self.now)}{since}.")
        return cached

    def _refused(self, cached: CachedBars | None, refusal: str) -> UserError:
        """The refusal, with the ``data.source.end`` for which cached bars are enough, such as of a delisted coin."""
        if cached is None or self.refresh or cached.covered_from > self._from:
            return UserError(refusal)
        last = self.step.after(cached.bars.index[-1], 1)[0].normalize() - A_DAY  # the last day that is whole
        if last < max(cached.bars.index[0], self._from):
            return UserError(refusal)
        known = f"some are cached, and those are enough with data.source.end {say_time(last)}"
        return UserError(f"{refusal.rstrip('.')}; {known}.")

    @cached_property
    def _from(self) -> pd.Timestamp:
        """The time from which bars are wanted and can be requested."""
        return max(self.days.first or self.earliest, self.earliest)

    @cached_property
    def _after(self) -> pd.Timestamp:
        return self.now if self.days.last is None else min(self.days.last + A_DAY, self.now)
