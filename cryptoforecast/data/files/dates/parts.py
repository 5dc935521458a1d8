"""The parts of dates: the day, the time of day and the offset in each cell of a column."""

import re

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.kinds import in_lines
from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.cells.written_dates import PARTS, day_in_digits, digits_of_day
from cryptoforecast.data.files.dates.clocks import nanoseconds_of, offset_in_seconds, say_offset

CELLS_AT_A_TIME = 1 << 16  # the texts of all parts of millions of cells would need gigabytes
PLAIN_PARTS = re.compile(
    r"(?P<day>[A-Za-z0-9,./-][A-Za-z0-9 ,./-]*?)"
    r"(?:[ T,]+(?P<clock>\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?: ?[AaPp][Mm])?))?(?P<zone>)(?P<place>)(?P<year>)"
)  # most columns, found quickly
LINES_IN_DIGITS = re.compile(  # of 07/20/2023 13:45: most of the long columns, found much faster
    r"(?:[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4} [0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?\n)++"
)


class Distinct:
    """The different texts of a column, in order of appearance, and the code of each row's text; -1 for none."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._codes: list[np.ndarray] = []

    def add(self, texts: pd.Series) -> None:
        """Add further rows."""
        codes, unique = pd.factorize(texts)
        places = [self._places.setdefault(text, len(self._places)) for text in unique]
        self._codes.append(np.array([*places, -1], dtype="int32")[codes])

    @property
    def texts(self) -> list[str]:
        """The different texts."""
        return list(self._places)

    @property
    def codes(self) -> np.ndarray:
        """The place of each row's text among them."""
        return np.concatenate(self._codes)


class Parts:
    """The days, times of day and offsets of cells, each different one once.

    Args:
        cells: texts without spaces around them; NaN for none.
    """

    def __init__(self, cells: pd.Series) -> None:
        self.present = cells.notna().to_numpy()
        for pattern in (PLAIN_PARTS, PARTS):
            days, clocks, zones = Distinct(), Distinct(), Distinct()
            for start in range(0, max(len(cells), 1), CELLS_AT_A_TIME):
                parts = _split(cells.iloc[start : start + CELLS_AT_A_TIME], pattern)
                for column, texts in zip((days, clocks, zones), parts, strict=True):
                    column.add(texts)
            self.days = days.texts
            if all(digits_of_day(day) or day_in_digits(day) for day in self.days):
                break
        self.clocks, self.zones = clocks.texts, zones.texts
        self.day_codes, self.clock_codes, self.zone_codes = days.codes, clocks.codes, zones.codes

    def times_of(self, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The times of the rows in UTC.

        Args:
            days: the time of each of the different days.

        Raises:
            Unreadable: if a time zone is a mere name.
        """
        by_day = np.append(days.asi8, pd.NaT.value)[self.day_codes]
        by_clock = np.array([*map(nanoseconds_of, self.clocks), 0], dtype="int64")[self.clock_codes]
        offsets = [offset_in_seconds(zone) for zone in self.zones]
        if None in offsets:
            code = offsets.index(None)
            raise Unreadable(
                int((self.zone_codes == code).argmax()),
                f"and {self.zones[code]} is no offset from UTC that is told for sure; write the offset in its place, "
                "such as -05:00",
                by_format=False,
            )
        by_zone = 10**9 * np.array([*offsets, 0], dtype="int64")[self.zone_codes]
        missing = (by_day == pd.NaT.value) | (by_clock == pd.NaT.value)
        moved = np.where(missing, pd.NaT.value, np.where(missing, 0, by_day) + by_clock * ~missing - by_zone)
        return pd.DatetimeIndex(moved.view("datetime64[ns]")).tz_localize("UTC")

    def offsets_written(self) -> pd.Series:
        """A text for each row with its offset after a time of day, as :func:`offset_of` reads it."""
        texts = [f"0:00{say_offset(offset_in_seconds(zone) or 0)}" for zone in self.zones]
        return pd.Series(np.array([*texts, "0:00"], dtype=object)[self.zone_codes])


def _split(cells: pd.Series, pattern: re.Pattern[str]) -> tuple[pd.Series, pd.Series, pd.Series]:
    """The day, the time of day and the offset of each cell; NaN if it has none."""
    if not cells.hasnans and LINES_IN_DIGITS.fullmatch(lines := in_lines(cells.tolist())):
        parts, nothing = lines.split(), pd.Series(np.nan, index=cells.index)
        return pd.Series(parts[::2], dtype=object), pd.Series(parts[1::2], dtype=object), nothing
    found = cells.str.extract(rf"^(?:{pattern.pattern})$", flags=re.DOTALL)
    days = (found["day"] + found["year"].fillna("")).str.strip(" ,\t")
    zones = found["zone"].fillna("") + found["place"].fillna("")
    return days.fillna("").mask(cells.isna()), found["clock"].replace("", None), zones.mask(zones == "")
