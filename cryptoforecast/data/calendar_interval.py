"""Months and weeks of the calendar as intervals; months are not equally long."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cryptoforecast.data.interval import A_DAY, Interval
from cryptoforecast.data.times import say_duration

A_WEEK = 7 * A_DAY  # nanoseconds
FIRST_MONDAY = 4 * A_DAY  # since 1970
PERIODS = {1: "month", 3: "quarter", 12: "year"}  # by count of months
BUSINESS_SHIFT = 4  # days by which weekends and holidays move a date, at most
LAST_DAY = 31  # of any month


class CalendarInterval(Interval):
    """An interval whose bars are numbered by the calendar."""

    count = 1  # months or weeks from one bar to the next

    @abstractmethod
    def numbers(self, times: pd.DatetimeIndex) -> np.ndarray:
        """The number of the month or week of each time."""

    @abstractmethod
    def fits(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Whether each time is on the day of the bars."""

    def __str__(self) -> str:
        return str(self.record)

    def uneven(self, times: pd.DatetimeIndex) -> np.ndarray:
        """The positions after which a month or week is missing, or a stamp is not on the day of the bars."""
        positions: np.ndarray = np.flatnonzero((np.diff(self.numbers(times)) != self.count) | ~self.fits(times)[1:])
        return positions

    def absent(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Count of the months or weeks missing."""
        steps = self._steps(times, positions)
        missing: np.ndarray = np.maximum(steps // self.count - (steps % self.count == 0), 0)
        return missing

    def off_grid(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Whether a second bar is in the same month or week, or on another day than the rest."""
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
        count: months from one bar to the next.
        day: of the month in the stamps of the bars; its last day where a month has no such day.
        business: whether weekends and holidays move that day.
    """

    count: int
    day: int = field(default=1, compare=False)
    business: bool = field(default=False, compare=False)

    @property
    def record(self) -> str:
        """``1 month``, ``1 quarter``, ``1 year``, ``2 months``."""
        return f"1 {PERIODS[self.count]}" if self.count in PERIODS else f"{self.count} months"

    def numbers(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Count of months since the year 0."""
        numbers: np.ndarray = times.year.to_numpy("int64") * 12 + times.month.to_numpy("int64") - 1
        return numbers

    def fits(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Whether each time is on the day, or as near as weekends and holidays allow."""
        days, last = times.day.to_numpy("int64"), times.days_in_month.to_numpy("int64")
        far: np.ndarray = abs(days - np.minimum(self.day, last))
        fits: np.ndarray = far <= (BUSINESS_SHIFT if self.business else 0)
        return fits

    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The same day and time of day in later months."""
        first = time.normalize().replace(day=1)
        months = [first + pd.DateOffset(months=self.count * number) for number in range(1, count + 1)]
        days = [self._day_of(month) for month in months]
        return pd.DatetimeIndex([day + (time - time.normalize()) for day in days], tz="UTC").as_unit("ns")

    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The beginning of the next bar; of bars stamped with the last day of a month, the end of that day."""
        first = pd.DatetimeIndex(times - pd.to_timedelta(times.day - 1, unit="D"))
        if self.day == LAST_DAY and not (times.asi8 % A_DAY).any():
            return pd.DatetimeIndex(first + pd.DateOffset(months=1)).as_unit("ns")
        return self._following(first)

    def _following(self, first: pd.DatetimeIndex) -> pd.DatetimeIndex:
        months = pd.DatetimeIndex(first + pd.DateOffset(months=self.count))
        days = np.minimum(self.day, months.days_in_month.to_numpy("int64")) - 1
        return pd.DatetimeIndex(months + pd.to_timedelta(days, unit="D")).as_unit("ns")

    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """The distance in months, or in days within a month."""
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
    """Weeks of the calendar; a bar is stamped with a day of its week, such as the last with trades.

    Args:
        weekday: of most stamps; 0 is Monday.
    """

    weekday: int = field(default=4, compare=False)

    @property
    def record(self) -> str:
        """``1 week``."""
        return "1 week"

    def numbers(self, times: pd.DatetimeIndex) -> np.ndarray:
        """Count of weeks since 1970; weeks begin on Monday."""
        numbers: np.ndarray = (times.asi8 - FIRST_MONDAY) // A_WEEK
        return numbers

    def fits(self, times: pd.DatetimeIndex) -> np.ndarray:
        """True for all: a bar may be on any day of its week."""
        return np.ones(len(times), dtype=bool)

    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The usual weekday of later weeks."""
        usual_day = time + pd.Timedelta(self.weekday - time.weekday(), unit="D")
        return pd.DatetimeIndex(usual_day + np.arange(1, count + 1) * pd.Timedelta(A_WEEK, unit="ns")).as_unit("ns")

    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The end of the week of the calendar."""
        mondays = (times.asi8 - FIRST_MONDAY) // A_WEEK * A_WEEK + FIRST_MONDAY
        return pd.DatetimeIndex(mondays + A_WEEK, tz="UTC").as_unit("ns")

    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """The distance in days."""
        return say_duration(after - before)


def calendar_of(times: pd.DatetimeIndex, exact: bool = True) -> CalendarInterval | None:
    """The calendar interval of bars by their stamps; None if they are not months or weeks.

    Args:
        times: of the bars, ascending.
        exact: whether each stamp is on the same day; else weekends and holidays may have moved it.
    """
    if len(times) < 2:
        return None
    median_step = int(np.median(np.diff(times.asi8)))
    if median_step >= 27 * A_DAY:
        return _months_of(times, exact)
    weeks = np.diff(Weeks().numbers(times))
    if not exact and 5 * A_DAY < median_step < 9 * A_DAY and weeks.min() > 0 and 2 * (weeks == 1).sum() >= len(weeks):
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
