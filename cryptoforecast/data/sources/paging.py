"""Candles asked for page by page, and across times without any."""

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
DAILY = "1d"  # the timeframe that tells on which days there was trading at all
OVERLAP = 2  # bars of a page that the next one holds as well


@dataclass
class Pager:
    """Bars of one market, asked for in pages.

    An exchange gives the first bars from some time on; some of them look for these in a window as long as a page, and
    find nothing there if nobody traded. Where that is so, daily bars tell when there was trading again, and since when
    the exchange keeps bars of this timeframe.

    Args:
        ask: gives the bars of a timeframe that open at some time or later, as many as fit on a page.
        timeframe: of the bars wanted.
        window: bars on a page.
        has_days: whether the exchange has daily bars.
        exchange: its name, for sentences.
        market: its symbol, for sentences.
    """

    ask: Ask
    timeframe: str
    window: int
    has_days: bool
    exchange: str
    market: str

    def __post_init__(self) -> None:
        """Find out how long a bar is."""
        self.step = step_of(self.timeframe)
        self.looks_at_days = self.has_days and isinstance(self.step, FixedStep) and self.step.duration < A_DAY
        self.days: dict[pd.Timestamp, float] | None = None

    def pages(
        self, first: pd.Timestamp, after: pd.Timestamp, now: Callable[[], pd.Timestamp]
    ) -> Iterator[pd.DataFrame]:
        """The bars from one time until before another, page by page, oldest first, none twice.

        Args:
            first: earliest opening wanted.
            after: no bar that opens then or later is wanted.
            now: gives the exchange's present.

        Raises:
            SourceUnavailable: if the exchange does not answer, or leaves days out on which there was trading.
            UserError: if it refuses.
        """
        since: pd.Timestamp | None = first
        known, begun = pd.DatetimeIndex([], tz="UTC"), False
        while since is not None and since < after:
            page = self._page_after(since, known)
            if len(page):
                yield page[page.index < after]
                known, begun = known.append(page.index)[-OVERLAP:], True
                since = known[0]
                upcoming = self.step.after(known[-1], 1)
                if upcoming[0] >= after or self.step.ends(upcoming)[0] > now():
                    return
            else:
                since, known = self._next_bar(self._after_window(since), after, begun), known[:0]

    def _page_after(self, since: pd.Timestamp, known: pd.DatetimeIndex) -> pd.DataFrame:
        """The bars of a page that are new; asked for twice, if there are none."""
        for _ in range(2):
            page = ask_again(lambda: self._page_that_goes_on(since, known))
            new = page[page.index > known[-1]] if len(known) else page
            if len(new):
                break
        return new

    def _page_that_goes_on(self, since: pd.Timestamp, known: pd.DatetimeIndex) -> pd.DataFrame:
        """A page that holds a bar of the one before, as the answer to another question would not."""
        page = self.ask(self.timeframe, since)
        if len(known) and not (len(page) and page.index[0] <= known[-1]):
            raise SourceUnavailable(
                f"{self.market}: {self.exchange} left out the bar of {say_time(known[-1])}, which it gave before."
            )
        return page

    def _next_bar(self, since: pd.Timestamp, after: pd.Timestamp, begun: bool) -> pd.Timestamp | None:
        """When the next bar opens; None if there is none.

        Raises:
            SourceUnavailable: if there was trading on a day of which the exchange gives no bars, but gave some before.
        """
        if since >= after:
            return None
        if not self.looks_at_days:
            return self._first_between(since, after)
        days = self._days_of_trading(since, after)
        if not begun:  # some exchanges keep short bars for a while only
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
        """The openings of daily bars with a volume that reach into a time; asked for once."""
        if self.days is None:
            self.days, at = {}, since - A_DAY
            while at < after:
                page = ask_again(lambda: self.ask(DAILY, at))  # noqa: B023 (called at once)
                self.days |= dict(zip(page.index, page["Volume"].to_list(), strict=True))
                at = page.index[-1] + A_DAY if len(page) else at + A_DAY * self.window
        return [day for day, volume in self.days.items() if volume != 0 and since < day + A_DAY and day < after]
