"""Missing bars: found, and refused, filled or left out as ``data.source.gaps`` says."""

from collections.abc import Collection
from itertools import pairwise
from typing import NamedTuple, TypeGuard

import numpy as np
import pandas as pd

from cryptoforecast.data.cleaning.session_pattern import find_sessions
from cryptoforecast.data.interval import A_DAY, FixedStep, Interval
from cryptoforecast.data.series import CLOSE, VOLUME, CloseSeries, Gaps
from cryptoforecast.data.times import say_duration, say_time

ADVICE = "set data.source.gaps to ffill to repeat the last close before it, or to split to keep windows off it"
ADVICE_TO_SPLIT = "set data.source.gaps to split to keep windows off the gaps"
ADVICE_TO_USE_SESSIONS = "set data.source.gaps to sessions to take the bars there are as the calendar"
ADVICE_FOR_SESSIONS = (
    "these are weekends, nights or holidays: set data.source.gaps to sessions to take the bars there are as the "
    "calendar, to ffill to repeat the last close before each, or to split to keep windows off them"
)
LEAST_EXPLAINED = 0.8  # share of the gaps that sessions must explain to be advised
FEWEST_DAYS = 3  # with bars, to tell nights from gaps
SHORTEST_STEP = 10**9  # nanoseconds between bars of sessions
MOST_BARS = 1 << 17  # last bars by which sessions are found
FEW_BARS = 5  # with which no step can be called usual
STEPS_LISTED = 4  # in an error on irregular steps


class Bridged(NamedTuple):
    """The bars with a close, after gaps were filled if that was asked for, and their interval.

    ``refusal`` is the sentence of the error where gaps are not allowed, else empty.
    """

    bars: pd.DataFrame
    interval: Interval
    refusal: str = ""


def missing_bars(times: pd.DatetimeIndex, interval: Interval) -> pd.Series:
    """Counts of missing bars, by the time of the bar before; in a step off the grid, of whole intervals."""
    uneven = interval.uneven(times)
    return pd.Series(interval.absent(times, uneven), index=times[uneven])


def bridge(
    symbol: str, bars: pd.DataFrame, interval: Interval, gaps: Gaps, notes: list[str], like_close: Collection[str] = ()
) -> Bridged:
    """Fill gaps, leave them, refuse them, or find the sessions between which they are.

    Args:
        symbol: name of the series.
        bars: the columns.
        interval: from one bar to the next.
        gaps: what missing bars mean.
        notes: what was done is added.
        like_close: the columns whose missing values are filled with the last close.
    """
    present = bars[bars[CLOSE].notna()] if bars[CLOSE].hasnans else bars
    if len(present) < 2:
        return Bridged(present, interval)
    times = pd.DatetimeIndex(present.index)
    if gaps == "sessions" and _may_be_sessions(interval):
        found = find_sessions(times, interval)
        interval = found.sessions
        notes += found.notes
    uneven = interval.uneven(times)
    if not len(uneven):
        return Bridged(present, interval)
    off_grid = bool(interval.off_grid(times, uneven).any())
    if gaps == "sessions":
        notes.append(_say_holes(times, uneven, interval))
        return Bridged(present, interval)
    if gaps == "split":
        notes.append(
            f"the series was split where closes are missing: {len(uneven)}, first after {say_time(times[uneven[0]])}."
        )
        return Bridged(present, interval)
    if gaps == "error" or off_grid:
        return Bridged(present, interval, _refusal(symbol, bars, times, interval, off_grid))
    filled = _fill(present, interval, like_close)
    missing = len(filled) - len(present)
    notes.append(
        f"missing closes were filled with the last before them: {missing}, first after {say_time(times[uneven[0]])}; "
        f"of {len(filled):,} closes {missing:,} ({100 * missing / len(filled):.2g} %) are invented."
    )
    return Bridged(filled, interval)


def _may_be_sessions(interval: Interval) -> TypeGuard[FixedStep]:
    return isinstance(interval, FixedStep) and SHORTEST_STEP <= interval.nanoseconds <= A_DAY


def _say_holes(times: pd.DatetimeIndex, uneven: np.ndarray, interval: Interval) -> str:
    counts = interval.absent(times, uneven)
    longest = int(counts.argmax())
    return (
        f"holes that sessions do not explain split the series: {len(uneven):,}, first after "
        f"{say_time(times[uneven[0]])}; the longest, of {counts[longest]:,} bars, after "
        f"{say_time(times[uneven[longest]])}."
    )


def _refusal(symbol: str, bars: pd.DataFrame, times: pd.DatetimeIndex, interval: Interval, off_grid: bool) -> str:
    empty = bars.index[bars[CLOSE].isna()]
    advice = _advice(times, interval)
    if len(empty) and not off_grid:
        return f"{symbol}: no close at {say_time(empty[0])}{_and_more(len(empty) - 1)}; {advice}."
    uneven = interval.uneven(times)
    ending = f"{advice} ({int(interval.absent(times, uneven).sum()):,} closes are missing in all)."
    if off_grid:
        uneven = uneven[interval.off_grid(times, uneven)]
        only_advice = ADVICE_TO_SPLIT if advice is ADVICE else ADVICE_TO_USE_SESSIONS
        ending = f"bars must be evenly spaced to be filled; {only_advice}."
    irregular = len(times) > FEW_BARS and 2 * len(interval.uneven(times)) > len(times)
    if irregular and advice is ADVICE and isinstance(interval, FixedStep):
        return f"{symbol}: {_say_steps(times)}; {ending}"
    before, after = times[uneven[0]], times[uneven[0] + 1]
    return (
        f"{symbol}: {interval.say(before, after)} between the bars of {say_time(before)} and {say_time(after)}, "
        f"elsewhere {interval}{_and_more(len(uneven) - 1)}; {ending}"
    )


def _advice(times: pd.DatetimeIndex, interval: Interval) -> str:
    """The advice for gaps: sessions first, if they explain most gaps of the last bars."""
    times = times[-MOST_BARS:]
    if not _may_be_sessions(interval) or len(np.unique(times.asi8 // A_DAY)) < FEWEST_DAYS:
        return ADVICE
    uneven = interval.uneven(times)
    explained = find_sessions(times, interval).explained if len(uneven) else 0
    return ADVICE_FOR_SESSIONS if explained and explained >= LEAST_EXPLAINED * len(uneven) else ADVICE


def _say_steps(times: pd.DatetimeIndex) -> str:
    """A sentence on the most common steps, where bars are irregular."""
    kinds, counts = np.unique(np.diff(times.asi8), return_counts=True)
    order = np.argsort(-counts, kind="stable")[:STEPS_LISTED]
    most_common = ", ".join(f"{say_duration(pd.Timedelta(int(kinds[at])))} ({counts[at]:,} times)" for at in order)
    return f"the times are {len(kinds):,} different steps apart, most often {most_common}"


def _fill(present: pd.DataFrame, interval: Interval, like_close: Collection[str]) -> pd.DataFrame:
    """Fill missing bars: prices are the last close before, the volume is 0, and another column its last value."""
    all_times = interval.filled(pd.DatetimeIndex(present.index))
    filled, absent = present.reindex(all_times), ~all_times.isin(present.index)
    filled[CLOSE] = filled[CLOSE].ffill()
    for name in filled.columns.drop(CLOSE):
        last = filled[CLOSE] if name in like_close else filled[name].ffill()
        filled.loc[absent, name] = 0.0 if name == VOLUME else last[absent]
    return filled


def _and_more(count: int) -> str:
    return f" (and {count:,} more)" if count else ""


def stretches(series: CloseSeries) -> list[pd.Series]:
    """The closes split at gaps; one part if there are none."""
    borders = series.interval.uneven(pd.DatetimeIndex(series.closes.index)) + 1
    return [series.closes.iloc[a:b] for a, b in pairwise([0, *borders.tolist(), len(series.closes)])]
