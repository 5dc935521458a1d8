"""Cells of files of forecast rows, unchanged: no name becomes a number, a date or a missing value."""

from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.errors import UserError

PARQUET_MAGIC = b"PAR1"
MISSING = ("", "nan", "na", "n/a", "#n/a", "<na>", "null", "none", "nat")  # in a column of numbers, in lower case


def read_cells(path: Path) -> pd.DataFrame:
    """The table of a CSV or Parquet file, every cell of a CSV file as its text.

    Raises:
        UserError: naming the file, if it cannot be read, has no rows, or has two columns of one name.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(4) == PARQUET_MAGIC
        table = _read_parquet(path) if packed else _read_csv(path)
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror or problem}).") from None
    names = table.columns
    if twice := list(dict.fromkeys(names[names.duplicated()])):
        raise UserError(f"{path}: two columns are called {twice[0]!r}; rename one of them.")
    if not len(table):
        raise UserError(f"{path}: holds no forecast rows.")
    return table


def to_names(column: pd.Series) -> pd.Series:
    """Names as strings, from a column of any type, such as categories, whole numbers or truth values.

    Raises:
        ValueError: if a name is missing.
    """
    if column.isna().any():
        raise ValueError(f"a row has no {column.name}")
    return pd.Series([str(name) for name in column], index=column.index, name=column.name, dtype="str")


def to_numbers(column: pd.Series) -> pd.Series:
    """Numbers, exact to the last bit; NaN where a cell is empty or not a number."""
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.astype("float64")
    texts = column.astype("object").mask(is_missing(column), "nan").astype("str")
    try:
        if not texts.str.contains("_", regex=False).any():  # float() would accept 1_000
            return texts.astype("object").astype("float64")
    except ValueError:
        pass
    return pd.Series([_number(text) for text in texts], index=column.index, dtype="float64")


def is_missing(column: pd.Series) -> pd.Series:
    """Whether each cell of a column of numbers is empty or has a word for a missing value."""
    absent: pd.Series = column.isna()
    if pd.api.types.is_numeric_dtype(column):
        return absent
    return absent | column.astype("str").str.strip().str.lower().isin(MISSING)


def _number(text: str) -> float:
    try:
        return np.nan if "_" in text else float(text)
    except ValueError:
        return np.nan


def _read_csv(path: Path) -> pd.DataFrame:
    """Read all cells as text, also the header, in which pandas would rename repeated and empty names."""
    try:
        cells = pd.read_csv(path, header=None, dtype="str", na_filter=False, encoding="utf-8-sig")
    except ValueError:  # also of pandas, and for text that cannot be decoded
        raise UserError(f"{path}: is no table of forecast rows as CSV.") from None
    return cells.iloc[1:].set_axis(cells.iloc[0].tolist(), axis="columns").reset_index(drop=True)


def _read_parquet(path: Path) -> pd.DataFrame:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        raise UserError(f"{path}: reading Parquet takes pyarrow: pip install pyarrow.") from None
    try:
        table = parquet.ParquetFile(path).read()
        columns = [column.to_pandas() for column in table.columns]
    except (ArrowException, ValueError) as problem:
        raise UserError(f"{path}: cannot be read as Parquet ({str(problem).splitlines()[0]}).") from None
    frame = pd.concat(columns, axis="columns") if columns else pd.DataFrame()
    return frame.set_axis([str(name) for name in table.column_names], axis="columns")
