"""The rows of a price file."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.data.files.clocks import join_clock
from cryptoforecast.data.files.dates import Times, read_times
from cryptoforecast.data.files.encodings import UTF_8, OddBytes, spoken
from cryptoforecast.data.files.evenness import Lines, require_even_rows, rows_of
from cryptoforecast.data.files.formats import CAVEATS
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.layout import Layout, recognise
from cryptoforecast.data.files.memory import LARGE, keep, recall, state_to_keep
from cryptoforecast.data.files.numbers import (
    ABSENT,
    JUMP,
    Numbers,
    Unreadable,
    largest_jump,
    may_be_thousands,
    numbers_of,
)
from cryptoforecast.data.files.opening import encoding_of, head_of, is_plain, opened, packing
from cryptoforecast.data.files.owner import keep_one_series
from cryptoforecast.data.files.packing import COLUMNAR, PACKINGS
from cryptoforecast.data.files.parquet import read_parquet
from cryptoforecast.data.files.table import Table
from cryptoforecast.data.series import CLOSE, VOLUME
from cryptoforecast.errors import UserError


def read_table(file: Path, knobs: Knobs) -> Table:
    """Recognise a file and read its times and closes, or recall them, if it is large and was read before.

    Raises:
        UserError: naming the file, the line and the value that cannot be read.
    """
    if (table := recall(file, knobs)) is None:
        before = state_to_keep(file)
        table = _read(file, knobs)
        keep(file, knobs, table, before)
    return table


def _read(file: Path, knobs: Knobs) -> Table:
    if packing(file) in COLUMNAR:
        return _read_rows(file, knobs)
    try:
        return _read_rows(file, knobs._replace(encoding=encoding_of(file, knobs.encoding)))
    except OddBytes:  # far down in a large file
        if knobs.encoding is not None:
            raise UserError(f"{file}: not a text in {knobs.encoding}; leave data.source.encoding out.") from None
        return _read_rows(file, knobs._replace(encoding=encoding_of(file, knobs.encoding, whole=True)))


def _read_rows(file: Path, knobs: Knobs) -> Table:
    packed = packing(file)
    if packed in COLUMNAR:
        labels, chosen, frame = read_parquet(file, knobs)
        layout = Layout("Parquet", "", len(labels), 0, 0, labels, chosen, "", epochs=False)
        lines = Lines(len(frame), cut=False)
    else:
        layout = recognise(file, head_of(file, knobs.encoding), knobs)
        frame, lines = _read_cells(file, layout, knobs)
    notes = [*([CAVEATS[layout.format]] if layout.format in CAVEATS else []), *layout.chosen.notes]
    if lines.cut:
        frame = frame.iloc[:-1]
        notes.append(f"the last line of {file.name} may be cut off and was left out.")
    frame, symbol = keep_one_series(file, frame, layout, knobs.symbol)
    times = _times(file, layout, frame, knobs)
    closes = _values(file, layout, frame, CLOSE, knobs)
    if closes.by_continuity:
        notes.append(_told_by_continuity(file, closes))
    layout = layout._replace(decimal=layout.decimal or closes.decimal)
    others = {name: _values(file, layout, frame, name, knobs).values for name in knobs.others}
    values = {CLOSE: closes.values, **others}
    dated = times.times.notna()
    undated = int((~dated).sum())
    if undated:
        times, values = times._replace(times=times.times[dated]), {name: v[dated] for name, v in values.items()}
        notes.append(f"rows of {file.name} without a date were left out: {undated}.")
    read_as = [layout.format, packed if packed in PACKINGS else "", spoken(knobs.encoding or UTF_8)]
    name = ", ".join(filter(None, read_as))
    return Table(
        times.times, values, symbol, name, _columns(layout, times, knobs.others), undated, tuple(notes), times.zone
    )


def _read_cells(file: Path, layout: Layout, knobs: Knobs) -> tuple[pd.DataFrame, Lines]:
    """The wanted columns; meanwhile the lines of a large file are counted beside."""
    if file.stat().st_size < LARGE:
        lines = require_even_rows(file, layout, knobs.encoding)
        frame, problem = _try_types(file, layout, knobs)
    else:
        with ThreadPoolExecutor(1) as beside:
            counted = beside.submit(require_even_rows, file, layout, knobs.encoding)
            frame, problem = _try_types(file, layout, knobs)
            lines = counted.result()
    if frame is None:
        raise UserError(f"{file}: cannot be read as CSV ({problem}).")
    if len(frame) != lines.rows:
        raise UserError(f"{file}: {lines.rows} lines hold {len(frame)} rows; quotes or line ends are out of order.")
    return frame, lines


def _try_types(file: Path, layout: Layout, knobs: Knobs) -> tuple[pd.DataFrame | None, str]:
    """The wanted columns, the close and further ones as numbers where they are plain ones, else as texts.

    Whole numbers are tried first for times: epochs in nanoseconds have more digits than a float.
    """
    numbers: list[Any] = [str] if layout.decimal == "," else [np.float64, str]
    times: list[Any] = [str] if knobs.date_format is not None or not layout.epochs else [np.int64, np.float64, str]
    problem = ""
    for of_number, of_time in product(numbers, times):
        try:
            frame = _read_csv(file, layout, of_time, of_number, knobs.encoding)
            if of_number is str or not _may_be_thousands(frame, layout, knobs):
                return frame, ""
        except UserError:
            raise
        except (ValueError, OverflowError) as failed:
            problem = str(failed).strip().rstrip(".")
    return None, problem


def _may_be_thousands(frame: pd.DataFrame, layout: Layout, knobs: Knobs) -> bool:
    """Whether the closes need a look at how they are written: 1.012 beside 998 may be 1012."""
    if knobs.decimal is not None or not may_be_thousands(closes := frame[layout.chosen.close].to_numpy()):
        return False
    return not layout.decimal or largest_jump(closes) > JUMP


def _read_csv(file: Path, layout: Layout, times: Any, numbers: Any, encoding: str | None) -> pd.DataFrame:
    """The wanted columns of the rows; a file that is not packed is left to pandas to open, which is quicker."""
    chosen = layout.chosen
    types = {str(at): numbers for at in (chosen.close, *chosen.others.values())} | {str(chosen.date): times}
    types |= {} if chosen.clock is None else {str(chosen.clock): str}
    empty = dict.fromkeys(types, ABSENT)
    if chosen.ticker is not None:
        types[str(chosen.ticker)] = "str"  # a category of 005930 would be one of 5930
    with opened(file, encoding) as content, np.errstate(invalid="ignore"):  # a stamp that is missing is seen later
        frame: pd.DataFrame = pd.read_csv(
            file if is_plain(content) else content,
            sep=layout.delimiter,
            header=layout.header_rows - 1 if layout.header_rows else None,  # skiprows would take twice as long
            names=[str(at) for at in range(layout.columns)],
            index_col=False,
            usecols=list(types),
            dtype=types,
            keep_default_na=False,
            na_values=empty,
        )
    return frame.set_axis([int(name) for name in frame.columns], axis="columns")


def _times(file: Path, layout: Layout, frame: pd.DataFrame, knobs: Knobs) -> Times:
    try:
        return read_times(_stamps(layout, frame), knobs.date_format)
    except Unreadable as problem:
        if str(problem).startswith("data.source"):
            raise UserError(f"{problem}.") from None
        where, cell = _cell(file, layout, frame, problem.row, layout.chosen.date, knobs)
        raise UserError(
            f"{where}: the date is {cell!r}, {problem}; set data.source.date_format, such as %d/%m/%Y."
        ) from None


def _stamps(layout: Layout, frame: pd.DataFrame) -> pd.Series:
    """The column of times, with the clock's beside it where that is another."""
    days = frame[layout.chosen.date]
    return days if layout.chosen.clock is None else join_clock(days, frame[layout.chosen.clock])


def _values(file: Path, layout: Layout, frame: pd.DataFrame, name: str, knobs: Knobs) -> Numbers:
    position = layout.chosen.close if name == CLOSE else layout.chosen.others[name]
    column = frame[position]
    if column.dtype == np.float64:
        return Numbers(column.to_numpy(), ".")
    try:
        volumes = name == VOLUME
        return numbers_of(column, layout.decimal, knobs.decimal or "", suffixes=volumes, smooth=not volumes)
    except Unreadable as problem:
        where, cell = _cell(file, layout, frame, problem.row, position, knobs)
        raise UserError(f"{where}: the {name.lower()} is {cell!r}, {problem}.") from None


def _told_by_continuity(file: Path, closes: Numbers) -> str:
    mark, thousands = (".", ",") if closes.decimal == "." else (",", ".")
    return (
        f"{mark!r} was taken for the decimal mark in the closes of {file.name}, as with {thousands!r} they would jump "
        "by a factor of a thousand from row to row; data.source.decimal settles it."
    )


def _cell(file: Path, layout: Layout, frame: pd.DataFrame, row: int, position: int, knobs: Knobs) -> tuple[str, str]:
    """Where a row stands in its file, and what stands there."""
    if layout.format == "Parquet":
        return f"{file}, row {frame.index[row]}", str(frame[position].iloc[row])
    line, cells = next(pair for at, pair in enumerate(rows_of(file, layout, knobs.encoding)) if at == frame.index[row])
    return f"{file}, line {line}", cells[position].strip()


def _columns(layout: Layout, times: Times, others: Sequence[str]) -> dict[str, str]:
    """Where the times and the values come from, and what spoke for that where there was a choice."""
    chosen, names = layout.chosen, layout.names
    time = names[chosen.date] + ("" if chosen.clock is None else f" and {names[chosen.clock]}")
    said = "; ".join(part for part in (times.style, chosen.why.get("time", "")) if part)
    close = names[chosen.close] + (f" ({why})" if (why := chosen.why.get("close")) else "")
    return {"time": f"{time} ({said})", "close": close} | {name.lower(): names[chosen.others[name]] for name in others}
