"""Reading a price file: from its path to a table of times and closes."""

from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.files.bytes.encodings import UTF_8, OddBytes
from cryptoforecast.data.files.bytes.open_file import (
    ADVICE_TO_UNSET_ENCODING,
    encoding_of,
    head_of,
    holds_json,
    packing,
)
from cryptoforecast.data.files.bytes.packing import COLUMNAR, PACKINGS
from cryptoforecast.data.files.cells.numbers import Numbers, Unreadable, numbers_of
from cryptoforecast.data.files.columns.layout import Layout, recognise
from cryptoforecast.data.files.columns.trades import refuse_unnamed_trades
from cryptoforecast.data.files.dates.clocks import join_clock
from cryptoforecast.data.files.dates.example_format import example_format
from cryptoforecast.data.files.dates.read_times import Times, read_times
from cryptoforecast.data.files.headings.vendors import CAVEATS
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.parsed_cache import keep, recall, state_to_keep
from cryptoforecast.data.files.rows.columnar import read_columnar, read_texts
from cryptoforecast.data.files.rows.not_rows import say_strays
from cryptoforecast.data.files.rows.parsing import read_cells, read_rows_alone
from cryptoforecast.data.files.rows.row_shape import Lines, lines_below, read_lines
from cryptoforecast.data.files.rows.ticker import Texts, keep_one_series
from cryptoforecast.data.files.rows.tickers_in_turn import ticker_in_turn
from cryptoforecast.data.files.summary import say_columns, say_text
from cryptoforecast.data.files.table import Table
from cryptoforecast.data.series import CLOSE, FURTHER_COLUMNS, VOLUME
from cryptoforecast.errors import UserError


class UnreadableCell(UserError):
    """A date or a number of a row cannot be read; the row is damaged, or not a row."""


def read_table(file: Path, knobs: Knobs) -> Table:
    """Read the times and closes of a file; those of a large file come from the cache if it was read before.

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
            raise UserError(f"{file}: not a text in {knobs.encoding}; {ADVICE_TO_UNSET_ENCODING}.") from None
    return _read_rows(file, knobs._replace(encoding=encoding_of(file, search_all=True)))


def _read_rows(file: Path, knobs: Knobs) -> Table:
    packed = packing(file)
    if packed in COLUMNAR:
        layout, frame = read_columnar(file, packed, knobs)
        lines = Lines(len(frame), cut=False)
        return _to_table(file, layout, frame, lines, knobs)
    layout = _recognised(file, knobs)
    frame, lines = read_cells(file, layout, knobs)
    try:
        return _to_table(file, layout, frame, lines, knobs)
    except UnreadableCell:
        if lines.strays or not (lines := read_lines(file, layout, knobs.encoding)).strays:
            raise
    return _to_table(file, layout, read_rows_alone(file, layout, knobs, lines), lines, knobs)


def _recognised(file: Path, knobs: Knobs) -> Layout:
    try:
        return recognise(file, head_of(file, knobs.encoding), knobs)
    except UserError as problem:
        if not holds_json(file, knobs.encoding) or "JSON" in str(problem):
            raise
        raise UserError(str(problem).replace(f"{file}:", f"{file}: JSON:", 1)) from None


def _to_table(file: Path, layout: Layout, frame: pd.DataFrame, lines: Lines, knobs: Knobs) -> Table:
    notes = [*([CAVEATS[layout.format]] if layout.format in CAVEATS else []), *layout.chosen.notes]
    texts = partial(_texts, file, layout, lines, knobs)
    frame, symbol, lines, unended = _one_series(file, layout, frame, lines, knobs, texts)
    notes += _notes_on_lines(file, lines)
    times = _times(file, layout, frame, knobs)
    notes += [f"{file.name}: {times.note}"] if times.note else []
    closes = _values(file, layout, frame, CLOSE, knobs, unended)
    if closes.by_continuity:
        notes.append(_note_on_continuity(file, closes))
    refuse_unnamed_trades(file, times.times, closes.values)
    layout = layout._replace(decimal=layout.decimal or closes.decimal)
    values = {CLOSE: closes.values}
    values |= {name: _values(file, layout, frame, name, knobs, unended).values for name in knobs.others}
    if layout.chosen.ticker is None and layout.chosen.words:
        in_turn = ticker_in_turn(file, layout, frame.index, times.times, closes.values, knobs.symbol, texts)
        if in_turn is not None:
            times, values = _rows_of(times, values, in_turn[0])
            symbol = in_turn[1]
    dated = times.times.notna()
    undated = int((~dated).sum())
    if undated:
        times, values = _rows_of(times, values, dated)
        notes.append(f"rows of {file.name} without a date were left out: {undated}.")
    packed = packing(file)
    structure = packed if packed in COLUMNAR else "JSON" if holds_json(file, knobs.encoding) else "cells"
    return Table(
        times=times.times,
        values=values,
        symbol=symbol,
        format=layout.format + (f", {packed}" if packed in PACKINGS else ""),
        text=say_text(layout, structure, knobs.encoding or UTF_8),
        columns=say_columns(layout, times, knobs.others),
        undated=undated,
        notes=tuple(notes),
        zone=times.zone,
    )


def _one_series(
    file: Path, layout: Layout, frame: pd.DataFrame, lines: Lines, knobs: Knobs, texts: Texts
) -> tuple[pd.DataFrame, str, Lines, bool]:
    """The rows of one series without one that is cut off, its name, the lines, and whether the last row has no end."""
    if lines.cut:
        frame = frame.iloc[:-1]
    last = frame.index[-1] if lines.unended and not lines.cut else None
    frame, symbol = keep_one_series(file, frame, layout, knobs.symbol, texts)
    unended = len(frame) > 1 and frame.index[-1] == last
    if unended and _contradicts(frame, layout, knobs):
        return frame.iloc[:-1], symbol, lines._replace(cut=True), False
    return frame, symbol, lines, unended


def _rows_of(times: Times, values: dict[str, np.ndarray], rows: np.ndarray) -> tuple[Times, dict[str, np.ndarray]]:
    """The times and values of the rows that a mask chooses."""
    return times._replace(times=times.times[rows]), {name: column[rows] for name, column in values.items()}


def _notes_on_lines(file: Path, lines: Lines) -> list[str]:
    """Notes on lines that were left out, and on a last line without a line end."""
    notes = [say_strays(file.name, lines.strays)] if lines.strays else []
    if lines.cut:
        notes.append(f"the last line of {file.name} may be cut off and was left out.")
    elif lines.unended:
        notes.append(f"the last line of {file.name} has no line end; it was read as whole.")
    return notes


def _texts(file: Path, layout: Layout, lines: Lines, knobs: Knobs, at: int) -> pd.Series:
    """A column that may name each row's series; it is read separately, as few files need it."""
    if layout.format in COLUMNAR:
        return read_texts(file, layout.format, at)
    with_it = layout._replace(chosen=layout.chosen._replace(ticker=at, others={}))
    if lines.strays:
        return read_rows_alone(file, with_it, knobs, lines)[at]
    return read_cells(file, with_it, knobs)[0][at]


def _times(file: Path, layout: Layout, frame: pd.DataFrame, knobs: Knobs) -> Times:
    try:
        return read_times(_stamps(layout, frame), knobs.date_format)
    except Unreadable as problem:
        if str(problem).startswith("data.source"):
            raise UserError(f"{problem}.") from None
        where, cell = _cell(file, layout, frame, problem.row, layout.chosen.date, knobs)
        advised = "data.source" in str(problem) or knobs.date_format is not None or not problem.by_format
        advice = "" if advised else _advice(cell)
        raise UnreadableCell(f"{where}: the date is {cell!r}, {problem}{advice}.") from None


def _advice(cell: str) -> str:
    example = example_format(cell)
    return f"; set data.source.date_format, such as {example}" if example else ""


def _stamps(layout: Layout, frame: pd.DataFrame) -> pd.Series:
    """The column of times, joined with that of times of day if there is one."""
    days = frame[layout.chosen.date]
    return days if layout.chosen.clock is None else join_clock(days, frame[layout.chosen.clock])


def _values(file: Path, layout: Layout, frame: pd.DataFrame, name: str, knobs: Knobs, unended: bool) -> Numbers:
    position = _position(layout, name)
    column = frame[position]
    if column.dtype == np.float64:
        return Numbers(column.to_numpy(), ".")
    try:
        return _numbers(column, name, layout, knobs, unended)
    except Unreadable as problem:
        where, cell = _cell(file, layout, frame, problem.row, position, knobs)
        raise UnreadableCell(f"{where}: the {name.lower()} is {cell!r}, {problem}.") from None


def _contradicts(frame: pd.DataFrame, layout: Layout, knobs: Knobs) -> bool:
    """Whether a number of the last row, which has no line end, is not written as the others are."""
    for name in (CLOSE, *knobs.others):
        column = frame[_position(layout, name)]
        try:
            _ = column.dtype == np.float64 or _numbers(column, name, layout, knobs, unended=True)
        except Unreadable as problem:
            if problem.row == len(column) - 1:
                return True
    return False


def _numbers(column: pd.Series, name: str, layout: Layout, knobs: Knobs, unended: bool) -> Numbers:
    prices = name in (CLOSE, *FURTHER_COLUMNS) and name != VOLUME
    return numbers_of(column, layout.decimal, knobs.decimal or "", not prices, prices, unended)


def _position(layout: Layout, name: str) -> int:
    return layout.chosen.close if name == CLOSE else layout.chosen.others[name]


def _note_on_continuity(file: Path, closes: Numbers) -> str:
    mark, thousands = (".", ",") if closes.decimal == "." else (",", ".")
    return (
        f"{mark!r} was taken for the decimal mark in the closes of {file.name}, as with {thousands!r} they would jump "
        "by a factor of a thousand from row to row; data.source.decimal settles it."
    )


def _cell(file: Path, layout: Layout, frame: pd.DataFrame, row: int, position: int, knobs: Knobs) -> tuple[str, str]:
    """The place of a row in its file, in words, and the cell at a position."""
    if layout.format in COLUMNAR:
        return f"{file}, row {frame.index[row]}", str(frame[position].iloc[row])
    line, cells = next(
        pair for at, pair in enumerate(lines_below(file, layout, knobs.encoding)) if at == frame.index[row]
    )
    if holds_json(file, knobs.encoding):
        return f"{file}, record {line - layout.header_lines}", cells[position].strip()
    return f"{file}, line {line}", cells[position].strip()
