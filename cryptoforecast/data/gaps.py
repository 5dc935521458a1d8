"""Missing bars: found, and bridged as the user says."""

from itertools import pairwise

import numpy as np
import pandas as pd

from cryptoforecast.data.grid import uneven_steps
from cryptoforecast.data.series import CLOSE, VOLUME, CloseSeries, Gaps
from cryptoforecast.data.times import say_duration, say_time

REMEDY = "set data.source.gaps to ffill to repeat the last close before it, or to split to keep windows off it"


def missing_bars(times: pd.DatetimeIndex, interval: pd.Timedelta) -> pd.Series:
    """How many bars are absent after which time; a step that is no whole number of intervals counts the whole ones."""
    uneven = uneven_steps(times, interval)
    steps = (times[uneven + 1] - times[uneven]).asi8
    return pd.Series(steps // interval.value - (steps % interval.value == 0), index=times[uneven])


def bridge(
    symbol: str, bars: pd.DataFrame, interval: pd.Timedelta, gaps: Gaps, notes: list[str]
) -> tuple[pd.DataFrame, str]:
    """Fill gaps, or leave them.

    Returns:
        The bars that have a close, the gaps filled if that was asked for; and, where gaps must not be left, the
        sentence that says so, else an empty one.
    """
    present = bars[bars[CLOSE].notna()] if bars[CLOSE].hasnans else bars
    if len(present) < 2:
        return present, ""
    uneven = uneven_steps(present.index, interval)
    if not len(uneven):
        return present, ""
    steps = (present.index[uneven + 1] - present.index[uneven]).asi8
    off_grid = bool((steps % interval.value).any())
    if gaps == "split":
        notes.append(
            f"the series was split where closes are missing: {len(uneven)}, first after {_at(present, uneven)}."
        )
        return present, ""
    if gaps == "error" or off_grid:
        return present, _refusal(symbol, bars, present, interval, off_grid)
    missing = int((steps // interval.value - 1).sum())
    notes.append(
        f"missing closes were filled with the last before them: {missing}, first after {_at(present, uneven)}."
    )
    return _fill(present, interval), ""


def _refusal(symbol: str, bars: pd.DataFrame, present: pd.DataFrame, interval: pd.Timedelta, off_grid: bool) -> str:
    empty = bars.index[bars[CLOSE].isna()]
    if len(empty) and not off_grid:
        return f"{symbol}: no close at {say_time(empty[0])}{_and_more(len(empty) - 1)}; {REMEDY}."
    steps = np.diff(present.index.asi8)
    uneven = np.flatnonzero(steps % interval.value if off_grid else steps != interval.value)
    before, after = present.index[uneven[0]], present.index[uneven[0] + 1]
    what = (
        f"{symbol}: {say_duration(after - before)} between the bars of {say_time(before)} and {say_time(after)}, "
        f"elsewhere {say_duration(interval)}{_and_more(len(uneven) - 1)}"
    )
    if off_grid:
        return f"{what}; bars must be evenly spaced, or data.source.gaps be split."
    return f"{what}; {REMEDY} ({int((steps[uneven] // interval.value - 1).sum()):,} closes are missing in all)."


def _fill(present: pd.DataFrame, interval: pd.Timedelta) -> pd.DataFrame:
    """A bar without a trade opens, peaks and ends at the last close, and nothing changes hands."""
    whole = pd.date_range(present.index[0], present.index[-1], freq=interval, unit="ns")
    filled, absent = present.reindex(whole), ~whole.isin(present.index)
    filled[CLOSE] = filled[CLOSE].ffill()
    for name in filled.columns.drop(CLOSE):
        filled.loc[absent, name] = 0.0 if name == VOLUME else filled.loc[absent, CLOSE]
    return filled


def _at(present: pd.DataFrame, uneven: np.ndarray) -> str:
    return say_time(present.index[uneven[0]])


def _and_more(count: int) -> str:
    return f" (and {count:,} more)" if count else ""


def stretches(series: CloseSeries) -> list[pd.Series]:
    """The closes between gaps: one stretch where there is none."""
    borders = uneven_steps(series.closes.index, series.interval) + 1
    return [series.closes.iloc[a:b] for a, b in pairwise([0, *borders.tolist(), len(series.closes)])]
