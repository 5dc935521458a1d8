"""Intervals: the step from one bar to the next, of a fixed length or by a calendar."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cryptoforecast.data.times import say_duration

STEPS_AT_A_TIME = 1 << 18  # an array of all steps of millions of rows takes longer to make than to search
A_DAY = 86_400 * 10**9  # nanoseconds


class Interval(ABC):
    """The step from one bar to the next.

    Two intervals are equal if series of them may be trained on together: days of the month, weekdays and holidays do
    not count.

    >>> from cryptoforecast.data.calendar_interval import Months
    >>> day, month = FixedStep(pd.Timedelta("1D").value), Months(1)
    >>> str(day), str(month), day == pd.Timedelta("1D")
    ('1 day', '1 month', True)
    >>> [f"{time:%Y-%m-%d}" for time in month.after(pd.Timestamp("2023-11-01", tz="UTC"), 3)]
    ['2023-12-01', '2024-01-01', '2024-02-01']
    """

    @property
    @abstractmethod
    def record(self) -> int | str:
        """The interval as JSON and checkpoints have it: nanoseconds of a fixed step, else words."""

    @abstractmethod
    def uneven(self, times: pd.DatetimeIndex) -> np.ndarray:
        """The positions of the bars after which a bar is missing or off the grid."""

    @abstractmethod
    def absent(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Count of the bars missing after each of some positions."""

    @abstractmethod
    def off_grid(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Whether the step after each of some positions is not a whole number of bars."""

    @abstractmethod
    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The times of the next ``count`` bars after a time."""

    @abstractmethod
    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The time at which each bar ends."""

    @abstractmethod
    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """The distance of two bars in words."""

    def filled(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The times with those of the missing bars between them."""
        positions = self.uneven(times)
        counts = self.absent(times, positions)
        made_up = [self.after(times[at], int(count)) for at, count in zip(positions, counts, strict=True)]
        return times.append(made_up).sort_values()


@dataclass(frozen=True, eq=False)
class FixedStep(Interval):
    """A fixed number of nanoseconds."""

    nanoseconds: int

    def __eq__(self, other: object) -> bool:
        if isinstance(other, pd.Timedelta):
            return bool(other.value == self.nanoseconds)
        return isinstance(other, FixedStep) and other.nanoseconds == self.nanoseconds

    def __hash__(self) -> int:
        return hash(self.duration)

    def __str__(self) -> str:
        return say_duration(self.duration)

    @property
    def duration(self) -> pd.Timedelta:
        """The step as a duration."""
        return pd.Timedelta(self.nanoseconds, unit="ns")

    @property
    def record(self) -> int:
        """Nanoseconds."""
        return self.nanoseconds

    def uneven(self, times: pd.DatetimeIndex) -> np.ndarray:
        """The positions after which the step is another than this."""
        stamps = times.asi8
        found = [
            first + np.flatnonzero(np.diff(stamps[first : first + STEPS_AT_A_TIME + 1]) != self.nanoseconds)
            for first in range(0, len(stamps), STEPS_AT_A_TIME)
        ]
        return np.concatenate(found)

    def absent(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Count of the bars missing; in a step that is not a whole number of bars, the whole ones."""
        steps = self._steps(times, positions)
        missing: np.ndarray = steps // self.nanoseconds - (steps % self.nanoseconds == 0)
        return missing

    def off_grid(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Whether the steps are not multiples of this one."""
        off: np.ndarray = self._steps(times, positions) % self.nanoseconds != 0
        return off

    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The times that are multiples of the step later."""
        return pd.DatetimeIndex(time + np.arange(1, count + 1) * self.duration).as_unit("ns")

    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """One step after each time: a bar has the time of its opening."""
        return times + self.duration

    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """The distance as a duration."""
        return say_duration(after - before)

    def filled(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """All multiples of the step from the first time to the last."""
        return pd.date_range(times[0], times[-1], freq=self.duration, unit="ns")

    def _steps(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        steps: np.ndarray = (times[positions + 1] - times[positions]).asi8
        return steps


def as_interval(step: Interval | pd.Timedelta) -> Interval:
    """An interval, from a duration that a user's source may give in its place."""
    return step if isinstance(step, Interval) else FixedStep(int(step.value))
