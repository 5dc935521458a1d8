"""Bars that are asked for once: kept on disk, gone on with, compared with what the vendor says later."""

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

PAGES_AT_RISK = 100  # that a long download may lose when it is killed, beside a fifth of them

Fetch = Callable[[pd.Timestamp, pd.Timestamp], Iterable[pd.DataFrame]]


@dataclass(frozen=True)
class CachedFeed:
    """A vendor's bars of one symbol and interval, with those that the cache holds.

    Bars that are over are cached. New ones are asked for when some are over, and the last few again; those that the
    vendor has changed are reported. Where it cannot be reached, the cached bars are used, and their age is said.

    Args:
        vendor: its name, as sentences have it.
        symbol: as the vendor writes it.
        cache: where the bars are kept.
        step: time from the opening of one bar to that of the next.
        earliest: the first opening that the vendor can be asked for.
        fetch: asks the vendor for the bars that open from one time on and before another, and gives them page by
            page, oldest first; the last one may not be over.
        days: those wanted.
        refresh: whether all bars are fetched anew, whatever is cached.
        now: the present.
        prices: the columns that a split or a dividend changes.
        close: the column whose changes are reported.
        always_whole: whether bars depend on where the vendor is asked from, so that all are asked for each time.
        in_pages: whether many bars take many questions, so that those before the cached ones are asked for alone.
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
    always_whole: bool = False
    in_pages: bool = False

    def __post_init__(self) -> None:
        """See that the first day has come.

        Raises:
            UserError: if it has not.
        """
        if self.days.first and self.days.first >= self.now:
            raise UserError(f"{self.symbol}: data.source.start is {self.days.start}, which is still to come.")

    def bars(self, notes: list[str]) -> CachedBars:
        """The cached bars, and those that have come since.

        Args:
            notes: takes what there is to say about them.

        Raises:
            SourceUnavailable: if the vendor cannot be reached, and nothing that would do is cached.
            UserError: if the vendor refuses.
        """
        cached, damage = self._read()
        if cached and self._is_enough(cached):
            return cached
        try:
            held = self._with_new_bars(cached, notes)
        except SourceUnavailable as unavailable:
            return self._cached_instead(damage, str(unavailable).rstrip("."), notes)
        except UserError as refusal:
            raise self._refused(cached, str(refusal)) from None
        if damage:
            notes.append(f"{damage}; the closes were fetched anew.")
        self._write(held, notes)
        return held

    def _read(self) -> tuple[CachedBars | None, str]:
        try:
            return self.cache.read(), ""
        except DamagedCache as problem:
            return None, str(problem)
        except OSError:  # no cache can be kept here; said when the bars should be written
            return None, ""

    def _write(self, held: CachedBars, notes: list[str]) -> None:
        try:
            self.cache.write(held)
        except OSError as problem:
            notes.append(f"the closes could not be cached ({problem.strerror or problem}).")

    def _is_enough(self, cached: CachedBars) -> bool:
        """Whether the vendor could add nothing to the cached bars that is wanted and over."""
        upcoming = self.step.after(cached.bars.index[-1], 1)
        complete = upcoming[0] >= self._after or self.step.ends(upcoming)[0] > self.now
        return not self.refresh and complete and cached.covered_from <= self._from

    def _with_new_bars(self, cached: CachedBars | None, notes: list[str]) -> CachedBars:
        first = self._from
        if cached is None:
            return CachedBars(self._some(first, self._after, None, notes), first, self.now)
        if self.in_pages and first < cached.covered_from and not self.refresh:
            cached = self._with_older_bars(cached, first, notes)
        old = cached.bars
        after = max(self._after, self.step.after(old.index[-1], 1)[0])
        from_beginning = max(min(first, cached.covered_from), self.earliest)
        if self.refresh or self.always_whole or first < cached.covered_from:
            first = from_beginning
        else:
            first = max(first_to_ask_again(old, self.step), from_beginning)
        new = self._some(first, after, cached, notes)
        if first > from_beginning and is_rescaled(old, new, self.prices):
            new = self._some(from_beginning, after, cached, notes)
        return self._joined(cached, new, first, notes)

    def _with_older_bars(self, cached: CachedBars, first: pd.Timestamp, notes: list[str]) -> CachedBars:
        """The cached bars, and those before them; none of them, if the vendor now says otherwise of the first ones."""
        old = cached.bars
        both = old.index[:OVERLAP]
        new = self._fetched(first, self.step.after(both[-1], 1)[0], cached, notes)
        if not len(new):  # it no longer has bars so old
            return cached._replace(covered_from=first)
        if new.index[-1] < both[0] or is_rescaled(old, new, self.prices):
            return cached
        held = CachedBars(self._joined(cached, new, first, notes).bars, first, cached.fetched_at)
        self._write(held, notes)
        return held

    def _joined(
        self, cached: CachedBars | None, new: pd.DataFrame, first: pd.Timestamp, notes: list[str]
    ) -> CachedBars:
        if cached is None:
            return CachedBars(new, first, self.now)
        if changes := say_changes(self.vendor, cached.bars, new, self.close):
            notes.append(changes)
        return CachedBars(merge(cached.bars, new), min(first, cached.covered_from), self.now)

    def _fetched(
        self, first: pd.Timestamp, after: pd.Timestamp, cached: CachedBars | None, notes: list[str]
    ) -> pd.DataFrame:
        """Bars that are over. Some have no close yet when they are stamped; the last ones without do not count."""
        pages: list[pd.DataFrame] = []
        due = PAGES_AT_RISK
        try:
            for page in self.fetch(first, after):
                pages.append(page)
                if len(pages) >= due:
                    self._keep_part(self._settled(pages, after), first, cached, [])
                    due = len(pages) * 5 // 4 + PAGES_AT_RISK
        except BaseException:  # the user may have had enough of waiting, too
            self._keep_part(self._settled(pages, after), first, cached, notes)
            raise
        return self._settled(pages, after)

    def _some(
        self, first: pd.Timestamp, after: pd.Timestamp, cached: CachedBars | None, notes: list[str]
    ) -> pd.DataFrame:
        bars = self._fetched(first, after, cached, notes)
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
        """Cache what has come of a long answer, if it goes on where the cached bars end; else it would leave a hole."""
        if not len(part):
            return
        if cached is not None:
            goes_on = cached.bars.index[0] <= part.index[0] <= cached.bars.index[-1] < part.index[-1]
            if not goes_on or is_rescaled(cached.bars, part, self.prices):
                return
        self._write(self._joined(cached, part, first, notes), notes)

    def _cached_instead(self, damage: str, reason: str, notes: list[str]) -> CachedBars:
        cached, _ = self._read()  # again: the bars that came before the vendor fell silent are there
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
        """A coin that was delisted can still be read from the cache, if its end is said."""
        if cached is None or self.refresh or cached.covered_from > self._from:
            return UserError(refusal)
        last = self.step.after(cached.bars.index[-1], 1)[0].normalize() - A_DAY  # the last day that is whole
        if last < max(cached.bars.index[0], self._from):
            return UserError(refusal)
        known = f"some are cached, and data.source.end {say_time(last)} makes do with them"
        return UserError(f"{refusal.rstrip('.')}; {known}.")

    @cached_property
    def _from(self) -> pd.Timestamp:
        """The first day wanted, or the first that the vendor serves."""
        return max(self.days.first or self.earliest, self.earliest)

    @cached_property
    def _after(self) -> pd.Timestamp:
        return self.now if self.days.last is None else min(self.days.last + A_DAY, self.now)
