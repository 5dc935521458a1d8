"""The pattern of sessions that times show: weekdays, hours, holidays, and the holes that it does not explain."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.cleaning.sessions import Sessions, weekdays
from cryptoforecast.data.interval import A_DAY, FixedStep
from cryptoforecast.data.times import say_time

SECOND = 10**9  # nanoseconds
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKENDS = ((5, 6), (4, 5))  # 0 is Monday
CLOSED = 0.25  # share of a weekday's dates with bars, below which it is no day of trade
FEWEST = 4  # weekdays with sessions; of fewer, the bars have no pattern of weeks
IDLE = 0.75  # share of the fullest time of day's bars, above which none is a night
EMPTY = 0.05  # share of the days with bars at a time of day, below which it is no time of trade
HOLIDAYS = 3  # sessions in a row that holidays may take anywhere
LONG_HOLIDAYS = 8  # at most, as the new year in China; only where there are such in several years
SEASON = 40  # days by which they may move from year to year
LATELY = 10  # sessions by which the next ones are told
LISTED = 3


class Found(NamedTuple):
    """Sessions, and what was seen of them, in words."""

    sessions: Sessions
    notes: list[str]
    explained: int  # of the uneven steps, how many are breaks, nights, weekends or holidays


def find_sessions(times: pd.DatetimeIndex, step: FixedStep) -> Found:
    """The sessions that times show: weekdays, times of day, holidays, and the holes that none of these explains.

    Args:
        times: ascending.
        step: the usual one, a day at most.
    """
    uneven = step.uneven(times)
    cut = _cut_of(times, uneven, step.nanoseconds)
    days, of_day = np.divmod(times.asi8 - cut, A_DAY)
    dates, bars = np.unique(days, return_counts=True)
    is_open, strays = _weekdays_of(dates, bars, cut)
    closes = bool((~is_open).any()) or (step.nanoseconds < A_DAY and _has_nights(of_day, len(dates), step.nanoseconds))
    over_night = days[uneven] != days[uneven + 1]
    explained = np.zeros(len(uneven), dtype=bool)
    are_usual = _usual_breaks(of_day, uneven, over_night, len(dates)) if step.nanoseconds < A_DAY else ~explained
    skipped = _open_between(days[uneven], days[uneven + 1], is_open, cut)
    if closes:
        explained = are_usual & (~over_night | _are_holidays(days[uneven], skipped))
    sessions = Sessions(
        step,
        tuple(bool(item) for item in is_open),
        _offsets_of(days, of_day, dates),
        int(cut),
        tuple(int(item) for item in times.asi8[uneven[~explained]]),
    )
    holidays = _dates_between(days[uneven], days[uneven + 1], explained & over_night, is_open, cut)
    notes = [_say_pattern(sessions, of_day, uneven, explained & ~over_night, holidays)]
    if len(strays):
        notes.append(_say_strays(strays, cut))
    return Found(sessions, notes, int(explained.sum()))


def _date(day: int, cut: int) -> pd.Timestamp:
    return pd.Timestamp(int(day) * A_DAY + int(cut) + A_DAY // 2, tz="UTC").normalize()


def _cut_of(times: pd.DatetimeIndex, uneven: np.ndarray, step: int) -> int:
    """The middle of the longest time of day without bars, so that no session is in two days; of days, midnight."""
    if step >= A_DAY or not len(uneven):
        return 0
    slots = A_DAY // step
    counts = np.bincount(times.asi8 % A_DAY // step, minlength=slots)[:slots]
    if counts.min() > IDLE * counts.max():  # as where only weekends are without bars
        before, after = times.asi8[uneven[0]], times.asi8[uneven[0] + 1]
        return int((before + (after - before) % A_DAY // 2) % A_DAY)
    idle = np.flatnonzero(counts <= max(counts.min(), EMPTY * counts.max()))
    twice = np.concatenate([idle, idle + slots])
    longest = max(np.split(twice, np.flatnonzero(np.diff(twice) > 1) + 1), key=len)
    return int((longest[0] + longest[-1] + 1) / 2 % slots * step)


def _weekdays_of(dates: np.ndarray, bars: np.ndarray, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """Which weekdays have sessions, and the days with bars on others.

    What is seen once tells nothing, but of a weekend; and where one was not seen, it has no sessions. A day of a few
    bars is no session: where clocks change, the first hour of a week may come before the cut.
    """
    all_days, of_week = np.arange(dates[0], dates[-1] + 1), weekdays(dates, cut)
    fullness = np.minimum(bars / np.median(bars), 1)
    chances = np.bincount(weekdays(all_days, cut), minlength=7)
    rare = np.bincount(of_week, weights=fullness, minlength=7) <= CLOSED * chances
    weekend = next((pair for pair in WEEKENDS if rare[list(pair)].all()), ())
    if len(dates) > 7 and (~rare).sum() < FEWEST:
        return np.ones(7, dtype=bool), dates[:0]
    is_open = ~rare | ((chances < 2) & ~np.isin(np.arange(7), weekend))
    if not is_open.any():  # a hole longer than all that there is says nothing of weekdays
        is_open = np.bincount(of_week, minlength=7) > 0
    return is_open, dates[~is_open[of_week] & (fullness > CLOSED)]


def _has_nights(of_day: np.ndarray, days: int, step: int) -> bool:
    """Whether there is a time of day without bars, but for a few days."""
    counts = np.bincount(of_day // step, minlength=A_DAY // step)
    return bool(counts.min() <= EMPTY * days)


def _usual_breaks(of_day: np.ndarray, uneven: np.ndarray, night: np.ndarray, days: int) -> np.ndarray:
    """Whether each break is taken on several days: within one from and to which time, over night each of these."""
    least = 1 if days <= 3 else 2 if days < 20 else 3
    before, after = of_day[uneven], of_day[uneven + 1]
    usual = np.zeros(len(uneven), dtype=bool)
    usual[night] = _often(before[night], least) & _often(after[night], least)
    usual[~night] = _often(before[~night] // SECOND * A_DAY + after[~night], least)
    return usual


def _often(values: np.ndarray, least: int) -> np.ndarray:
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    often: np.ndarray = counts[at] >= least
    return often


def _open_between(first: np.ndarray, last: np.ndarray, is_open: np.ndarray, cut: int) -> np.ndarray:
    """How many days with sessions lie between two days, neither of them counted."""
    mask = [bool(is_day_open) for is_day_open in is_open]
    shift = (cut + A_DAY // 2) // A_DAY
    begin, end = (values.astype("datetime64[D]") for values in (first + shift + 1, last + shift))
    counts: np.ndarray = np.maximum(np.busday_count(begin, np.maximum(begin, end), weekmask=mask), 0)
    return counts


def _are_holidays(days: np.ndarray, skipped: np.ndarray) -> np.ndarray:
    """Whether so many sessions in a row may be holidays: a few, or more if it is so in several years."""
    are_holidays = skipped <= HOLIDAYS
    are_long = np.flatnonzero((skipped > HOLIDAYS) & (skipped <= LONG_HOLIDAYS))
    years = abs(days[are_long][:, None] - days[are_long][None, :]) / 365.25
    recur = (years > 0.5) & (abs(years - np.rint(years)) * 365.25 <= SEASON)
    are_holidays[are_long] = recur.any(axis=1) if len(are_long) else False
    return are_holidays


def _dates_between(
    first: np.ndarray, last: np.ndarray, chosen: np.ndarray, is_open: np.ndarray, cut: int
) -> list[pd.Timestamp]:
    days = [np.arange(a + 1, b) for a, b in zip(first[chosen], last[chosen], strict=True)]
    all_days = np.concatenate(days) if days else np.array([], dtype="int64")
    return [_date(day, cut) for day in all_days[is_open[weekdays(all_days, cut)]]]


def _offsets_of(days: np.ndarray, of_day: np.ndarray, dates: np.ndarray) -> tuple[int, ...]:
    """When bars open: at the times of day that most of the last sessions have."""
    last_sessions = dates[-LATELY - 1 : -1] if len(dates) > 1 else dates  # the last one may not be over
    within = np.isin(days, last_sessions)
    kinds, counts = np.unique(of_day[within], return_counts=True)
    most_common = kinds[2 * counts >= len(last_sessions)]
    return tuple(int(offset) for offset in (most_common if len(most_common) else kinds))


def _say_pattern(
    sessions: Sessions, of_day: np.ndarray, uneven: np.ndarray, breaks: np.ndarray, holidays: list[pd.Timestamp]
) -> str:
    hours = ""
    if sessions.step.nanoseconds < A_DAY:
        clock = [_clock(sessions.cut + offset) for offset in (sessions.offsets[0], sessions.offsets[-1])]
        hours = f", bars from {clock[0]} to {clock[1]} UTC"
        pairs = np.unique(np.stack([of_day[uneven[breaks]], of_day[uneven[breaks] + 1]]), axis=1, return_counts=True)
        if len(pairs[1]):
            a, b = (_clock(sessions.cut + int(offset)) for offset in pairs[0][:, pairs[1].argmax()])
            hours += f" with a break from {a} to {b}"
    named = ", ".join(say_time(day) for day in holidays[:LISTED]) + (", …" if len(holidays) > LISTED else "")
    days = f"{len(holidays):,} holiday{'' if len(holidays) == 1 else 's'}{f' ({named})' if holidays else ''}"
    return f"sessions are {say_weekdays(sessions.open)}{hours}, {days}; each bar is followed by the next there is."


def _say_strays(strays: np.ndarray, cut: int) -> str:
    first = _date(strays[0], cut)
    more = f" (and {len(strays) - 1:,} more)" if len(strays) > 1 else ""
    return (
        f"bars on a weekday without sessions: {WEEKDAYS[first.weekday()]}, {say_time(first)}{more}; is the date right?"
    )


def say_weekdays(is_open: Sequence[bool]) -> str:
    """Weekdays in words: ``Monday to Friday``, ``Sunday to Thursday``, ``Monday, Wednesday``.

    >>> say_weekdays([True] * 5 + [False] * 2)
    'Monday to Friday'
    """
    days = [day for day in range(7) if is_open[day]]
    begins = [day for day in days if not is_open[day - 1]]
    if len(begins) == 1 and len(days) > 2:
        return f"{WEEKDAYS[begins[0]]} to {WEEKDAYS[(begins[0] + len(days) - 1) % 7]}"
    return "Monday to Sunday" if len(days) == 7 else ", ".join(WEEKDAYS[day] for day in days)


def _clock(nanoseconds: int) -> str:
    return f"{pd.Timestamp(nanoseconds % A_DAY):%H:%M}"
