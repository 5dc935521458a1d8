"""Months and weeks of the calendar, which are no number of days, as steps from one bar to the next."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cryptoforecast.data.interval import A_DAY, Interval
from cryptoforecast.data.times import say_duration

A_WEEK = 7 * A_DAY  # nanoseconds
MONDAY = 4 * A_DAY  # the first one since 1970
NAMES = {1: "month", 3: "quarter", 12: "year"}  # by their months
BUSINESS_SHIFT = 4  # days that weekends and holidays move a date by, at most
LAST_DAY = 31  # of any month


class CalendarInterval(Interval):
    """An interval whose bars can be numbered by the calendar, though they are not equally long."""

    count = 1  # of its units, from one bar to the next

    @abstractmethod
    def numbers(self, times: pd.DatetimeIndex) -> np.ndarray:
        """The month or week that each time lies in, counted from some one."""

    @abstractmethod
    def fits(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Whether each time stands on the day on which the bars do."""

    def __str__(self) -> str:
        return str(self.record)

    def uneven(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Where a month or week is left out, or a stamp is on a day on which no bar is."""
        positions: np.ndarray = np.flatnonzero((np.diff(self.numbers(times)) != self.count) | ~self.fits(times)[1:])
        return positions

    def absent(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """By the calendar."""
        steps = self._steps(times, positions)
        missing: np.ndarray = np.maximum(steps // self.count - (steps % self.count == 0), 0)
        return missing

    def off_grid(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Whether there are two bars in a month, or a stamp is on another day than elsewhere."""
        steps, fits = self._steps(times, positions), self.fits(times[positions + 1])
        off: np.ndarray = (steps == 0) | (steps % self.count != 0) | ~fits
        return off

    def _steps(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        steps: np.ndarray = self.numbers(times[positions + 1]) - self.numbers(times[positions])
        return steps


@dataclass(frozen=True)
class Months(CalendarInterval):
    """Months of the calendar: a quarter is three, a year twelve of them.

    Args:
        count: of months from one bar to the next.
        day: of the month, on which the bars are stamped; where a month has no such day, its last one.
        business: whether weekends and holidays move that day.
    """

    count: int
    day: int = field(default=1, compare=False)
    business: bool = field(default=False, compare=False)

    @property
    def record(self) -> str:
        """``1 month``, ``1 quarter``, ``1 year``, ``2 months``."""
        return f"1 {NAMES[self.count]}" if self.count in NAMES else f"{self.count} months"

    def numbers(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Months since the year 0."""
        numbers: np.ndarray = times.year.to_numpy("int64") * 12 + times.month.to_numpy("int64") - 1
        return numbers

    def fits(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Whether each is on the day, or as near as weekends and holidays leave it."""
        days, last = times.day.to_numpy("int64"), times.days_in_month.to_numpy("int64")
        far: np.ndarray = abs(days - np.minimum(self.day, last))
        fits: np.ndarray = far <= (BUSINESS_SHIFT if self.business else 0)
        return fits

    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The same day and time of day of later months."""
        first = time.normalize().replace(day=1)
        months = [first + pd.DateOffset(months=self.count * number) for number in range(1, count + 1)]
        days = [self._day_of(month) for month in months]
        return pd.DatetimeIndex([day + (time - time.normalize()) for day in days], tz="UTC").as_unit("ns")

    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """When the next one begins; of a bar stamped with the last day of a month, when that is over."""
        first = pd.DatetimeIndex(times - pd.to_timedelta(times.day - 1, unit="D"))
        if self.day == LAST_DAY and not (times.asi8 % A_DAY).any():
            return pd.DatetimeIndex(first + pd.DateOffset(months=1)).as_unit("ns")
        return self._following(first)

    def _following(self, first: pd.DatetimeIndex) -> pd.DatetimeIndex:
        months = pd.DatetimeIndex(first + pd.DateOffset(months=self.count))
        days = np.minimum(self.day, months.days_in_month.to_numpy("int64")) - 1
        return pd.DatetimeIndex(months + pd.to_timedelta(days, unit="D")).as_unit("ns")

    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """In months, or in days within one."""
        months = int(np.diff(self.numbers(pd.DatetimeIndex([before, after])))[0])
        return say_duration(after - before) if months == 0 else f"{months} month{'' if months == 1 else 's'}"

    def _day_of(self, month: pd.Timestamp) -> pd.Timestamp:
        day = month.replace(day=min(self.day, month.days_in_month))
        if self.business and day.weekday() >= 5:  # the weekday beside it that is in the same month
            later = day + pd.Timedelta(7 - day.weekday(), unit="D")
            forward = self.day < LAST_DAY and later.month == day.month
            day = later if forward else day - pd.Timedelta(day.weekday() - 4, unit="D")
        return day


@dataclass(frozen=True)
class Weeks(CalendarInterval):
    """Weeks of the calendar whose bars are stamped with one of their days, such as the last on which there was trade.

    Args:
        weekday: on which most are stamped; 0 is Monday.
    """

    weekday: int = field(default=4, compare=False)

    @property
    def record(self) -> str:
        """``1 week``."""
        return "1 week"

    def numbers(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Weeks since 1970; they begin on Mondays."""
        numbers: np.ndarray = (times.asi8 - MONDAY) // A_WEEK
        return numbers

    def fits(self, times: pd.DatetimeIndex) -> np.ndarray:
        """A week has one bar, whatever its day."""
        return np.ones(len(times), dtype=bool)

    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The usual day of later weeks."""
        usual = time + pd.Timedelta(self.weekday - time.weekday(), unit="D")
        return pd.DatetimeIndex(usual + np.arange(1, count + 1) * pd.Timedelta(A_WEEK, unit="ns")).as_unit("ns")

    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """When the week of the calendar is over, and a bar stamped with its first day as well."""
        mondays = (times.asi8 - MONDAY) // A_WEEK * A_WEEK + MONDAY
        return pd.DatetimeIndex(mondays + A_WEEK, tz="UTC").as_unit("ns")

    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """In days."""
        return say_duration(after - before)


def calendar_of(times: pd.DatetimeIndex, exact: bool = True) -> CalendarInterval | None:
    """The months or weeks that bars stand at, told by their stamps; None if they stand at none.

    Args:
        times: ascending.
        exact: whether each is on the very day; else weekends and holidays may have moved it.
    """
    if len(times) < 2:
        return None
    usual = int(np.median(np.diff(times.asi8)))
    if usual >= 27 * A_DAY:
        return _months_of(times, exact)
    weeks = np.diff(Weeks().numbers(times))
    if not exact and 5 * A_DAY < usual < 9 * A_DAY and weeks.min() > 0 and 2 * (weeks == 1).sum() >= len(weeks):
        return Weeks(int(np.bincount(times.day_of_week).argmax()))
    return None


def _months_of(times: pd.DatetimeIndex, exact: bool) -> Months | None:
    steps = np.diff(Months(1).numbers(times))
    if (steps < 1).any():
        return None
    kinds, counts = np.unique(steps, return_counts=True)
    count = int(kinds[counts.argmax()])
    days, last = times.day.to_numpy("int64"), times.days_in_month.to_numpy("int64")
    if exact:
        return next((months for months in _days(count, (LAST_DAY, int(days.max()))) if months.fits(times).all()), None)
    for day, spread in ((LAST_DAY, last - days), (1, days - 1), (int(np.median(days)), days - days.min())):
        if spread.max() <= BUSINESS_SHIFT:
            return Months(count, day, business=True)
    return None


def _days(count: int, days: Sequence[int]) -> list[Months]:
    return [Months(count, day) for day in days]
