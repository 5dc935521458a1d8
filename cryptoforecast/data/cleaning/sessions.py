"""Sessions as an interval: the bars that there are, are the calendar of a market that closes."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from cryptoforecast.data.interval import A_DAY, FixedStep, Interval
from cryptoforecast.data.times import say_duration


@dataclass(frozen=True)
class Sessions(Interval):
    """The step between bars of a market that closes: to the next bar that there is, except at ``holes``.

    Args:
        step: from one bar to the next within a session, or a day.
        open: whether each weekday has sessions, Monday first.
        offsets: openings of the bars of a session, in nanoseconds since ``cut``.
        cut: time of day at which session days begin, in nanoseconds since midnight UTC.
        holes: times of the bars after which bars are missing, in nanoseconds.
    """

    step: FixedStep
    open: tuple[bool, ...] = field(default=(True,) * 7, compare=False)
    offsets: tuple[int, ...] = field(default=(0,), compare=False)
    cut: int = field(default=0, compare=False)
    holes: tuple[int, ...] = field(default=(), compare=False)

    @property
    def record(self) -> str:
        """``1 trading day``, ``5 minutes of trading``."""
        return "1 trading day" if self.step.nanoseconds == A_DAY else f"{self.step} of trading"

    def __str__(self) -> str:
        return self.record

    def uneven(self, times: pd.DatetimeIndex) -> np.ndarray:
        """The positions of ``holes``."""
        holes = np.array(self.holes, dtype="int64")
        positions = np.searchsorted(times.asi8, holes)
        inside = positions < len(times) - 1
        found: np.ndarray = positions[inside][times.asi8[positions[inside]] == holes[inside]]
        return found

    def absent(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """Count of the bars of sessions that are missing; holidays are not known."""
        return np.array([self._count(times[at], times[at + 1]) for at in positions], dtype="int64")

    def off_grid(self, times: pd.DatetimeIndex, positions: np.ndarray) -> np.ndarray:
        """False everywhere: the bars that there are, are the calendar."""
        return np.zeros(len(positions), dtype=bool)

    def after(self, time: pd.Timestamp, count: int) -> pd.DatetimeIndex:
        """The times of the next bars on weekdays with sessions; coming holidays are not known."""
        days = self._days_after(time, 8 + 8 * count // len(self.offsets))
        return days[days > time][:count]

    def ends(self, times: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """One step after the opening of each bar."""
        return self.step.ends(times)

    def say(self, before: pd.Timestamp, after: pd.Timestamp) -> str:
        """The distance as a duration."""
        return say_duration(after - before)

    def _count(self, before: pd.Timestamp, after: pd.Timestamp) -> int:
        times = self._days_after(before, (after - before).days + 3)
        return int(((times > before) & (times < after)).sum())

    def _days_after(self, time: pd.Timestamp, days: int) -> pd.DatetimeIndex:
        """The times of the bars of some days of the calendar, from the session day of a time on."""
        first = (time.value - self.cut) // A_DAY
        dates = first + np.arange(days + 1)
        dates = dates[np.array(self.open)[weekdays(dates, self.cut)]]
        stamps = self.cut + dates[:, None] * A_DAY + np.array(self.offsets)
        return pd.DatetimeIndex(stamps.ravel(), tz="UTC").as_unit("ns")


def weekdays(days: np.ndarray, cut: int) -> np.ndarray:
    """The weekday at the middle of each session day; 0 is Monday."""
    middles: np.ndarray = (days * A_DAY + cut + A_DAY // 2) // A_DAY
    return (middles + 3) % 7  # 1970 began on a Thursday
