"""Dates as vendors write them."""

import re
from datetime import datetime
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.files.local_days import Zone, offset_of, to_days, zone_of
from cryptoforecast.data.files.numbers import Unreadable

FIRST_BITCOIN = pd.Timestamp("2009-01-03", tz="UTC")
EPOCHS_FROM = 10 ** np.array([9, 12, 15, 18])  # seconds, ms, us and ns are at least this since September 2001
NANOSECONDS = 10 ** np.array([9, 6, 3, 0])  # in one of each
UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
ISO = "ISO8601"
DAY_STYLES = [  # each can be read in one way only
    *("%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d %b %Y", "%d %B %Y"),
    *("%d-%b-%Y", "%d-%b-%y", "%d %b, %Y", "%d %B, %Y"),
    *(
        style.replace("/", mark)
        for mark, style in product("/.-", ("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%y/%m/%d"))
    ),  # of these, one may be read as another; the whole column tells which it is, or nothing does
]
TIME_STYLES = (" %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I-%p", " %I%p")
TIME = re.compile(r"(.*?)(,?)( \d{1,2}(?::\d\d\b.*|-?[AP]M| [AP]M))?", re.IGNORECASE | re.DOTALL)


class Times(NamedTuple):
    """A column read as times: UTC, NaT where the cell is empty; how they were written; and in which zone, of days."""

    times: pd.DatetimeIndex
    style: str
    zone: Zone | None = None


def read_times(column: pd.Series, date_format: str | None = None, now: pd.Timestamp | None = None) -> Times:
    """A column of dates or epochs as UTC times.

    Args:
        column: texts, or numbers counting seconds, milliseconds, microseconds or nanoseconds since 1970.
        date_format: how the dates are written, as for ``strptime``, where that is not plain.
        now: the present; no epoch lies behind it.

    Raises:
        Unreadable: naming the row that cannot be read, or can be read in two ways.
    """
    now = now or pd.Timestamp.now("UTC")
    if pd.api.types.is_numeric_dtype(column) and date_format is None:
        return _epochs(column.to_numpy(), now)
    cells = column.astype("str").str.strip().str.removesuffix(" UTC").str.removesuffix(" GMT")
    cells = cells.mask(cells == "")
    if date_format is not None:
        return _by_local_days(cells, _one_style(cells, date_format))
    return _by_local_days(cells, _texts(cells, now))


def _by_local_days(cells: pd.Series, read: Times) -> Times:
    """Times of a zone whose clocks change, one a calendar day, as their dates."""
    if (zone := zone_of(cells, read.times)) is None or not zone.changes:
        return read._replace(zone=zone)
    offsets = cells.map(offset_of).fillna(0).to_numpy("int64")
    return Times(to_days(read.times, offsets), f"{read.style}, local days", zone)


def _one_style(cells: pd.Series, style: str) -> Times:
    try:
        times = _parse(cells, style)
    except ValueError:
        raise Unreadable(0, f"data.source.date_format is {style!r}, which is no format such as %d/%m/%Y") from None
    bad = (
        (times.isna() & cells.notna().to_numpy()).argmax() if (times.isna() & cells.notna().to_numpy()).any() else None
    )
    if bad is not None:
        raise Unreadable(int(bad), f"not written as {style}")
    return Times(times, style)


def _texts(cells: pd.Series, now: pd.Timestamp) -> Times:
    present = cells.notna().to_numpy()
    iso = _parse(cells, ISO)
    if (iso.notna() == present).all():
        return Times(iso, "ISO 8601")
    if cells[present].str.fullmatch(r"\d{9,19}(\.\d*)?").all():  # among texts only because of an odd cell
        return _epochs(cells.astype("float64").to_numpy(), now)
    readings = {style: _parse(cells, style) for style in _styles_of(cells[present])}
    whole = {style: times for style, times in readings.items() if (times.notna() == present).all()}
    if not whole:
        best = max([iso, *readings.values()], key=lambda times: int(times.notna().sum()))
        row = int((best.isna() & present).argmax())
        raise Unreadable(row, "not a date written as 2024-03-11 or as the others, or an epoch")
    style = _settle(whole, now)
    if style is None:
        first, second = list(whole)[:2]
        raise Unreadable(0, f"{first} or {second}: nothing in the file tells which")
    return Times(whole[style], style)


def _styles_of(cells: pd.Series) -> list[str]:
    """The styles in which the first, the middle or the last cell can be read: few, as whole columns take long."""
    styles: dict[str, None] = {}
    for cell in cells.iloc[[0, len(cells) // 2, -1]]:
        parts = TIME.fullmatch(cell)
        day, mark, time = parts.groups() if parts else (cell, "", None)
        of_day = [style for style in DAY_STYLES if _fits(day, style)]
        of_time = [style for style in TIME_STYLES if _fits(time, style)] if time else [""]
        styles |= dict.fromkeys(one + mark + other for one in of_day for other in of_time)
    return list(styles)


def _fits(text: str, style: str) -> bool:
    try:
        datetime.strptime(text, style)
    except ValueError:
        return False
    return True


def _settle(readings: dict[str, pd.DatetimeIndex], now: pd.Timestamp) -> str | None:
    """The one reading that makes sense of the whole column: not in the future, in order, at even steps."""
    left = dict(readings)
    for sensible in (lambda times: times.max() <= now + pd.Timedelta("2D"), _in_order, _evenly):
        sound = {style: times for style, times in left.items() if sensible(times.dropna())}
        left = sound or left
    same = {times.asi8.tobytes() for times in left.values()}
    return next(iter(left)) if len(same) == 1 else None


def _in_order(times: pd.DatetimeIndex) -> bool:
    return bool(times.is_monotonic_increasing or times.is_monotonic_decreasing)


def _evenly(times: pd.DatetimeIndex) -> bool:
    return len(times) > 2 and len(np.unique(np.diff(np.sort(times.asi8)))) == 1


def _parse(cells: pd.Series, style: str) -> pd.DatetimeIndex:
    """Nanoseconds reach from 1677 to 2262; a bar outside this century and the last is a mistake anyway."""
    times = pd.DatetimeIndex(pd.to_datetime(cells, format=style, utc=True, errors="coerce"))
    sensible = (times >= pd.Timestamp("1900", tz="UTC")) & (times < pd.Timestamp("2200", tz="UTC"))
    return times.where(sensible).as_unit("ns")


def _epochs(stamps: np.ndarray, now: pd.Timestamp) -> Times:
    """Epoch stamps to times, each row's unit told by its size."""
    empty = np.isnan(stamps)
    present = stamps[~empty] if empty.any() else stamps
    if not len(present):
        return Times(pd.DatetimeIndex([pd.NaT] * len(stamps), tz="UTC", dtype="datetime64[ns, UTC]"), "none")
    if _are_days(present):
        return _one_style(pd.Series(_whole(stamps, empty).astype(str)).mask(empty), "%Y%m%d")
    first, last = (int(np.searchsorted(EPOCHS_FROM, end, side="right")) for end in (present.min(), present.max()))
    unit = first if first == last else np.searchsorted(EPOCHS_FROM, stamps, side="right")  # 0 is too small for any
    scale = NANOSECONDS[unit - 1]
    possible = (FIRST_BITCOIN.value // scale <= stamps) & (stamps <= now.value // scale) & (unit > 0)
    if not (possible | empty).all():
        row = int((possible | empty).argmin())
        raise Unreadable(row, "not an epoch between 2009 and now in seconds, milliseconds, microseconds or nanoseconds")
    nanoseconds = _whole(stamps, empty)
    fractions = _fractions(stamps, empty, scale)
    nanoseconds *= scale
    nanoseconds += fractions
    times = pd.DatetimeIndex(nanoseconds, tz="UTC", copy=False)
    used = " and ".join(UNITS[kind - 1] for kind in np.unique(np.atleast_1d(unit)))
    return Times(times.where(~empty) if empty.any() else times, f"epoch {used}")


def _whole(stamps: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """A copy as whole numbers, rounded down; 0 where there is none."""
    if stamps.dtype == np.int64:
        return stamps.copy()
    return np.floor(np.where(empty, 0, stamps) if empty.any() else stamps).astype("int64")


def _fractions(stamps: np.ndarray, empty: np.ndarray, scale: np.ndarray) -> np.ndarray | int:
    """Nanoseconds behind the point of epochs, to the microsecond: a float has no more digits."""
    if stamps.dtype == np.int64 or not (rest := np.where(empty, 0, stamps % 1)).any():
        return 0
    microseconds: np.ndarray = np.rint(rest * scale / 1000).astype("int64")
    return microseconds * 1000


def _are_days(stamps: np.ndarray) -> bool:
    """Whether numbers are days written as 20240311."""
    some = stamps[:: max(len(stamps) // 1000, 1)]
    return len(some) > 0 and bool(20090103 <= np.median(some) <= 20991231)
