"""The even steps that bars stand at, and stamps that stand beside them."""

import numpy as np
import pandas as pd

from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

A_DAY = pd.Timedelta("1D")
A_MINUTE, A_SECOND, A_MILLISECOND = pd.Timedelta("1min"), pd.Timedelta("1s"), pd.Timedelta("1ms")
SAMPLE, BLOCK = 1000, 1 << 18  # steps looked at, at first and at a time
FEW = 0.01  # share of stamps that may be off the grid and are moved to it; of more, the grid is in doubt


def interval_of(symbol: str, times: pd.DatetimeIndex) -> pd.Timedelta:
    """The step that is most often taken; where one is taken by most, that is told without sorting them all."""
    if len(times) < 2:
        raise UserError(f"{symbol}: all rows have one time, {say_time(times[0])}; at least 2 are needed.")
    stamps = times.asi8
    some = np.linspace(0, len(stamps) - 2, min(len(stamps) - 1, SAMPLE)).astype("int64")
    likely = pd.Timedelta(int(np.median(stamps[some + 1] - stamps[some])), unit="ns")
    if 2 * len(uneven_steps(times, likely)) < len(times):
        return likely
    kinds, counts = np.unique(np.diff(stamps), return_counts=True)
    return pd.Timedelta(int(kinds[counts.argmax()]), unit="ns")


def uneven_steps(times: pd.DatetimeIndex, interval: pd.Timedelta) -> np.ndarray:
    """The positions after which the step is another than the interval.

    Looked for block by block: for millions of rows, making room for all steps takes longer than looking.
    """
    stamps = times.asi8
    found = [
        first + np.flatnonzero(np.diff(stamps[first : first + BLOCK + 1]) != interval.value)
        for first in range(0, len(stamps), BLOCK)
    ]
    return np.concatenate(found)


def drop_ragged_end(
    bars: pd.DataFrame, interval: pd.Timedelta, notes: list[str]
) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    """Leave out a last row off the grid: the price at the moment of the download, which some vendors append."""
    if len(bars) < 3 or not (bars.index[-1] - bars.index[-2]).value % interval.value:
        return bars, None
    last = bars.index[-1]
    notes.append(f"the last row, of {say_time(last)}, is not a whole bar after the one before it and was left out.")
    return bars.iloc[:-1], last


def move_to_grid(bars: pd.DataFrame, interval: pd.Timedelta, notes: list[str]) -> pd.DataFrame:
    """Bars are named after their opening; stamps inside a bar are moved there, where each has a bar to itself.

    So are all stamps of a vendor that names bars after their last second, and the few that came some minutes late. A
    move goes back to the opening of the same bar and never beyond it, so no close becomes known earlier than before.
    """
    times, step = bars.index.asi8, interval.value
    uneven = uneven_steps(bars.index, interval)
    on_grid = not ((times[uneven + 1] - times[uneven]) % step).any()
    last_moment = step - _length_of_last_moment(interval)
    if on_grid and times[0] % step < last_moment:
        return bars
    into = times % step
    if not A_DAY % interval and (into >= last_moment).all():
        stamp = say_time(bars.index[0]).split(" ")[-1]
        notes.append(f"bars were stamped with their last second, as {stamp}; moved to their opening.")
        return _moved(bars, into)
    late = (into - np.median(into).astype("int64")) % step
    off = np.flatnonzero(late)
    if not 0 < len(off) <= max(FEW * len(bars), 1) or len(np.unique(times - late)) < len(bars):
        return bars
    notes.append(f"stamps inside a bar were moved to its opening: {len(off)}, first {say_time(bars.index[off[0]])}.")
    return _moved(bars, late)


def _length_of_last_moment(interval: pd.Timedelta) -> int:
    """Vendors that stamp a bar with its end write 23:59:59 or 23:59:59.999; of a bar of seconds, only the latter."""
    if interval >= A_MINUTE:
        return int(A_SECOND.value)
    return int(A_MILLISECOND.value) if interval >= A_SECOND else 0


def _moved(bars: pd.DataFrame, by: np.ndarray) -> pd.DataFrame:
    return bars.set_axis(bars.index - pd.to_timedelta(by, unit="ns"))
