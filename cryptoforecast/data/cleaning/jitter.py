"""Times that jitter, as of an API that is asked each hour some seconds or minutes past: back to their bar's opening."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.interval import A_DAY, FixedStep, Interval
from cryptoforecast.data.series import Gaps
from cryptoforecast.data.times import say_duration, say_time

SECOND, MINUTE, HOUR = 10**9, 60 * 10**9, 3600 * 10**9  # nanoseconds
NOMINAL = np.array(
    [n * SECOND for n in (1, 2, 5, 10, 15, 20, 30)]
    + [n * MINUTE for n in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30)]
    + [n * HOUR for n in (1, 2, 3, 4, 6, 8, 12, 24)]
)  # steps that people ask for
NEAR = 0.2  # share by which the usual step may differ from what was asked for
LOOSE = 0.3  # share by which most steps may, and of a step by which stamps may be late
FAR = 0.1  # share of stamps that may be later
FEW = 0.01  # share of stamps off the grid that are no jitter, but late ones among others
DOUBLED = 0.1  # share of bars with two rows that may be mended by leaving one out
MANY_CLOCKS = 1000  # stamps looked at first
SEASON = 28 * A_DAY  # nanoseconds: clocks that are changed stay so for longer
CHANGES = (2, 3, 4, 5, 8, 9, 10, 11)  # months in which places change their clocks
EARLY, AT_LEAST, AT_MOST = 1 / 60, 5 * SECOND, 1 / 6  # how early: a share of the step up to a minute, or seconds


class Jitter(NamedTuple):
    """Where stamps that jitter belong: how late each is, and in which bar.

    ``late`` and ``opened`` are nanoseconds, negative where a stamp is early; ``doubled`` are the bars with two rows,
    ``absent`` counts those with none, of which the first follows ``first_hole``; ``clocks`` are the two times of day of
    bars of a place whose clocks change, in nanoseconds.
    """

    late: np.ndarray
    step: FixedStep
    doubled: np.ndarray
    absent: int
    first_hole: int | None
    opened: np.ndarray
    clocks: tuple[int, int] | None = None

    def say_trouble(self) -> str:
        """How many bars have two rows or none, each with the first."""
        parts = []
        if len(self.doubled):
            parts.append(f"{_count(len(self.doubled))} two rows (first {_say(self.doubled[0])})")
        if self.first_hole is not None:
            parts.append(f"{_count(self.absent)} none (first {_say(self.first_hole + self.step.nanoseconds)})")
        return " and ".join(parts)

    def say(self) -> str:
        """What was moved, and what that means for when a close is known."""
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
    """Move stamps that jitter to their bars' openings.

    Where a bar has two rows, only its first is left, if the user has said what to do about gaps.

    Returns:
        The bars, what comes between them, and the sentence that refuses them, else an empty one.
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
    """How times jitter about even bars; None where they are even, a few late, or in no such order.

    Each stamp goes back to the opening of the bar it lies in. Only where stamps straddle openings by seconds, those
    just before one go on to it: that makes no close known earlier. Daily stamps that have another time of day go back
    to the earliest of them; but those of a place whose clocks change, an hour earlier in summer, go on to the later.
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
    nominal = int(NOMINAL[abs(np.log(NOMINAL / median_step)).argmin()])
    about = abs(steps / nominal - 1) <= LOOSE
    if abs(median_step / nominal - 1) > NEAR or 2 * about.sum() < len(steps) or _is_a_pattern(steps, nominal):
        return None
    found = [_placed(times, late, FixedStep(nominal)) for late in _readings(times.asi8, nominal)]
    best = min(found, key=lambda reading: (len(reading.doubled), reading.absent))
    following = np.diff(best.opened) == nominal
    far = np.count_nonzero(best.late > LOOSE * nominal)
    is_plausible = 2 * following.sum() >= len(following) and far <= FAR * len(times)
    return best if is_plausible and len(best.doubled) <= DOUBLED * len(times) else None


def _changing_clocks(times: pd.DatetimeIndex) -> tuple[int, int] | None:
    """The two times of day of daily bars, an hour apart, each kept for months as summer time is; else None."""
    stamps = times.asi8
    into = stamps % A_DAY
    kinds = np.unique(into[:MANY_CLOCKS])
    kinds = np.unique(into) if len(kinds) <= 2 else kinds
    if len(kinds) != 2 or (np.diff(stamps) < A_DAY - HOUR).any():
        return None
    first, last = (int(kinds[0]), int(kinds[1])) if kinds[1] - kinds[0] == HOUR else (int(kinds[1]), int(kinds[0]))
    if (last - first) % A_DAY != HOUR:
        return None
    changes = np.flatnonzero(np.diff(into)) + 1
    in_season = np.isin(times[changes].month, CHANGES).all() and (np.diff(stamps[changes]) >= SEASON).all()
    return (first, last) if in_season else None


def _are_few(into: np.ndarray) -> bool:
    """Whether few stamps stand beside the others, as a last one does that is the price of the moment."""
    return bool(np.count_nonzero(into != np.median(into).astype("int64")) <= max(FEW * len(into), 1))


def _is_a_pattern(steps: np.ndarray, nominal: int) -> bool:
    """Whether most bars are exact, and all others off by one large amount: breaks of sessions are, jitter is not."""
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
    """Nanoseconds by which a stamp may come before its bar."""
    return max(EARLY * step, min(AT_LEAST, AT_MOST * step))


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
    """In seconds, rounded up, where that is more than one."""
    duration = pd.Timedelta(int(nanoseconds), unit="ns")
    return say_duration(duration.ceil("s") if duration > pd.Timedelta("1s") else duration)
