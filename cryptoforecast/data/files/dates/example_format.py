"""A format by which a date can be read, as an example in errors."""

import re
from itertools import permutations

import pandas as pd

from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.cells.written_dates import with_english_months
from cryptoforecast.data.files.dates.read_times import read_times

ORDERS = (("%Y", "%m", "%d"), ("%d", "%m", "%Y"), ("%m", "%d", "%Y"), ("%d", "%m", "%y"), ("%m", "%d", "%y"))
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?")
_ENGLISH = re.compile(r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b")


def example_format(cell: str) -> str | None:
    """A value of ``data.source.date_format`` that reads the cell; None if none is found.

    >>> example_format("2024|13|01"), example_format("11_03_2024 13:45"), example_format("never")
    ('%Y|%d|%m', '%d_%m_%Y %H:%M', None)
    """
    text = with_english_months(cell.strip()).replace("%", "%%")
    template = _CLOCK.sub(lambda found: "%H:%M:%S" if found[1] else "%H:%M", text)
    with_month = _ENGLISH.sub("%b", template, count=1)
    numbers = re.findall(r"\d+", with_month)
    if not 1 <= len(numbers) <= 3:
        return None
    orders = [("%Y%m%d",)] if len(numbers) == 1 else [*ORDERS, *permutations(("%Y", "%m", "%d"))]
    for order in orders:
        directives = iter(name for name in order if with_month == template or name != "%m")
        style = re.sub(r"\d+", lambda _, names=directives: next(names, ""), with_month)  # type: ignore[misc]
        if next(directives, None) is None and _reads(cell, style):
            return style
    return None


def _reads(cell: str, style: str) -> bool:
    try:
        return bool(read_times(pd.Series([cell]), style).times.notna().all())
    except Unreadable:
        return False
