"""Jittering times, as of an API polled each hour some seconds or minutes late, moved to the openings of their bars."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.interval import A_DAY, FixedStep, Interval
from cryptoforecast.data.series import Gaps
from cryptoforecast.data.times import say_duration, say_time

SECOND, MINUTE, HOUR = 10**9, 60 * 10**9, 3600 * 10**9  # nanoseconds
NOMINAL_STEPS = np.array(
    [n * SECOND for n in (1, 2, 5, 10, 15, 20, 30)]
    + [n * MINUTE for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)]
    + [n * HOUR for n in (1, 2, 3, 4, 6, 8, 12, 24)]
)  # steps at which APIs are polled
MEDIAN_TOLERANCE = 0.2  # share by which the median step may differ from the nominal one
STEP_TOLERANCE = 0.3  # the same for most steps, and the share of a step by which stamps may be late
MOST_VERY_LATE = 0.1  # share of stamps that may be later than that
MOST_LATE_STAMPS = 0.01  # share of stamps off the grid that are late ones, and no jitter
MOST_DOUBLED = 0.1  # share of bars with two rows, of which one can be left out
STAMPS_SAMPLED = 1000
SHORTEST_SEASON = 28 * A_DAY  # nanoseconds between two changes of clocks
MONTHS_OF_CHANGES = (2, 3, 4, 5, 8, 9, 10, 11)  # in which clocks are changed somewhere
EARLY_SHARE, EARLY_LEAST, EARLY_MOST = (
    1 / 60,
    5 * SECOND,
    1 / 6,
)  # of a step


class Jitter(NamedTuple):
    """The bars of jittering stamps.

    ``late`` is the time of each stamp behind the opening of its bar, negative if it is early; ``opened`` are the
    openings. ``doubled`` are bars with two rows; ``absent`` counts bars with none, of which the first follows
    ``first_hole``. ``clocks`` are the two times of day of daily bars of a place whose clocks change. Times are
    nanoseconds.
    """

    late: np.ndarray
    step: FixedStep
    doubled: np.ndarray
    absent: int
    first_hole: int | None
    opened: np.ndarray
    clocks: tuple[int, int] | None = None

    def say_trouble(self) -> str:
        """A sentence on how many bars have two rows or none, with the first of each."""
        parts = []
        if len(self.doubled):
            parts.append(f"{_count(len(self.doubled))} two rows (first {_say(self.doubled[0])})")
        if self.first_hole is not None:
            parts.append(f"{_count(self.absent)} none (first {_say(self.first_hole + self.step.nanoseconds)})")
        return " and ".join(parts)

    def say(self) -> str:
        """A note on the moved stamps, and how much earlier closes count as known."""
        if self.clocks is not None:
            first, last = (_clock(time) for time in self.clocks)
            return (
                f"the bars are days of a place whose clocks change, at {first} or {last} UTC; all go by the later, so "
                f"no close counts as known too early: {np.count_nonzero(self.late):,} were moved 1 hour on."
            )
        late, early = self.late.max(), -self.late.min()
        ahead = f", and by {_round(early)} forward to the next" if early > 0 else ""
        return (
            f"times that jitter were moved to the opening of their bar of {self.step}: "
            f"{np.count_nonzero(self.late):,}, by up to {_round(late)} back{ahead}; "
            "so a close may count as known that much earlier than it was."
        )


def settle_jitter(
    symbol: str, bars: pd.DataFrame, interval: Interval, gaps: Gaps, notes: list[str]
) -> tuple[pd.DataFrame, Interval, str]:
    """Move jittering stamps to the openings of their bars.

    Of two rows in one bar the first is kept, unless ``gaps`` is ``error``.

    Returns:
        The bars, their interval, and the sentence of the error if they are refused, else an empty text.
    """
    found = jitter_of(pd.DatetimeIndex(bars.index), interval)
    if found is None:
        return bars, interval, ""
    notes.append(found.say())
    first = np.diff(found.opened, prepend=found.opened[0] - 1) > 0
    moved = bars[first].set_axis(pd.DatetimeIndex(found.opened[first], tz="UTC"))
    doubt = ""
    if found.doubled.tolist() == found.opened[-1:].tolist():
        notes.append(f"the last row, of {say_time(bars.index[-1])}, is in the bar before it and was left out.")
    elif len(found.doubled) and gaps == "error":
        doubt = (
            f"{symbol}: the times jitter about bars of {found.step}, of which {found.say_trouble()}; set "
            "data.source.gaps to split to take the first row of each bar and keep windows off those without, or to "
            "ffill to repeat the last close before them."
        )
    elif len(found.doubled):
        notes.append(
            f"of bars with two rows the first was taken: {len(found.doubled):,}, {_say(found.doubled[0])} first."
        )
    return moved, found.step, doubt


def jitter_of(times: pd.DatetimeIndex, interval: Interval) -> Jitter | None:
    """The bars of times that jitter; None if times are even, a few late, or irregular in another way.

    Each stamp belongs to the bar that it is in. Only where stamps are seconds before and after openings, those just
    before one belong to it: that makes no close known earlier. Daily stamps at different times of day belong to the
    earliest time of day; those of a place whose clocks change, an hour earlier in summer, to the later one.
    """
    if not isinstance(interval, FixedStep) or interval.nanoseconds > 1.5 * A_DAY:
        return None
    uneven = interval.uneven(times)
    if not interval.off_grid(times, uneven).any():
        return None
    if (clocks := _changing_clocks(times)) is not None:
        late = np.where(times.asi8 % A_DAY == clocks[1], 0, -HOUR)
        return _placed(times, late, FixedStep(A_DAY))._replace(clocks=clocks)
    if _are_few(times.asi8 % interval.nanoseconds):
        return None
    steps = np.diff(times.asi8)
    median_step = float(np.median(steps))
    nominal = int(NOMINAL_STEPS[abs(np.log(NOMINAL_STEPS / median_step)).argmin()])
    about = abs(steps / nominal - 1) <= STEP_TOLERANCE
    if (
        abs(median_step / nominal - 1) > MEDIAN_TOLERANCE
        or 2 * about.sum() < len(steps)
        or _is_a_pattern(steps, nominal)
    ):
        return None
    found = [_placed(times, late, FixedStep(nominal)) for late in _readings(times.asi8, nominal)]
    best = min(found, key=lambda reading: (len(reading.doubled), reading.absent))
    following = np.diff(best.opened) == nominal
    far = np.count_nonzero(best.late > STEP_TOLERANCE * nominal)
    is_plausible = 2 * following.sum() >= len(following) and far <= MOST_VERY_LATE * len(times)
    return best if is_plausible and len(best.doubled) <= MOST_DOUBLED * len(times) else None


def _changing_clocks(times: pd.DatetimeIndex) -> tuple[int, int] | None:
    """The two times of day of daily bars, an hour apart and each used for months, as with summer time; else None."""
    stamps = times.asi8
    into = stamps % A_DAY
    kinds = np.unique(into[:STAMPS_SAMPLED])
    kinds = np.unique(into) if len(kinds) <= 2 else kinds
    if len(kinds) != 2 or (np.diff(stamps) < A_DAY - HOUR).any():
        return None
    first, last = (int(kinds[0]), int(kinds[1])) if kinds[1] - kinds[0] == HOUR else (int(kinds[1]), int(kinds[0]))
    if (last - first) % A_DAY != HOUR:
        return None
    changes = np.flatnonzero(np.diff(into)) + 1
    in_season = (
        np.isin(times[changes].month, MONTHS_OF_CHANGES).all() and (np.diff(stamps[changes]) >= SHORTEST_SEASON).all()
    )
    return (first, last) if in_season else None


def _are_few(into: np.ndarray) -> bool:
    """Whether only few stamps are off the grid, such as a last one with the price at the download."""
    return bool(np.count_nonzero(into != np.median(into).astype("int64")) <= max(MOST_LATE_STAMPS * len(into), 1))


def _is_a_pattern(steps: np.ndarray, nominal: int) -> bool:
    """Whether most steps are exact and the rest differ by one or two large amounts: breaks of sessions, not jitter."""
    remainders = np.unique(steps % nominal)
    remainders = remainders[remainders > 0]
    are_large = len(remainders) == 0 or np.minimum(remainders, nominal - remainders).min() >= nominal / 6
    return (
        nominal < A_DAY and len(remainders) <= 2 and bool(are_large) and 2 * int((steps == nominal).sum()) >= len(steps)
    )


def _readings(stamps: np.ndarray, step: int) -> list[np.ndarray]:
    into = stamps % step
    early = step - into <= most_early(step)
    readings = [into]
    if early.any() and not early.all():
        readings.append(np.where(early, into - step, into))
    if step == A_DAY and into.max() > HOUR:
        begin = into.min() // MINUTE * MINUTE
        readings.insert(0, (into - begin) % step)
    return readings


def most_early(step: int) -> float:
    """Nanoseconds by which a stamp may be before its bar."""
    return max(EARLY_SHARE * step, min(EARLY_LEAST, EARLY_MOST * step))


def _placed(times: pd.DatetimeIndex, late: np.ndarray, step: FixedStep) -> Jitter:
    opened = times.asi8 - late
    steps = np.diff(opened) // step.nanoseconds
    doubled = opened[:-1][steps <= 0]
    holes = np.flatnonzero(steps > 1)
    first = int(opened[holes[0]]) if len(holes) else None
    return Jitter(late, step, doubled, int((steps[holes] - 1).sum()), first, opened)


def _count(bars: int) -> str:
    return f"{bars:,} {'has' if bars == 1 else 'have'}"


def _say(nanoseconds: int) -> str:
    return say_time(pd.Timestamp(int(nanoseconds), tz="UTC"))


def _clock(nanoseconds: int) -> str:
    return f"{nanoseconds // HOUR:02}:{nanoseconds % HOUR // MINUTE:02}"


def _round(nanoseconds: int) -> str:
    """A duration in words, rounded up to seconds if it is longer than one."""
    duration = pd.Timedelta(int(nanoseconds), unit="ns")
    return say_duration(duration.ceil("s") if duration > pd.Timedelta("1s") else duration)
