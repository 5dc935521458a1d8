"""The pattern of sessions in times: weekdays, hours, holidays, and the gaps that it does not explain."""

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
CLOSED_WEEKDAY = 0.25  # share of its dates with bars up to which a weekday has no sessions
FEWEST_WEEKDAYS = 4  # with sessions; with fewer there is no weekly pattern
NO_NIGHT = 0.75  # if each time of day has more than this share of the most bars, there is no night
NIGHT = 0.05  # share of the days up to which a time of day has no sessions
MOST_HOLIDAYS = 3  # sessions in a row, anywhere
MOST_LONG_HOLIDAYS = 8  # sessions in a row, as the new year in China, if they recur in several years
HOLIDAY_SHIFT = 40  # days by which long holidays move from year to year
LAST_SESSIONS = 10  # by which the hours of the next ones are found
HOLIDAYS_LISTED = 3


class Found(NamedTuple):
    """Sessions, and notes on their pattern."""

    sessions: Sessions
    notes: list[str]
    explained: int  # count of the gaps that are breaks, nights, weekends or holidays


def find_sessions(times: pd.DatetimeIndex, step: FixedStep) -> Found:
    """Find the sessions in times: weekdays, times of day, holidays, and gaps that none of these explains.

    Args:
        times: of the bars, ascending.
        step: the usual step, a day at most.
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
    """The time of day at which session days begin: amid the longest hours without bars; of daily bars, midnight."""
    if step >= A_DAY or not len(uneven):
        return 0
    slots = A_DAY // step
    counts = np.bincount(times.asi8 % A_DAY // step, minlength=slots)[:slots]
    if counts.min() > NO_NIGHT * counts.max():  # only weekends are without bars
        before, after = times.asi8[uneven[0]], times.asi8[uneven[0] + 1]
        return int((before + (after - before) % A_DAY // 2) % A_DAY)
    idle = np.flatnonzero(counts <= max(counts.min(), NIGHT * counts.max()))
    twice = np.concatenate([idle, idle + slots])
    longest = max(np.split(twice, np.flatnonzero(np.diff(twice) > 1) + 1), key=len)
    return int((longest[0] + longest[-1] + 1) / 2 % slots * step)


def _weekdays_of(dates: np.ndarray, bars: np.ndarray, cut: int) -> tuple[np.ndarray, np.ndarray]:
    """The weekdays with sessions, and the dates with bars on other weekdays.

    A weekday that occurs once counts as open unless it is of a weekend. A date with few bars is not a session: where
    clocks change, the first hour of a week may be before the cut.
    """
    all_days, of_week = np.arange(dates[0], dates[-1] + 1), weekdays(dates, cut)
    fullness = np.minimum(bars / np.median(bars), 1)
    chances = np.bincount(weekdays(all_days, cut), minlength=7)
    rare = np.bincount(of_week, weights=fullness, minlength=7) <= CLOSED_WEEKDAY * chances
    weekend = next((pair for pair in WEEKENDS if rare[list(pair)].all()), ())
    if len(dates) > 7 and (~rare).sum() < FEWEST_WEEKDAYS:
        return np.ones(7, dtype=bool), dates[:0]
    is_open = ~rare | ((chances < 2) & ~np.isin(np.arange(7), weekend))
    if not is_open.any():  # a gap longer than all the rest tells nothing of weekdays
        is_open = np.bincount(of_week, minlength=7) > 0
    return is_open, dates[~is_open[of_week] & (fullness > CLOSED_WEEKDAY)]


def _has_nights(of_day: np.ndarray, days: int, step: int) -> bool:
    """Whether some time of day has bars on few days only."""
    counts = np.bincount(of_day // step, minlength=A_DAY // step)
    return bool(counts.min() <= NIGHT * days)


def _usual_breaks(of_day: np.ndarray, uneven: np.ndarray, night: np.ndarray, days: int) -> np.ndarray:
    """Whether each gap recurs on several days: within a day, from and to the same times; over night, either of them."""
    least = 1 if days <= 3 else 2 if days < 20 else 3
    before, after = of_day[uneven], of_day[uneven + 1]
    recurs = np.zeros(len(uneven), dtype=bool)
    recurs[night] = _often(before[night], least) & _often(after[night], least)
    recurs[~night] = _often(before[~night] // SECOND * A_DAY + after[~night], least)
    return recurs


def _often(values: np.ndarray, least: int) -> np.ndarray:
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    often: np.ndarray = counts[at] >= least
    return often


def _open_between(first: np.ndarray, last: np.ndarray, is_open: np.ndarray, cut: int) -> np.ndarray:
    """Count of the days with sessions between two days, without these."""
    mask = [bool(is_day_open) for is_day_open in is_open]
    shift = (cut + A_DAY // 2) // A_DAY
    begin, end = (values.astype("datetime64[D]") for values in (first + shift + 1, last + shift))
    counts: np.ndarray = np.maximum(np.busday_count(begin, np.maximum(begin, end), weekmask=mask), 0)
    return counts


def _are_holidays(days: np.ndarray, skipped: np.ndarray) -> np.ndarray:
    """Whether the sessions skipped in a row may be holidays: a few, or more if that recurs in several years."""
    are_holidays = skipped <= MOST_HOLIDAYS
    are_long = np.flatnonzero((skipped > MOST_HOLIDAYS) & (skipped <= MOST_LONG_HOLIDAYS))
    years = abs(days[are_long][:, None] - days[are_long][None, :]) / 365.25
    recur = (years > 0.5) & (abs(years - np.rint(years)) * 365.25 <= HOLIDAY_SHIFT)
    are_holidays[are_long] = recur.any(axis=1) if len(are_long) else False
    return are_holidays


def _dates_between(
    first: np.ndarray, last: np.ndarray, chosen: np.ndarray, is_open: np.ndarray, cut: int
) -> list[pd.Timestamp]:
    days = [np.arange(a + 1, b) for a, b in zip(first[chosen], last[chosen], strict=True)]
    all_days = np.concatenate(days) if days else np.array([], dtype="int64")
    return [_date(day, cut) for day in all_days[is_open[weekdays(all_days, cut)]]]


def _offsets_of(days: np.ndarray, of_day: np.ndarray, dates: np.ndarray) -> tuple[int, ...]:
    """The times of day at which bars open in most of the last sessions."""
    last_sessions = dates[-LAST_SESSIONS - 1 : -1] if len(dates) > 1 else dates  # the last session may not be over
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
    named = ", ".join(say_time(day) for day in holidays[:HOLIDAYS_LISTED]) + (
        ", …" if len(holidays) > HOLIDAYS_LISTED else ""
    )
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
