"""Dates as vendors write them."""

import numpy as np
import pandas as pd

FIRST_BITCOIN = pd.Timestamp("2009-01-03", tz="UTC")
EPOCHS_FROM = 10 ** np.array([9, 12, 15, 18])  # seconds, ms, us and ns are at least this since September 2001
NANOSECONDS = 10 ** np.array([9, 6, 3, 0])  # in one of each
PLAIN_DATE_FORMATS = ("ISO8601", "%Y/%m/%d", "%b %d, %Y", "%d %b %Y")  # none can be read in two ways


def read_times(column: pd.Series, date_format: str | None = None) -> pd.Series:
    """A column of dates or epochs as UTC times; NaT where a row cannot be read in exactly one way.

    Args:
        column: texts, or numbers counting seconds, milliseconds, microseconds or nanoseconds since 1970.
        date_format: how the dates are written, as for ``strptime``, where that is not plain.
    """
    if date_format is not None:
        return _since_1900(pd.to_datetime(column.astype(str), format=date_format, utc=True, errors="coerce"))
    if pd.api.types.is_numeric_dtype(column):
        return _epochs(column)
    styles = (pd.to_datetime(column, format=style, utc=True, errors="coerce") for style in PLAIN_DATE_FORMATS)
    first = next(styles)
    whole = first if first.notna().all() else next((times for times in styles if times.notna().all()), first)
    return _since_1900(whole)


def _since_1900(times: pd.Series) -> pd.Series:
    """Nanoseconds reach from 1677 to 2262; a bar outside this century and the last is a mistake anyway."""
    return times.where((times >= pd.Timestamp("1900", tz="UTC")) & (times < pd.Timestamp("2200", tz="UTC")))


def _epochs(column: pd.Series) -> pd.Series:
    """Epoch stamps to times, each row's unit told by its size; NaT where none gives a time since Bitcoin began."""
    stamps = column.round().astype("int64").to_numpy()
    unit = np.searchsorted(EPOCHS_FROM, stamps, side="right")  # 0 is too small for any
    plausible = (unit > 0) & (stamps // 10 < EPOCHS_FROM[unit - 1])
    nanoseconds = np.where(plausible, stamps, 0) * NANOSECONDS[unit - 1]
    times = pd.to_datetime(pd.Series(nanoseconds, index=column.index), unit="ns", utc=True)
    return times.where((times >= FIRST_BITCOIN) & (times <= pd.Timestamp.now("UTC")))
