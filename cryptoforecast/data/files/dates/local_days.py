"""Local days: a bar per calendar day, stamped with the time and offset of a place whose clocks change."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

A_DAY = 86_400  # seconds
STAMPS_SAMPLED = 1000  # tried first: a few stamps show that bars are hours and not days
OFFSET = re.compile(r"\d:\d\d\S*\s?(?:([+-])(\d\d):?(\d\d)|Z)$")  # after a time of day


class Zone(NamedTuple):
    """The offsets from UTC of stamps with one local time of day, and that time, in seconds.

    Where the lowest and the highest offset differ, as with summer time, bars are a day apart on the calendar and an
    hour more or less in UTC; then their dates are used.
    """

    lowest: int
    highest: int
    time_of_day: int

    @property
    def changes(self) -> bool:
        """Whether the offset changes."""
        return self.lowest < self.highest

    @property
    def offsets(self) -> str:
        """The offsets, such as ``-05:00 to -04:00``."""
        return f"{_clock(self.lowest)} to {_clock(self.highest)}"

    @property
    def late(self) -> pd.Timedelta:
        """The time by which a bar may end after its date in UTC."""
        return pd.Timedelta(seconds=max(0, self.time_of_day - self.lowest)) if self.changes else pd.Timedelta(0)


def zone_of(cells: pd.Series, times: pd.DatetimeIndex) -> Zone | None:
    """The zone of stamps that all have an offset and the same local time of day; else None.

    Args:
        cells: the stamps as written.
        times: the same stamps in UTC.
    """
    if times.hasnans:
        present = times.notna()
        cells, times = cells[present], times[present]
    for part in (slice(STAMPS_SAMPLED), slice(None)):
        if (zone := _one_time_of_day(cells.iloc[part], times[part])) is None:
            return None
    return zone


def to_days(times: pd.DatetimeIndex, offsets: np.ndarray | int) -> pd.DatetimeIndex:
    """The local dates of times, as midnights in UTC."""
    return (times + pd.to_timedelta(offsets, unit="s")).floor("D")


def offset_of(cell: str) -> int | None:
    """The offset in a stamp, in seconds; None if it has none."""
    found = OFFSET.search(cell) if isinstance(cell, str) else None
    if found is None:
        return None
    if found[1] is None:
        return 0
    return (1 if found[1] == "+" else -1) * (3600 * int(found[2]) + 60 * int(found[3]))


def _one_time_of_day(cells: pd.Series, times: pd.DatetimeIndex) -> Zone | None:
    """The zone of some stamps; a day whose midnight is skipped may begin an hour later."""
    by_cell = [offset_of(cell) for cell in cells]
    offsets = np.array([offset for offset in by_cell if offset is not None], dtype="int64")
    if len(offsets) < len(by_cell) or not len(by_cell):
        return None
    order = np.argsort(times.asi8, kind="stable")
    local = (times.asi8[order] // 10**9 + offsets[order]) % A_DAY
    median_time = int(np.median(local))
    forward = np.diff(offsets[order], prepend=offsets[order][0])
    if not ((local == median_time) | ((forward > 0) & (local == median_time + forward))).all():
        return None
    return Zone(int(offsets.min()), int(offsets.max()), median_time)


def _clock(offset: int) -> str:
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02}:{abs(offset) // 60 % 60:02}"
