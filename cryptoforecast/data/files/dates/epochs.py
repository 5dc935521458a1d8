"""Times as numbers: epochs, and days or months in digits."""

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.dates.day_order import parse_days, settle

EARLIEST = pd.Timestamp("1900-01-01", tz="UTC")
FIRST_BITCOIN = pd.Timestamp("2009-01-03", tz="UTC")
SMALLEST_EPOCHS = 10 ** np.array([9, 12, 15, 18])  # since September 2001, in s, ms, us and ns
NANOSECONDS_IN_UNIT = 10 ** np.array([9, 6, 3, 0])  # s, ms, us and ns
UNITS = ("seconds", "milliseconds", "microseconds", "nanoseconds")
FEWEST_STEPS = 3  # by which epochs near 0 are recognised
FAR_FROM_1970, A_MINUTE = 10**8, 60 * 10**9  # seconds, nanoseconds; counters of rows are smaller
EVEN_STEPS = 60 * np.array([60, 120, 180, 240, 360, 480, 720, 1440, 4320, 10080])  # seconds; an hour to a week
LARGEST_GAP = 1000  # in median steps, between epochs of one unit; the gap between two units is larger
WORKBOOK_DAYS = (25_569, 60_000)  # Excel's numbers of the days from 1970 to 2064
FIRST_DMY, LAST_DMY = 1_011_900, 31_122_199  # 1 January 1900 and 31 December 2199, with the year last
FIRST_YEAR = 1700
NOT_AN_EPOCH = "not an epoch between 2009 and now in seconds, milliseconds, microseconds or nanoseconds"


def read_numeric_times(stamps: np.ndarray, now: pd.Timestamp) -> tuple[pd.DatetimeIndex, str]:
    """Numbers as UTC times, NaT for NaN, and a text on what they count.

    The size of an epoch since 2009 tells its unit, in each row. Older and negative ones are read in one unit, if no gap
    between them is as large as between two units.

    Raises:
        Unreadable: naming the row that is not an epoch.
    """
    empty = np.isnan(stamps)
    present = stamps[~empty] if empty.any() else stamps
    if not len(present):
        return pd.DatetimeIndex([pd.NaT] * len(stamps), tz="UTC", dtype="datetime64[ns, UTC]"), "none"
    if not np.isfinite(present).all():
        raise Unreadable(int(np.isinf(stamps).argmax()), NOT_AN_EPOCH)
    if readings := _with_year_last(stamps, empty):
        return settle(readings, now)[:2]
    if _are_years(present, now):
        return _digits_as_days(stamps * 10_000 + 101, empty, "%Y%m%d"), "years"
    for style, length in (("%Y%m%d", 8), ("%Y%m", 6)):
        if _are_digits_of(present, length):
            return _digits_as_days(stamps, empty, style), style
    first, last = (int(np.searchsorted(SMALLEST_EPOCHS, end, side="right")) for end in (present.min(), present.max()))
    unit = first if first == last else np.searchsorted(SMALLEST_EPOCHS, stamps, side="right")
    scale = NANOSECONDS_IN_UNIT[unit - 1]
    possible = (FIRST_BITCOIN.value // scale <= stamps) & (stamps <= now.value // scale) & (unit > 0)
    if not (possible | empty).all():
        if style := _style_of_digits(present):
            return _digits_as_days(stamps, empty, style), style
        if (older := _unit_of_bars(present, now) or _one_unit(present, now)) is None:
            raise Unreadable(int((possible | empty).argmin()), _problem(present))
        unit = older
        scale = NANOSECONDS_IN_UNIT[unit - 1]
    nanoseconds = _whole(stamps, empty)
    fractions = _fractions(stamps, empty, scale)
    nanoseconds *= scale
    nanoseconds += fractions
    times = pd.DatetimeIndex(nanoseconds, tz="UTC", copy=False)
    units = " and ".join(UNITS[kind - 1] for kind in np.unique(np.atleast_1d(unit)))
    return times.where(~empty) if empty.any() else times, f"epoch {units}"


def _with_year_last(stamps: np.ndarray, empty: np.ndarray) -> dict[str, pd.DatetimeIndex]:
    """The readings of days in digits with the year last, 13012025, by style; a leading zero may be missing."""
    present = stamps[~empty]
    if present.min() < FIRST_DMY or present.max() > LAST_DMY or (present % 1 != 0).any():
        return {}
    years = present % 10_000
    if (present.min() >= 19_000_101 and present.max() <= 21_991_231) or years.min() < 1900 or years.max() >= 2200:
        return {}
    texts = pd.Series(_whole(stamps, empty).astype(str)).str.zfill(8).mask(empty)
    readings = {style: parse_days(texts, style) for style in ("%d%m%Y", "%m%d%Y")}
    return {style: times for style, times in readings.items() if (times.notna() | empty).all()}


def _are_years(stamps: np.ndarray, now: pd.Timestamp) -> bool:
    """Whether numbers are years in order, most of them consecutive."""
    if len(stamps) < 2 or not (stamps.min() >= FIRST_YEAR and stamps.max() <= now.year):
        return False
    steps = np.diff(stamps)
    return bool(((steps > 0).all() or (steps < 0).all()) and np.median(np.abs(steps)) == 1)


def _one_unit(stamps: np.ndarray, now: pd.Timestamp) -> int | None:
    """The unit, from 1, in which all are between 1900 and now without a large gap; None if there is none."""
    largest = float(np.abs(stamps.astype("float64")).max())
    steps = np.sort(np.diff(np.unique(stamps)))
    if not len(steps) or steps[-1] > LARGEST_GAP * (median_step := steps[(len(steps) - 1) // 2]):
        return None
    for number, scale in enumerate(NANOSECONDS_IN_UNIT.tolist(), 1):
        reaches = FAR_FROM_1970 * 10**9 <= largest * scale <= max(now.value, -EARLIEST.value)
        inside = EARLIEST.value // scale <= stamps.min() and stamps.max() <= now.value // scale
        if reaches and inside and median_step * scale >= A_MINUTE:
            return number
    return None


def _unit_of_bars(stamps: np.ndarray, now: pd.Timestamp) -> int | None:
    """The unit, from 1, in which epochs are at multiples of a usual bar; None if there is none."""
    steps = np.diff(np.unique(stamps))
    if len(steps) < FEWEST_STEPS or (stamps % 1).any():
        return None
    median_step = np.sort(steps)[(len(steps) - 1) // 2]
    if (stamps % median_step).any() or steps.max() > LARGEST_GAP * median_step:
        return None
    largest = float(max(stamps.max(), -stamps.min()))
    found = (
        number
        for number, scale in enumerate(NANOSECONDS_IN_UNIT.tolist(), 1)
        if float(median_step) * scale / 10**9 in EVEN_STEPS and largest * scale <= now.value
    )
    return next(found, None)


def _style_of_digits(stamps: np.ndarray) -> str:
    """The style of days with times of day in digits, 202403111345; empty if numbers are not such."""
    if not (stamps.min() > 0 and (stamps % 1 == 0).all()):
        return ""
    lengths = set(np.char.str_len(np.unique(stamps[[0, -1]].astype("int64")).astype(str)).tolist())
    style = {10: "%Y%m%d%H", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}.get(lengths.pop()) if len(lengths) == 1 else None
    return style if style and parse_days(pd.Series(stamps.astype("int64").astype(str)), style).notna().all() else ""


def _problem(stamps: np.ndarray) -> str:
    if (stamps >= WORKBOOK_DAYS[0]).all() and (stamps <= WORKBOOK_DAYS[1]).all():
        return "as spreadsheets count days, from 1900 or from 1904: format the column as a date there and save it again"
    return NOT_AN_EPOCH


def _whole(stamps: np.ndarray, empty: np.ndarray) -> np.ndarray:
    """A copy as whole numbers, rounded down; 0 for empty rows."""
    if stamps.dtype == np.int64:
        return stamps.copy()
    return np.floor(np.where(empty, 0, stamps) if empty.any() else stamps).astype("int64")


def _fractions(stamps: np.ndarray, empty: np.ndarray, scale: np.ndarray | int) -> np.ndarray | int:
    """Nanoseconds of the decimals of epochs, to the microsecond: a float has no more digits."""
    if stamps.dtype == np.int64 or not (decimals := np.where(empty, 0, stamps % 1)).any():
        return 0
    microseconds: np.ndarray = np.rint(decimals * scale / 1000).astype("int64")
    return microseconds * 1000


def _are_digits_of(stamps: np.ndarray, length: int) -> bool:
    """Whether numbers are days written as 20240311, or months written as 202403 and equally many months apart."""
    sample = stamps[:: max(len(stamps) // 1000, 1)]
    if length == 8:
        return bool(17000101 <= np.median(sample) <= 21991231)
    if not (sample.min() >= 190001 and sample.max() <= 219912 and (stamps % 1 == 0).all()):
        return False
    month = stamps % 100
    counted = np.unique(stamps // 100 * 12 + month)
    regular = len(set(np.diff(counted).tolist())) == 1 and bool(((month >= 1) & (month <= 12)).all())
    short = stamps // 100 % 100  # 200103 may be the third of January 2020
    return regular and not ((short >= 1) & (short <= 12)).all()


def _digits_as_days(stamps: np.ndarray, empty: np.ndarray, style: str) -> pd.DatetimeIndex:
    texts = pd.Series(_whole(stamps, empty).astype(str)).mask(empty)
    if style == "%Y%m":
        texts = texts + "01"
    times = parse_days(texts, "%Y%m%d" if style == "%Y%m" else style)
    if (unreadable := times.isna() & ~empty).any():
        raise Unreadable(int(unreadable.argmax()), f"not written as {style}")
    return times
