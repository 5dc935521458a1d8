"""Parquet and Feather files, whose columns have types."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.data.files.columns.chosen import choose
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.columns.no_header import with_bars
from cryptoforecast.data.files.columns.time_column import head_times
from cryptoforecast.data.files.columns.trades import refuse_quotes, refuse_trades
from cryptoforecast.data.files.headings.labels import labels_of
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.errors import UserError

UNNAMED_INDEX = "__index_level_0__"  # of pandas
FIRST_ROWS = 1000  # by which the columns are chosen


def read_columnar(file: Path, kind: str, knobs: Knobs) -> tuple[Layout, pd.DataFrame]:
    """The layout of a file, and the wanted columns: times as they are, numbers as float64.

    Args:
        file: the file.
        kind: ``Parquet`` or ``Feather``.
        knobs: the settings of the reader.

    Raises:
        UserError: if pyarrow is not installed, or the file is damaged or has no such columns.
    """
    try:
        import pyarrow
    except ImportError:
        raise UserError(f"{file}: reading {kind} takes pyarrow: pip install pyarrow.") from None
    try:
        names, first = _first_rows(file, kind)
        layout = _recognise(file, kind, names, first, knobs)
        chosen = layout.chosen
        wanted = [*chosen.needed, *([] if chosen.ticker is None else [chosen.ticker])]
        table = _read(file, kind, [names[at] for at in wanted])
        frame = pd.DataFrame({at: _cells(table.column(names[at])) for at in wanted})
        numbers = [at for at in wanted if at not in (*chosen.stamps, chosen.ticker)]
        frame[numbers] = frame[numbers].apply(_as_numbers)
    except (pyarrow.ArrowException, OSError, KeyError) as problem:
        reason = (str(problem).splitlines() or ["no reason given"])[0]
        raise UserError(f"{file}: cannot be read as {kind} ({reason}).") from None
    return layout, frame


def names_of(file: Path, kind: str) -> list[str]:
    """The names of the columns of a file; UserError if pyarrow is not installed, or the file is damaged."""
    try:
        import pyarrow
    except ImportError:
        raise UserError(f"{file}: reading {kind} takes pyarrow: pip install pyarrow.") from None
    try:
        return _first_rows(file, kind)[0]
    except (pyarrow.ArrowException, OSError, KeyError) as problem:
        reason = (str(problem).splitlines() or ["no reason given"])[0]
        raise UserError(f"{file}: cannot be read as {kind} ({reason}).") from None


def read_texts(file: Path, kind: str, at: int) -> pd.Series:
    """A column by its position, as texts."""
    names, _ = _first_rows(file, kind)
    column = _cells(_read(file, kind, [names[at]]).column(0))
    return column.astype("str").where(column.notna())


def _recognise(file: Path, kind: str, names: Sequence[str], first: Any, knobs: Knobs) -> Layout:
    """The layout by names and cells, as of a text."""
    labels = labels_of([["" if name == UNNAMED_INDEX else name for name in names]], len(names))
    columns = [["" if cell is None else str(cell) for cell in column.to_pylist()] for column in first.columns]
    sample = FirstRows(list(zip(*columns, strict=True)), knobs.decimal or ".")
    labels, note = with_bars(labels, sample, knobs)
    if knobs.column is None:
        refuse_quotes(file, labels)
    refuse_trades(file, labels, sample, partial(head_times, labels, sample, knobs))
    chosen = choose(str(file), labels, knobs, sample)
    chosen = chosen._replace(notes=(note, *chosen.notes)) if note else chosen
    return Layout(
        kind, "", len(names), 0, 0, tuple(label.shown for label in labels), chosen, knobs.decimal or "", epochs=False
    )


def _first_rows(file: Path, kind: str) -> tuple[list[str], Any]:
    """The names of the columns and the first rows, as a table of pyarrow."""
    import pyarrow
    from pyarrow import ipc, parquet

    if kind == "Parquet":
        with parquet.ParquetFile(file) as content:
            batches, schema = content.iter_batches(batch_size=FIRST_ROWS), content.schema_arrow
            first = next(iter(batches), None)
    else:
        with pyarrow.memory_map(str(file)) as source:
            reader = ipc.open_file(source)
            schema, first = (
                reader.schema,
                reader.get_batch(0).slice(0, FIRST_ROWS) if reader.num_record_batches else None,
            )
    if first is None or not first.num_rows:
        raise UserError(f"{file}: the file is empty.")
    return list(schema.names), first


def _read(file: Path, kind: str, names: list[str]) -> Any:
    from pyarrow import feather, parquet

    unique = list(dict.fromkeys(names))
    return parquet.read_table(file, columns=unique) if kind == "Parquet" else feather.read_table(file, columns=unique)


def _cells(column: Any) -> pd.Series:
    import pyarrow

    if pyarrow.types.is_decimal(column.type):
        column = column.cast(pyarrow.float64())
    elif pyarrow.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    cells: pd.Series = column.to_pandas()
    return cells


def _as_numbers(column: pd.Series) -> pd.Series:
    return column.astype("float64") if pd.api.types.is_numeric_dtype(column) else column.astype("str")
