"""Times and durations as texts, and texts as times; all times are UTC."""

import re
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.errors import UserError

DURATIONS = {
    **{"day": "1D", "hour": "1h", "minute": "1min", "second": "1s"},
    **{"millisecond": "1ms", "microsecond": "1us", "nanosecond": "1ns"},
}
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3}  # nanoseconds in one of each


def say_time(time: pd.Timestamp) -> str:
    """A UTC time as short as it can be written: ``2024-03-11``, ``2024-03-11 07:00``, ``2024-03-11 07:00:00.5``."""
    if time == time.normalize():
        return f"{time:%Y-%m-%d}"
    if time == time.floor("min"):
        return f"{time:%Y-%m-%d %H:%M}"
    fraction = f"{time.microsecond * 1000 + time.nanosecond:09}".rstrip("0")
    return f"{time:%Y-%m-%d %H:%M:%S}" + (f".{fraction}" if fraction else "")


def say_duration(duration: pd.Timedelta) -> str:
    """A duration in words: ``1 day``, ``2 days``, ``4 hours``, ``90 minutes``, ``500 milliseconds``."""
    for unit, length in DURATIONS.items():
        count, remainder = divmod(duration, pd.Timedelta(length))
        if count and not remainder:
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return str(duration)


def to_utc(date: str, setting: str) -> pd.Timestamp:
    """The date of a setting as a UTC time; a text without a time zone is UTC.

    Raises:
        UserError: naming the setting, if its value is not a date.
    """
    try:  # other formats may be read in two ways
        readable = isinstance(date, str) and date[:4].isdigit()
        time = pd.to_datetime(date, format="ISO8601") if readable else pd.NaT
    except ValueError:
        time = pd.NaT
    if time is pd.NaT or not 1700 <= time.year < 2200:
        raise UserError(f"{setting} is {date!r}, which is not a date such as 2024-03-11.")
    return time.tz_localize("UTC") if time.tzinfo is None else time.tz_convert("UTC")


def to_duration(setting: str, text: object) -> pd.Timedelta:
    """The duration of a setting, such as ``1d``, ``8h`` or ``30min``.

    Raises:
        UserError: naming the setting, if its value is no duration.
    """
    parts = re.fullmatch(r"(\d{1,6})(d|h|min|s)", str(text))
    if parts is None:
        raise UserError(f"{setting} is {text!r}, which is not a duration such as 1d, 8h or 30min.")
    return int(parts[1]) * pd.Timedelta({"d": "1D", "h": "1h", "min": "1min", "s": "1s"}[parts[2]])


def iso_texts(times: pd.Series | pd.DatetimeIndex) -> np.ndarray:
    """UTC times in ISO 8601, all with as many decimals of a second as one of them needs.

    >>> iso_texts(pd.DatetimeIndex(["2024-03-11", "2024-03-11 00:00:00.5"], tz="UTC")).tolist()
    ['2024-03-11T00:00:00.000Z', '2024-03-11T00:00:00.500Z']
    """
    stamps = in_nanoseconds(pd.DatetimeIndex(times)).asi8
    unit: Any = next((unit for unit, length in UNITS.items() if not (stamps % length).any()), "ns")
    texts = np.datetime_as_string(stamps.view("datetime64[ns]"), unit=unit).astype("object")
    iso: np.ndarray = texts + "Z"
    return iso


def in_nanoseconds(times: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The same times counted in nanoseconds; not a copy if they are already."""
    return times if times.unit == "ns" else times.as_unit("ns")
