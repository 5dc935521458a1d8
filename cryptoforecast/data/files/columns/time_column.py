"""Which of a table's columns is the time of its rows: told by the cells, with the headings' help."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.kinds import in_lines
from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.columns.first_rows import Body
from cryptoforecast.data.files.dates.clocks import join_clock
from cryptoforecast.data.files.dates.day_order import iso_times
from cryptoforecast.data.files.dates.read_times import ISO_STYLE, read_times
from cryptoforecast.data.files.headings.labels import Label, named, quoted, rank
from cryptoforecast.data.files.headings.vocabulary import DATE, ENDING_NAMES, OPENING_NAMES, folded, words_of
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

A_MINUTE, AN_HOUR = 60 * 10**9, 3600 * 10**9  # nanoseconds
WIDEST = 15 * AN_HOUR  # no two zones' clocks are further apart from UTC
FEW = 0.75  # of the different stamps of one column: another that has fewer than that does not time the rows
WHOLE_NUMBERS = re.compile(r"(?:-?[0-9]{1,18}\n)++")
OFFSET = re.compile(r":.*(Z|UTC|GMT|[+-]\d\d:?\d\d)$")


class TimeColumn(NamedTuple):
    """Position of the column of times, of the clock beside it, if there is one; ``why`` it, and a ``note`` to make."""

    at: int
    clock: int | None = None
    why: str = ""
    note: str = ""


class _Stamps(NamedTuple):
    at: int
    clock: int | None
    label: Label
    times: pd.DatetimeIndex | None  # None where the first rows do not tell how they are written
    style: str
    offset: bool  # whether each says its offset from UTC

    @property
    def is_epoch(self) -> bool:
        return self.style.startswith("epoch")

    @property
    def is_utc(self) -> bool:
        return self.is_epoch or self.offset

    def preference(self) -> tuple[bool, bool, bool, tuple[int, int], int]:
        """Local days with their offsets first, then epochs, then the best name."""
        return (not self.offset, not self.is_epoch, self.label.kind != DATE, rank(self.label), self.at)


def choose_time(table: str, labels: Sequence[Label], body: Body, knobs: Knobs) -> TimeColumn:
    """The column of the times of a table's rows.

    Args:
        table: the table's name, for errors.
        labels: what the header says of its columns.
        body: the cells of its first rows.
        knobs: what the user has said of it.

    Raises:
        UserError: if there is none, or there are several that are not the same moments.
    """
    clocks = [at for at, of in enumerate(labels) if body.are_clocks(at, of)]
    if knobs.date_column is not None:
        at = _of_knob(table, labels, knobs.date_column)
        return TimeColumn(at, _clock_of(at, clocks, body))
    found = [at for at, of in enumerate(labels) if at not in clocks and body.are_times(at, of)]
    if not found:
        called_so = [at for at, of in enumerate(labels) if of.kind == DATE and body.may_be_dates(at)]
        found = sorted(called_so, key=lambda at: rank(labels[at]))[:1]
    if not found:
        raise UserError(
            f"{table}: no date column among {quoted(labels)}; the header must name one, such as Date or Timestamp, or "
            "set data.source.date_column to the one to use."
        )
    if len(found) == 1:
        return TimeColumn(found[0], _clock_of(found[0], clocks, body))
    return _of_several(table, [_stamps(at, _clock_of(at, clocks, body), labels[at], body, knobs) for at in found])


def head_times(labels: Sequence[Label], body: Body, knobs: Knobs) -> pd.DatetimeIndex | None:
    """The times of a table's first rows; None where they cannot be told yet."""
    try:
        time = choose_time("", labels, body, knobs)
    except UserError:
        return None
    return _stamps(time.at, time.clock, labels[time.at], body, knobs).times


def _of_knob(table: str, labels: Sequence[Label], column: str) -> int:
    found = named(labels, column)
    if not found:
        raise UserError(
            f"{table}: no column {column!r} among {quoted(labels)}; set data.source.date_column to the one to use."
        )
    if len(found) > 1:
        raise UserError(f"{table}: {len(found)} columns are called {column}; rename the one of the dates.")
    return found[0]


def _clock_of(at: int, clocks: Sequence[int], body: Body) -> int | None:
    """The clock that belongs to a column of days: the nearest, one behind it first."""
    beside = [clock for clock in clocks if clock != at]
    if not beside or not body.are_days(at):
        return None
    return min(beside, key=lambda clock: (abs(clock - at), clock < at))


def _stamps(at: int, clock: int | None, label: Label, body: Body, knobs: Knobs) -> _Stamps:
    key = (at, clock, knobs.date_format)
    if key not in body.times:
        body.times[key] = _read(at, clock, body, knobs)
    return _Stamps(at, clock, label, *body.times[key])


def _read(at: int, clock: int | None, body: Body, knobs: Knobs) -> tuple[pd.DatetimeIndex | None, str, bool]:
    """The times of a column's cells, if they tell how they are written, that, and whether each says its offset."""
    cells = body.columns[at]
    if clock is not None:
        cells = join_clock(pd.Series(cells, dtype="str"), pd.Series(body.columns[clock], dtype="str")).tolist()
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
    """Cells as the reader would have them: whole numbers, other numbers, or texts."""
    if WHOLE_NUMBERS.fullmatch(in_lines(cells)):
        return pd.Series(np.array([int(cell) for cell in cells]))
    column = pd.Series(cells, dtype="str")
    for kind in ("int64", "float64"):
        try:
            return column.mask(column == "", "nan" if kind == "float64" else "").astype(kind)
        except (ValueError, OverflowError):
            continue
    return column


def _of_several(table: str, stamps: list[_Stamps]) -> TimeColumn:
    left = _of_rows(stamps)
    read = [of for of in left if of.times is not None] or left
    groups = _same_moments(read)
    if len(groups) > 1:
        groups = [group for group in groups if any(_is_opening(of) for of in group)] or groups
    if len(groups) > 1:
        raise UserError(
            f"{table}: the columns {join_names(of.label.shown for of in read)} hold different dates; set "
            "data.source.date_column to the one that says when a bar begins."
        )
    return _in_utc(table, groups[0])


def _of_rows(stamps: list[_Stamps]) -> list[_Stamps]:
    """Those that may time the rows: not the ends of bars, nor a download's time, nor one that many rows share."""
    most = max((_different(of) for of in stamps), default=0)
    kept = [of for of in stamps if folded(of.label.text) not in ENDING_NAMES and _different(of) >= FEW * most]
    return kept or [of for of in stamps if _different(of) >= FEW * most] or stamps


def _different(of: _Stamps) -> float:
    return float("inf") if of.times is None else len(np.unique(of.times.asi8[of.times.notna()]))


def _is_opening(of: _Stamps) -> bool:
    return folded(of.label.text) in OPENING_NAMES


def _same_moments(stamps: list[_Stamps]) -> list[list[_Stamps]]:
    groups: list[list[_Stamps]] = []
    for of in stamps:
        group = next((group for group in groups if shift_between(group[0].times, of.times) is not None), None)
        if group is None:
            groups.append([of])
        else:
            group.append(of)
    return groups


def shift_between(first: pd.DatetimeIndex | None, second: pd.DatetimeIndex | None) -> int | None:
    """How far the second times are ahead of the first, in nanoseconds, if both may be the same moments; else None.

    Clocks of two zones are some quarters of an hour apart, and where one of them has summer time, an hour more in a
    part of the year.
    """
    if first is None or second is None:
        return None
    both = first.notna() & second.notna()
    apart, counts = np.unique(second.asi8[both] - first.asi8[both], return_counts=True)
    if not len(apart) or len(apart) > 2 or apart[-1] - apart[0] > AN_HOUR:
        return None
    if (apart % (15 * A_MINUTE)).any() or np.abs(apart).max() > WIDEST:
        return None
    return int(apart[np.argmax(counts)]) or int(apart[0] or apart[-1])


def _in_utc(table: str, group: list[_Stamps]) -> TimeColumn:
    """Of columns that are the same moments, the one that says so in UTC."""
    best = min(group, key=_Stamps.preference)
    shifts = {of.at: shift_between(best.times, of.times) or 0 for of in group if of is not best}
    if not best.is_utc and any(shifts.values()):
        in_utc = [of for of in group if {"utc", "gmt"} & {word for word, *_ in words_of(of.label.text)}]
        if len(in_utc) != 1:
            apart = _clock(next(filter(None, shifts.values())))
            raise UserError(
                f"{table}: the dates of {join_names(of.label.shown for of in group)} are {apart} apart, and none says "
                "which are UTC; set data.source.date_column to the one to use."
            )
        best = in_utc[0]
        shifts = {of.at: shift_between(best.times, of.times) or 0 for of in group if of is not best}
    others = [of for of in group if of is not best]
    why = "; ".join(f"{of.label.shown} is the same moment{_zone(shifts[of.at])}" for of in others)
    moved = any(shifts.values()) and why
    name = best.label.shown
    return TimeColumn(best.at, best.clock, why, f"the times are those of {name}, in UTC; {moved}." if moved else "")


def _zone(shift: int) -> str:
    return f" in UTC{'-' if shift < 0 else '+'}{_clock(shift)}" if shift else ""


def _clock(shift: int) -> str:
    minutes = abs(shift) // A_MINUTE
    return f"{minutes // 60:02}:{minutes % 60:02}"
