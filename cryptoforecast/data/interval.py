"""The step from one bar to the next, which may be a fixed time or something else."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cryptoforecast.data.times import say_duration

BLOCK = 1 << 18  # steps looked at at a time
A_DAY = 86_400 * 10**9  # nanoseconds


class Interval(ABC):
    """What comes between one bar and the next.

    Two intervals are equal where series may be trained on together; the day of the month, the weekday, or the
    holidays that one of them has do not count.

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
        """The interval as JSON and checkpoints keep it: nanoseconds where it is a fixed step, else words."""

    @abstractmethod
    def uneven(self, times: pd.DatetimeIndex) -> np.ndarray:
        """The positions after which the next bar is not the next one there should be."""

    @abstractmethod
    def absent(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """How many whole bars are missing after each of some positions."""

    @abstractmethod
    def off_grid(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Whether the step after each of some positions is no whole number of bars."""

    @abstractmethod
    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The times of the next bars after one."""

    @abstractmethod
    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """When each bar is over."""

    @abstractmethod
    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """How far two bars are apart, in words."""

    def filled(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Times, and those of the bars missing between them."""
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
        """Looked for block by block: for millions of rows, making room for all steps takes longer than looking."""
        stamps = times.asi8
        found = [
            first + np.flatnonzero(np.diff(stamps[first : first + BLOCK + 1]) != self.nanoseconds)
            for first in range(0, len(stamps), BLOCK)
        ]
        return np.concatenate(found)

    def absent(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """A step that is no whole number of bars counts the whole ones."""
        steps = self._steps(times, positions)
        missing: np.ndarray = steps // self.nanoseconds - (steps % self.nanoseconds == 0)
        return missing

    def off_grid(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Whether steps are no multiples of this one."""
        off: np.ndarray = self._steps(times, positions) % self.nanoseconds != 0
        return off

    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """Multiples of the step later."""
        return pd.DatetimeIndex(time + np.arange(1, count + 1) * self.duration).as_unit("ns")

    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """Bars are named after their opening."""
        return times + self.duration

    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """As a duration."""
        return say_duration(after - before)

    def filled(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """All multiples of the step from the first time to the last."""
        return pd.date_range(times[0], times[-1], freq=self.duration, unit="ns")

    def _steps(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        steps: np.ndarray = (times[positions + 1] - times[positions]).asi8
        return steps


def as_interval(step: Interval | pd.Timedelta) -> Interval:
    """An interval, also where a source of the user's gives a duration."""
    return step if isinstance(step, Interval) else FixedStep(int(step.value))
