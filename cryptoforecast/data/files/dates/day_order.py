"""The order of day, month and year in digits: only a whole column tells whether 03/04/2024 is in March or April."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.kinds import in_lines
from cryptoforecast.data.files.cells.numbers import Unreadable

ORDERS = ("%Y/%m/%d", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%y/%m/%d")  # with any mark
ISO = re.compile(r"(?:(?:(?:19|20|21)\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?Z?)?)?\n)++", re.ASCII)
MOST_MONTHS = 6  # from bar to bar
HALF_A_YEAR = pd.Timedelta("190D")


class Reading(NamedTuple):
    """A column read in one style; ``note`` is for the user where a convention chose the style."""

    times: pd.DatetimeIndex
    style: str
    note: str = ""


def styles_with(mark: str) -> list[str]:
    """The orders of day, month and year with a mark between them."""
    return [order.replace("/", mark) for order in ORDERS]


def parse_days(texts: Sequence[str] | pd.Series, style: str) -> pd.DatetimeIndex:
    """Texts as times in UTC; NaT if not written in that style, or before 1700 or after 2199."""
    times = pd.DatetimeIndex(pd.to_datetime(pd.Series(texts, dtype="str"), format=style, utc=True, errors="coerce"))
    sensible = (times >= pd.Timestamp("1700", tz="UTC")) & (times < pd.Timestamp("2200", tz="UTC"))
    return times.where(sensible).as_unit("ns")


def iso_times(cells: Sequence[str]) -> pd.DatetimeIndex | None:
    """Texts in ISO 8601 as times in UTC; None if one is written in another way or has another offset."""
    if not ISO.fullmatch(in_lines(cells)):
        return None
    try:
        return pd.DatetimeIndex(np.array([cell.removesuffix("Z") for cell in cells], dtype="datetime64[ns]"), tz="UTC")
    except ValueError:  # a 31 February
        return None


def settle(readings: dict[str, pd.DatetimeIndex], now: pd.Timestamp) -> Reading:
    """The reading of a column that is plausible: not in the future, in order, at regular steps.

    Months on one day of the month are as regular as days. Where two readings are equally plausible, dates with dots are
    read with the day first, as wherever dots are used.

    Args:
        readings: the times of the column by style.
        now: the present.

    Raises:
        Unreadable: with both readings, if nothing tells which is right.
    """
    possible = dict(readings)
    for sensible in (lambda times: times.max() <= now + pd.Timedelta("2D"), _in_order, _not_by_years, _is_regular):
        sound = {style: times for style, times in possible.items() if sensible(times.dropna())}
        possible = sound or possible
    if len({times.asi8.tobytes() for times in possible.values()}) == 1:
        style, times = next(iter(possible.items()))
        return Reading(times, style)
    dotted = [style for style in possible if style.startswith("%d.%m.")]
    if dotted and not any(style.startswith("%y") for style in possible):  # 24.03.11, as in Korea
        note = f"dates with dots were read with the day first ({dotted[0]}); data.source.date_format settles it."
        return Reading(possible[dotted[0]], dotted[0], note)
    (first_style, first_times), (second_style, second_times) = list(possible.items())[:2]
    row = int((first_times != second_times).argmax())
    raise Unreadable(
        row,
        f"{first_times[row]:%Y-%m-%d} ({first_style}) or {second_times[row]:%Y-%m-%d} ({second_style}): nothing in "
        f"the file tells which; set data.source.date_format to {first_style} or to {second_style}",
    )


def go_on_by_months(times: pd.DatetimeIndex) -> bool:
    """Whether times are an equal count of months apart, six at most, on one day of the month or at its end."""
    if len(times) < 3:
        return False
    ordered = times.sort_values()
    counted = np.unique(np.diff(ordered.year * 12 + ordered.month))
    if len(counted) != 1 or not 1 <= counted[0] <= MOST_MONTHS:
        return False
    one_day = len(np.unique(ordered.day)) == 1
    return bool(one_day or ordered.is_month_end.all())


def _in_order(times: pd.DatetimeIndex) -> bool:
    return bool(times.is_monotonic_increasing or times.is_monotonic_decreasing)


def _not_by_years(times: pd.DatetimeIndex) -> bool:
    """Whether bars are less than a year apart: 01/01/18, 02/01/18 and 03/01/18 are not three Januaries."""
    return len(times) < 2 or bool(np.median(np.diff(np.sort(times.asi8))) <= HALF_A_YEAR.value)


def _is_regular(times: pd.DatetimeIndex) -> bool:
    if len(times) < 3:
        return False
    return len(np.unique(np.diff(np.sort(times.asi8)))) == 1 or go_on_by_months(times)
