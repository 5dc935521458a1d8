"""Parquet files: named columns of known types, so there is nothing to guess but the names."""

from pathlib import Path
from typing import Any

import pandas as pd

from cryptoforecast.data.files.body import Body
from cryptoforecast.data.files.columns import Chosen, choose
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.names import Label, label
from cryptoforecast.data.files.vocabulary import DATE
from cryptoforecast.errors import UserError

FIRST_ROWS = 1000  # looked at before the columns are chosen
INDEX = "__index_level_0__"  # what pandas calls an index without a name


def read_parquet(file: Path, knobs: Knobs) -> tuple[tuple[str, ...], Chosen, pd.DataFrame]:
    """The columns' names, those chosen, and their cells: times as they are, numbers as float64.

    Raises:
        UserError: if pyarrow is not there to read it, or the file is damaged or has no such columns.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UserError(f"{file}: reading Parquet takes pyarrow: pip install pyarrow.") from None
    try:
        schema = parquet.read_schema(file)
        labels = [_label(name, schema.field(at).type) for at, name in enumerate(schema.names)]
        chosen = choose(str(file), labels, knobs, _body(parquet.ParquetFile(file)))
        wanted = [*chosen.needed]
        wanted += [] if chosen.ticker is None else [chosen.ticker]
        table = parquet.read_table(file, columns=[schema.names[at] for at in wanted])
        frame = pd.DataFrame({at: table.column(place).to_pandas() for place, at in enumerate(wanted)})
        numbers = [at for at in wanted if at not in (*chosen.stamps, chosen.ticker)]
        frame[numbers] = frame[numbers].apply(_as_numbers)
    except (pyarrow.ArrowException, OSError) as problem:
        raise UserError(f"{file}: cannot be read as Parquet ({str(problem).splitlines()[0]}).") from None
    return tuple(of.text for of in labels), chosen, frame


def read_texts(file: Path, at: int) -> pd.Series:
    """A column by its position, as texts."""
    from pyarrow import parquet

    names = parquet.read_schema(file).names
    column: pd.Series = parquet.read_table(file, columns=[names[at]]).column(0).to_pandas()
    return column.astype("str").where(column.notna())


def _body(file: Any) -> Body:
    """The first rows, as texts."""
    batch = next(file.iter_batches(FIRST_ROWS), None)
    columns = [] if batch is None else [column.to_pylist() for column in batch.columns]
    return Body([["" if cell is None else str(cell) for cell in row] for row in zip(*columns, strict=True)], ".")


def _label(name: str, kind: object) -> Label:
    known = label([name])
    return Label("(index)", DATE) if name == INDEX and str(kind).startswith("timestamp") else known


def _as_numbers(column: pd.Series) -> pd.Series:
    return column.astype("float64") if pd.api.types.is_numeric_dtype(column) else column.astype("str")
