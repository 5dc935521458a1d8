"""The interval of bars by their stamps, and stamps off the grid of that interval."""

import numpy as np
import pandas as pd

from cryptoforecast.data.calendar_interval import CalendarInterval, calendar_of
from cryptoforecast.data.cleaning.jitter import most_early
from cryptoforecast.data.interval import FixedStep, Interval
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

A_DAY = pd.Timedelta("1D")
A_MINUTE, A_SECOND, A_MILLISECOND = pd.Timedelta("1min"), pd.Timedelta("1s"), pd.Timedelta("1ms")
STEPS_SAMPLED = 1000
SHORTEST_CALENDAR_STEP = 5 * A_DAY  # shorter steps are not weeks or months
FEWEST_ON_ONE_DAY = 6  # bars on the same day of the month that make sure weekends and holidays move none
MOST_OFF_GRID = 0.01  # share of stamps that are moved to the grid; with more, the grid itself is in doubt


def interval_of(symbol: str, times: pd.DatetimeIndex) -> Interval:
    """The interval of bars: weeks or months if the stamps fit them, else the most common step.

    The last row may be off the grid: some vendors append the price at the time of the download.

    Raises:
        UserError: if there is one time only.
    """
    if len(times) < 2:
        raise UserError(f"{symbol}: all rows have one time, {say_time(times[0])}; at least 2 are needed.")
    step = _usual_step(times)
    if step.duration < SHORTEST_CALENDAR_STEP:
        return step
    all_times, without_last = times, times[:-1]
    uneven = step.uneven(times)
    if exact := calendar_of(all_times) or (
        calendar_of(without_last) if len(without_last) >= FEWEST_ON_ONE_DAY else None
    ):
        return exact
    if not step.off_grid(times, uneven).any():
        return step
    moved = calendar_of(all_times, exact=False) or calendar_of(without_last)
    if moved or not step.off_grid(times, uneven[:-1]).any():
        return moved or step
    return calendar_of(without_last, exact=False) or step


def _usual_step(times: pd.DatetimeIndex) -> FixedStep:
    """The most common step; a sample shows it without sorting where most steps are equal."""
    stamps = times.asi8
    sampled = np.linspace(0, len(stamps) - 2, min(len(stamps) - 1, STEPS_SAMPLED)).astype("int64")
    median_step = FixedStep(int(np.median(stamps[sampled + 1] - stamps[sampled])))
    if 2 * len(median_step.uneven(times)) < len(times):
        return median_step
    kinds, counts = np.unique(np.diff(stamps), return_counts=True)
    return FixedStep(int(kinds[counts.argmax()]))


def drop_ragged_end(
    bars: pd.DataFrame, interval: Interval, notes: list[str]
) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    """Leave out a last row off the grid: the price at the time of the download, which some vendors append."""
    if len(bars) < 3 or not interval.off_grid(bars.index, np.array([len(bars) - 2])).any():
        return bars, None
    steps = np.diff(bars.index.asi8)
    if np.count_nonzero(steps == steps[-1]) > 1:  # a market may close at noon
        return bars, None
    last = bars.index[-1]
    notes.append(f"the last row, of {say_time(last)}, is not a whole bar after the one before it and was left out.")
    return bars.iloc[:-1], last


def move_to_grid(bars: pd.DataFrame, interval: Interval, notes: list[str]) -> pd.DataFrame:
    """Move stamps inside a bar to its opening, if no two stamps are in one bar.

    These are all stamps of a vendor that stamps bars with their last second, or a few that are some minutes late. A
    stamp is moved to the opening of its own bar, so no close becomes known earlier than before.
    """
    times, step = bars.index.asi8, _length(interval)
    uneven = interval.uneven(bars.index)
    on_grid = not interval.off_grid(bars.index, uneven).any()
    last_moment = step - _length_of_last_moment(step)
    if on_grid and times[0] % step < last_moment:
        return bars
    into = times % step
    if not A_DAY.value % step and (into >= last_moment).all():
        stamp = say_time(bars.index[0]).split(" ")[-1]
        notes.append(f"bars were stamped with their last second, as {stamp}; moved to their opening.")
        return _moved(bars, into)
    if isinstance(interval, CalendarInterval):
        return bars
    late = (into - np.median(into).astype("int64")) % step
    off = np.flatnonzero(late)
    if not 0 < len(off) <= max(MOST_OFF_GRID * len(bars), 1):
        return bars
    if len(np.unique(times - late)) < len(bars):  # some may be seconds before their bar
        late = np.where(step - late <= most_early(step), late - step, late)
        if len(np.unique(times - late)) < len(bars):
            return bars
    where = "inside a bar" if late.min() == 0 else "beside the opening of a bar"
    where += " were moved to its opening" if late.min() == 0 else " were moved to it"
    notes.append(f"stamps {where}: {len(off)}, first {say_time(bars.index[off[0]])}.")
    return _moved(bars, late)


def _length(interval: Interval) -> int:
    """Nanoseconds within which stamps are moved: a step, or of weeks and months a day."""
    return interval.nanoseconds if isinstance(interval, FixedStep) else int(A_DAY.value)


def _length_of_last_moment(step: int) -> int:
    """Nanoseconds at the end of a bar that a stamp of its end may be in: 23:59:59, or 23:59:59.999 of short bars."""
    if step >= A_MINUTE.value:
        return int(A_SECOND.value)
    return int(A_MILLISECOND.value) if step >= A_SECOND.value else 0


def _moved(bars: pd.DataFrame, by: np.ndarray) -> pd.DataFrame:
    return bars.set_axis(bars.index - pd.to_timedelta(by, unit="ns"))
