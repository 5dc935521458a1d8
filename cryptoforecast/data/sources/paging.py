"""Candles requested page by page, and across times without candles."""

import bisect
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pandas as pd

from cryptoforecast.data.cleaning.grid import A_DAY
from cryptoforecast.data.interval import FixedStep
from cryptoforecast.data.sources.retries import ask_again
from cryptoforecast.data.sources.source import SourceUnavailable
from cryptoforecast.data.sources.timeframes import step_of
from cryptoforecast.data.times import say_time

Ask = Callable[[str, pd.Timestamp], pd.DataFrame]
DAILY = "1d"  # the timeframe of bars that tell on which days there was trading
PAGE_OVERLAP = 2  # last bars of a page that the next one has as well


@dataclass
class Pager:
    """Bars of one market, requested in pages.

    An exchange gives the first bars from a time on. Some look for them only within the length of a page, and give none
    if nobody traded then. In that case daily bars tell when trading went on, and since when the exchange keeps bars of
    this timeframe.

    Args:
        ask: requests the bars of a timeframe that open at a time or later, as many as fit on a page.
        timeframe: of the bars wanted.
        window: bars on a page.
        has_days: whether the exchange has daily bars.
        exchange: its name, for messages.
        market: its symbol, for messages.
    """

    ask: Ask
    timeframe: str
    window: int
    has_days: bool
    exchange: str
    market: str

    def __post_init__(self) -> None:
        """Set the length of a bar."""
        self.step = step_of(self.timeframe)
        self.looks_at_days = self.has_days and isinstance(self.step, FixedStep) and self.step.duration < A_DAY
        self.days: dict[pd.Timestamp, float] | None = None

    def pages(
        self, first: pd.Timestamp, after: pd.Timestamp, now: Callable[[], pd.Timestamp]
    ) -> Iterator[pd.DataFrame]:
        """The bars from one time until before another, page by page, oldest first, each once.

        Args:
            first: earliest opening wanted.
            after: no bar that opens then or later is wanted.
            now: returns the time of the exchange's clock.

        Raises:
            SourceUnavailable: if the exchange does not answer, or leaves out days on which there was trading.
            UserError: if it refuses the request.
        """
        since: pd.Timestamp | None = first
        known_times, has_begun = pd.DatetimeIndex([], tz="UTC"), False
        while since is not None and since < after:
            page = self._page_after(since, known_times)
            if len(page):
                yield page[page.index < after]
                known_times, has_begun = known_times.append(page.index)[-PAGE_OVERLAP:], True
                since = known_times[0]
                upcoming = self.step.after(known_times[-1], 1)
                if upcoming[0] >= after or self.step.ends(upcoming)[0] > now():
                    return
            else:
                since = self._next_bar(self._unasked(since, known_times), after, has_begun)
                known_times = known_times[:0]

    def _unasked(self, since: pd.Timestamp, known_times: pd.DatetimeIndex) -> pd.Timestamp:
        """The first time that neither a page from ``since`` on nor a known bar has answered for."""
        after_window = self._after_window(since)
        return max(after_window, self.step.after(known_times[-1], 1)[0]) if len(known_times) else after_window

    def _page_after(self, since: pd.Timestamp, known_times: pd.DatetimeIndex) -> pd.DataFrame:
        """The new bars of a page, which is requested twice if it has none."""
        for _ in range(2):
            page = ask_again(lambda: self._page_with_overlap(since, known_times))
            new_bars = page[page.index > known_times[-1]] if len(known_times) else page
            if len(new_bars):
                break
        return new_bars

    def _page_with_overlap(self, since: pd.Timestamp, known_times: pd.DatetimeIndex) -> pd.DataFrame:
        """A page, checked to have a bar of the page before.

        Raises:
            SourceUnavailable: if it has none, as an answer to another request would.
        """
        page = self.ask(self.timeframe, since)
        if len(known_times) and not (len(page) and page.index[0] <= known_times[-1]):
            raise SourceUnavailable(
                f"{self.market}: {self.exchange} left out the bar of {say_time(known_times[-1])}, which it gave before."
            )
        return page

    def _next_bar(self, since: pd.Timestamp, after: pd.Timestamp, has_begun: bool) -> pd.Timestamp | None:
        """The opening of the next bar; None if there is none.

        Raises:
            SourceUnavailable: if there was trading on a day of which the exchange gives no bars, but gave some before.
        """
        if since >= after:
            return None
        if not self.looks_at_days:
            return self._first_between(since, after)
        days = self._days_of_trading(since, after)
        if not has_begun:  # some exchanges keep short bars for a limited time
            days = days[bisect.bisect_left(days, True, key=lambda day: self._first_of(day, since, after) is not None) :]
        for day in days:
            found = self._first_of(day, since, after)
            if found is not None:
                return found
            if day >= since and day + A_DAY <= after:
                raise SourceUnavailable(
                    f"{self.market}: {self.exchange} gives no {self.timeframe} bars of {say_time(day)}, though its "
                    "daily bar has a volume."
                )
        return None

    def _first_of(self, day: pd.Timestamp, since: pd.Timestamp, after: pd.Timestamp) -> pd.Timestamp | None:
        return self._first_between(max(day, since), min(day + A_DAY, after))

    def _first_between(self, since: pd.Timestamp, after: pd.Timestamp) -> pd.Timestamp | None:
        while since < after:
            page = ask_again(lambda: self.ask(self.timeframe, since))  # noqa: B023 (called at once)
            if len(page):
                return page.index[0] if page.index[0] < after else None
            since = self._after_window(since)
        return None

    def _after_window(self, since: pd.Timestamp) -> pd.Timestamp:
        return self.step.after(since, self.window)[-1]

    def _days_of_trading(self, since: pd.Timestamp, after: pd.Timestamp) -> list[pd.Timestamp]:
        """The openings of daily bars with a volume that overlap a range of time; requested once."""
        if self.days is None:
            self.days, at = {}, since - A_DAY
            while at < after:
                page = ask_again(lambda: self.ask(DAILY, at))  # noqa: B023 (called at once)
                self.days |= dict(zip(page.index, page["Volume"].to_list(), strict=True))
                at = page.index[-1] + A_DAY if len(page) else at + A_DAY * self.window
        return [day for day, volume in self.days.items() if volume != 0 and since < day + A_DAY and day < after]
