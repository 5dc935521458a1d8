"""Which of a table's columns is the time of its rows: by its cells, and by its heading where cells do not tell."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.kinds import in_lines
from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.columns.same_moments import TimeCandidate, TimeColumn, choose_in_utc, group_same_moments
from cryptoforecast.data.files.dates.clocks import join_clock
from cryptoforecast.data.files.dates.day_order import iso_times
from cryptoforecast.data.files.dates.read_times import ISO_STYLE, read_times
from cryptoforecast.data.files.headings.labels import Label, named, quoted, rank
from cryptoforecast.data.files.headings.vocabulary import DATE, ENDING_NAMES, OPENING_NAMES, folded
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

FEWEST_DIFFERENT = 0.75  # share of the largest count of different times in a column; one with fewer times no rows
WHOLE_NUMBERS = re.compile(r"(?:-?[0-9]{1,18}\n)++")
OFFSET = re.compile(r":.*(Z|UTC|GMT|[+-]\d\d:?\d\d)$")


def choose_time(table: str, labels: Sequence[Label], sample: FirstRows, knobs: Knobs) -> TimeColumn:
    """Choose the column of the times of a table's rows.

    Args:
        table: the table's name, for errors.
        labels: what the header says of its columns.
        sample: the cells of its first rows.
        knobs: the settings of the reader.

    Raises:
        UserError: if there is none, or there are several that are not the same moments.
    """
    clocks = [at for at, label in enumerate(labels) if sample.are_clocks(at, label)]
    if knobs.date_column is not None:
        at = _of_knob(table, labels, knobs.date_column)
        return TimeColumn(at, _clock_of(at, clocks, sample))
    found = [at for at, label in enumerate(labels) if at not in clocks and sample.are_times(at, label)]
    if not found:
        called_so = [at for at, label in enumerate(labels) if label.kind == DATE and sample.may_be_dates(at)]
        found = sorted(called_so, key=lambda at: rank(labels[at]))[:1]
    if not found:
        raise UserError(
            f"{table}: no date column among {quoted(labels)}; the header must name one, such as Date or Timestamp, or "
            "set data.source.date_column to the one to use."
        )
    if len(found) == 1:
        return TimeColumn(found[0], _clock_of(found[0], clocks, sample))
    return _of_several(table, [_stamps(at, _clock_of(at, clocks, sample), labels[at], sample, knobs) for at in found])


def head_times(labels: Sequence[Label], sample: FirstRows, knobs: Knobs) -> pd.DatetimeIndex | None:
    """The times of a table's first rows; None where the first rows do not tell how dates are written."""
    try:
        time = choose_time("", labels, sample, knobs)
    except UserError:
        return None
    return _stamps(time.at, time.clock, labels[time.at], sample, knobs).times


def _of_knob(table: str, labels: Sequence[Label], column: str) -> int:
    found = named(labels, column)
    if not found:
        raise UserError(
            f"{table}: no column {column!r} among {quoted(labels)}; set data.source.date_column to the one to use."
        )
    if len(found) > 1:
        raise UserError(f"{table}: {len(found)} columns are called {column}; rename the one of the dates.")
    return found[0]


def _clock_of(at: int, clocks: Sequence[int], sample: FirstRows) -> int | None:
    """The column of times of day that belongs to a column of days: the nearest, to its right rather than left."""
    beside = [clock for clock in clocks if clock != at]
    if not beside or not sample.are_days(at):
        return None
    return min(beside, key=lambda clock: (abs(clock - at), clock < at))


def _stamps(at: int, clock: int | None, label: Label, sample: FirstRows, knobs: Knobs) -> TimeCandidate:
    key = (at, clock, knobs.date_format)
    if key not in sample.times:
        sample.times[key] = _read(at, clock, sample, knobs)
    return TimeCandidate(at, clock, label, *sample.times[key])


def _read(at: int, clock: int | None, sample: FirstRows, knobs: Knobs) -> tuple[pd.DatetimeIndex | None, str, bool]:
    """Read the times of a column of the first rows.

    Returns:
        The times, None where the cells do not tell how they are written; the style; whether each has its offset.
    """
    cells = sample.columns[at]
    if clock is not None:
        cells = join_clock(pd.Series(cells, dtype="str"), pd.Series(sample.columns[clock], dtype="str")).tolist()
    offset = bool(cells) and all(OFFSET.search(cell) for cell in cells if cell)
    if (times := iso_times(cells)) is not None:  # most columns, and quicker
        return times, ISO_STYLE, offset
    for date_format in dict.fromkeys((None, knobs.date_format)):
        try:
            read = read_times(_typed(cells), date_format)
        except Unreadable:
            continue
        return read.times, read.style, offset
    return None, "", offset


def _typed(cells: list[str]) -> pd.Series:
    """Cells in the type that the reader gives a whole column: whole numbers, other numbers, or texts."""
    if WHOLE_NUMBERS.fullmatch(in_lines(cells)):
        return pd.Series(np.array([int(cell) for cell in cells]))
    column = pd.Series(cells, dtype="str")
    for kind in ("int64", "float64"):
        try:
            return column.mask(column == "", "nan" if kind == "float64" else "").astype(kind)
        except (ValueError, OverflowError):
            continue
    return column


def _of_several(table: str, candidates: list[TimeCandidate]) -> TimeColumn:
    timing = _of_rows(candidates)
    read = [candidate for candidate in timing if candidate.times is not None] or timing
    groups = group_same_moments(read)
    if len(groups) > 1:
        groups = [group for group in groups if any(_is_opening(candidate) for candidate in group)] or groups
    if len(groups) > 1:
        raise UserError(
            f"{table}: the columns {join_names(candidate.label.shown for candidate in read)} hold different dates; set "
            "data.source.date_column to the one that says when a bar begins."
        )
    return choose_in_utc(table, groups[0])


def _of_rows(candidates: list[TimeCandidate]) -> list[TimeCandidate]:
    """Leave out ends of bars, times of the download, and columns in which many rows share one time."""
    most = max((_different(candidate) for candidate in candidates), default=0)
    kept = [
        candidate
        for candidate in candidates
        if folded(candidate.label.text) not in ENDING_NAMES and _different(candidate) >= FEWEST_DIFFERENT * most
    ]
    return (
        kept
        or [candidate for candidate in candidates if _different(candidate) >= FEWEST_DIFFERENT * most]
        or candidates
    )


def _different(candidate: TimeCandidate) -> float:
    return float("inf") if candidate.times is None else len(np.unique(candidate.times.asi8[candidate.times.notna()]))


def _is_opening(candidate: TimeCandidate) -> bool:
    return folded(candidate.label.text) in OPENING_NAMES
