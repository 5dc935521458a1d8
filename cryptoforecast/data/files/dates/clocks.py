"""Times of day and offsets from UTC, behind a date or in a column of their own."""

import re

import pandas as pd

from cryptoforecast.data.files.cells.written_dates import HALVES_OF_DAY

NO_TIME = int(pd.NaT.value)  # among nanoseconds
MIDNIGHT = re.compile(r"[T ]+0{1,2}:00(:00(\.0+)?)?$")
_CLOCK = re.compile(r"(?P<before>\D*?)\s*(\d{1,2})(?::(\d\d))?(?::(\d\d))?(?:[.,](\d{1,9}))?[\s-]*(?P<after>\D*)")
_ZONE = re.compile(r"(?:UTC|GMT)?\s?(?P<sign>[+-])(?P<hours>\d{1,2}):?(?P<minutes>\d\d)?(?P<place>[\s([].*)?")
_UTC = re.compile(r"(?:Z|UTC|GMT)?\s*(?:[(\[](?:Z|UTC|GMT|Etc/UTC|Coordinated Universal Time)[)\]])?")


def join_clock(days: pd.Series, clocks: pd.Series) -> pd.Series:
    """The day and the time of day of each row as one text, empty if either is.

    >>> join_clock(pd.Series(["2024.01.02", "20240103"]), pd.Series(["09:30", "093000"])).tolist()
    ['2024.01.02 09:30', '2024-01-03 09:30:00']
    """
    dates = days.fillna("").astype("str").str.strip().str.replace(MIDNIGHT, "", regex=True).str.removesuffix(".0")
    dates = dates.str.replace(r"^(\d{4})(\d\d)(\d\d)$", r"\1-\2-\3", regex=True)
    times = clocks.fillna("").astype("str").str.strip()
    times = times.str.replace(r"^\d{1,5}$", lambda digits: _padded(digits.group()), regex=True)
    times = times.str.replace(r"^(\d\d)(\d\d)(\d\d)?$", _with_colons, regex=True)
    return (dates + " " + times).mask((dates == "") | (times == ""), "")


def nanoseconds_of(clock: str) -> int:
    """Nanoseconds since midnight; ``NO_TIME`` if there is no such time of day.

    >>> [nanoseconds_of(text) // 10**9 for text in ("13:45", "1:45 PM", "오후 1:45", "12-AM", "24:00")]
    [49500, 49500, 49500, 0, 86400]
    """
    found = _CLOCK.fullmatch(clock.strip())
    if found is None:
        return NO_TIME
    hours, minutes, seconds = (int(found[at] or 0) for at in (2, 3, 4))
    half = "".join(letter for letter in (found["before"] or found["after"]).lower() if letter.isalpha())
    if half:
        if half not in HALVES_OF_DAY or hours > 23 or (hours == 0 and HALVES_OF_DAY[half]):
            return NO_TIME
        hours = hours if hours > 12 else hours % 12 + HALVES_OF_DAY[half]
    if minutes > 59 or seconds > 59 or hours > 24 or (hours == 24 and minutes + seconds):
        return NO_TIME
    return 10**9 * (3600 * hours + 60 * minutes + seconds) + int((found[5] or "").ljust(9, "0"))


def offset_in_seconds(zone: str) -> int | None:
    """The offset of a time zone from UTC; None for a mere name such as EST, which has several meanings.

    >>> [offset_in_seconds(zone) for zone in ("GMT+0800", "UTC+8", "-05:00", "Z", "EST", "+01:00[Europe/Paris]")]
    [28800, 28800, -18000, 0, None, 3600]
    """
    if _UTC.fullmatch(zone.strip()):
        return 0
    found = _ZONE.fullmatch(zone.strip())
    if found is None or int(found["hours"]) > 15 or int(found["minutes"] or 0) > 59:
        return None
    seconds = 3600 * int(found["hours"]) + 60 * int(found["minutes"] or 0)
    return -seconds if found["sign"] == "-" else seconds


def say_offset(seconds: int) -> str:
    """An offset as ISO 8601 writes it, such as -05:00."""
    return f"{'-' if seconds < 0 else '+'}{abs(seconds) // 3600:02}:{abs(seconds) // 60 % 60:02}"


def _padded(digits: str) -> str:
    return digits.zfill(4 if len(digits) == 4 else 6)


def _with_colons(found: re.Match[str]) -> str:
    return ":".join(part for part in found.groups() if part)
