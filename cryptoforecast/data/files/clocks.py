"""Days and times of day that stand in two columns, as one text."""

import re

import pandas as pd

MIDNIGHT = re.compile(r"[T ]+0{1,2}:00(:00(\.0+)?)?$")


def join_clock(days: pd.Series, clocks: pd.Series) -> pd.Series:
    """One text a row: the day and the time of day, empty where either is.

    >>> join_clock(pd.Series(["2024.01.02", "20240103"]), pd.Series(["09:30", "093000"])).tolist()
    ['2024.01.02 09:30', '2024-01-03 09:30:00']
    """
    dates = days.fillna("").astype("str").str.strip().str.replace(MIDNIGHT, "", regex=True).str.removesuffix(".0")
    dates = dates.str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True)
    times = clocks.fillna("").astype("str").str.strip()
    times = times.str.replace(r"^\d{1,5}$", lambda digits: _padded(digits.group()), regex=True)
    times = times.str.replace(r"^(\d\d)(\d\d)(\d\d)?$", _with_colons, regex=True)
    return (dates + " " + times).mask((dates == "") | (times == ""), "")


def _padded(digits: str) -> str:
    return digits.zfill(4 if len(digits) == 4 else 6)


def _with_colons(found: re.Match[str]) -> str:
    return ":".join(part for part in found.groups() if part)
