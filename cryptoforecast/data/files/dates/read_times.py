"""Columns of dates or epochs as UTC times."""

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.cells.written_dates import (
    day_in_digits,
    digits_of_day,
    month_and_short_year,
    with_english_months,
)
from cryptoforecast.data.files.dates.day_order import Reading, go_on_by_months, parse_days, settle, styles_with
from cryptoforecast.data.files.dates.epochs import read_numeric_times
from cryptoforecast.data.files.dates.local_days import Zone, offset_of, to_days, zone_of
from cryptoforecast.data.files.dates.parts import Parts

ISO, ISO_STYLE = "ISO8601", "ISO 8601"
EPOCHS = r"-?\d+(?:\.\d*)?(?:[eE]\+?\d+)?"
DAYS_TRIED_FIRST = 20  # most styles do not fit these
CLOCK_DIRECTIVES = re.compile(r"%[HIMSfpXcrRT]")
NOT_A_DATE = "not a date written as 2024-03-11 or as the others, or an epoch"


class Times(NamedTuple):
    """A column read as times: in UTC, NaT for empty cells.

    ``style`` is how they were written, ``zone`` that of local days, ``note`` what the user is told of the choice.
    """

    times: pd.DatetimeIndex
    style: str
    zone: Zone | None = None
    note: str = ""


def read_times(column: pd.Series, date_format: str | None = None, now: pd.Timestamp | None = None) -> Times:
    """A column of dates or epochs as UTC times.

    Args:
        column: texts, or numbers of seconds, milliseconds, microseconds or nanoseconds since 1970.
        date_format: of the dates, as for ``strptime``, if the user has set it; it may leave out the time of day.
        now: the present; no epoch is later.

    Raises:
        Unreadable: naming a row that cannot be read, or can be read in two ways.
    """
    now = now or pd.Timestamp.now("UTC")
    if pd.api.types.is_numeric_dtype(column) and date_format is None:
        return Times(*read_numeric_times(column.to_numpy(), now))
    cells = column.astype("str").str.strip().str.removesuffix(" UTC").str.removesuffix(" GMT")
    cells = cells.mask(cells == "")
    if date_format is not None:
        return _by_format(cells, date_format)
    iso = parse_days(cells, ISO)
    if (iso.notna() == cells.notna().to_numpy()).all():
        return _by_local_days(cells, Times(iso, ISO_STYLE))
    if cells.dropna().str.fullmatch(EPOCHS).all():  # texts because of one cell or of quotes
        return Times(*read_numeric_times(_as_numbers(cells), now))
    return _of_parts(cells, now)


def _as_numbers(cells: pd.Series) -> np.ndarray:
    """Whole numbers if possible: nanoseconds have more digits than a float."""
    try:
        numbers: np.ndarray = cells.astype("int64").to_numpy()
    except (ValueError, OverflowError, TypeError):
        numbers = cells.astype("float64").to_numpy()
    return numbers


def _by_local_days(cells: pd.Series, read: Times) -> Times:
    """The times; those of local days of a zone whose clocks change as their dates."""
    if (zone := zone_of(cells, read.times)) is None or not zone.changes:
        return read._replace(zone=zone)
    offsets = cells.map(offset_of).fillna(0).to_numpy("int64")
    return Times(to_days(read.times, offsets), f"{read.style}, local days", zone, read.note)


def _by_format(cells: pd.Series, style: str) -> Times:
    """Times by the user's format: of the cell, of the cell with English months, or of its day only.

    Raises:
        Unreadable: naming a row that is not written so.
    """
    present = cells.notna().to_numpy()
    best = 0
    unread = int(present.argmax())
    for attempt in (_as_written, _in_english, _days_alone):
        try:
            times, offsets = attempt(cells, style)
        except ValueError as problem:
            if isinstance(problem, Unreadable):
                raise
            message = f"data.source.date_format is {style!r}, which is not a format such as %d/%m/%Y"
            raise Unreadable(0, message) from None
        if not (unreadable := times.isna() & present).any():
            return _by_local_days(offsets, Times(times, style))
        if (read := int((~unreadable).sum())) > best:
            best, unread = read, int(unreadable.argmax())
    raise Unreadable(unread, f"not written as {style}")


def _as_written(cells: pd.Series, style: str) -> tuple[pd.DatetimeIndex, pd.Series]:
    return parse_days(cells, style), cells


def _in_english(cells: pd.Series, style: str) -> tuple[pd.DatetimeIndex, pd.Series]:
    return parse_days(_map_unique(cells, with_english_months), style), cells


def _days_alone(cells: pd.Series, style: str) -> tuple[pd.DatetimeIndex, pd.Series]:
    """Times by a style of the day; time of day and offset are read as without a format."""
    if CLOCK_DIRECTIVES.search(style):
        return parse_days(cells, style), cells
    parts = Parts(cells)
    days = [digits_of_day(day) or with_english_months(day) for day in parts.days]
    return parts.times_of(parse_days(days, style)), parts.offsets_written()


def _map_unique(cells: pd.Series, change: Callable[[str], str]) -> pd.Series:
    codes, unique = pd.factorize(cells)
    changed = np.array([change(text) for text in unique] + [None], dtype=object)
    return pd.Series(changed[codes], index=cells.index, dtype="str")


def _of_parts(cells: pd.Series, now: pd.Timestamp) -> Times:
    parts = Parts(cells)
    read = _days(parts, now)
    times = read.times
    if (unreadable := times.isna() & parts.present).any():
        raise Unreadable(int(unreadable.argmax()), NOT_A_DATE)
    style = read.style + (" and the time of day" if len(parts.clocks) else "")
    read_whole = Times(times, style, note=read.note)
    return _by_local_days(parts.offsets_written(), read_whole) if parts.zones else read_whole


def _days(parts: Parts, now: pd.Timestamp) -> Reading:
    """The rows' times by the style in which all days can be read."""
    if len(parts.days) and all(month_and_short_year(day) for day in parts.days):
        return _months_of_short_years(parts)
    in_words = [day_in_digits(day) for day in parts.days]
    in_digits = [day or digits_of_day(text) or "" for day, text in zip(in_words, parts.days, strict=True)]
    marks = sorted({mark for day in in_digits for mark in "-/. " if mark in day})
    styles = ["%Y-%m-%d"] if all(in_words) else [style for mark in marks for style in styles_with(mark)] + ["%Y%m%d"]
    possible = [style for style in styles if parse_days(in_digits[:DAYS_TRIED_FIRST], style).notna().all()]
    readings = {style: parse_days(in_digits, style) for style in possible}
    complete = {style: parts.times_of(days) for style, days in readings.items() if days.notna().all()}
    if complete:
        reading = settle(complete, now)
        return reading._replace(style="in words") if all(in_words) else reading
    readings |= {style: parse_days(in_digits, style) for style in styles if style not in possible}
    best = max(readings.values(), key=lambda days: int(days.notna().sum()))
    raise Unreadable(int((parts.times_of(best).isna() & parts.present).argmax()), NOT_A_DATE)


def _months_of_short_years(parts: Parts) -> Reading:
    """The rows' times where days are written as ``Dec 21``: December 2021, if the rows are consecutive months.

    Raises:
        Unreadable: if they are not; then it may be a day without a year.
    """
    days = parse_days([month_and_short_year(day) or "" for day in parts.days], "%Y-%m-%d")
    times = parts.times_of(days)
    if go_on_by_months(times.dropna()):
        return Reading(times, "month and year")
    row = int(parts.present.argmax())
    text = parts.days[parts.day_codes[row]]
    raise Unreadable(row, f"{times[row]:%Y-%m} or, without its year, the day {text!r}: nothing in the file tells which")
