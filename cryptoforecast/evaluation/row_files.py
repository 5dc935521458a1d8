"""Cells of files of forecast rows: no name becomes a number, a date or a missing value, and no time is guessed."""

from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.times import in_nanoseconds
from cryptoforecast.errors import UserError

PARQUET_MAGIC = b"PAR1"
ZONE_OFFSET = r"\d:\d\d.*[+-](?!00:?00$)\d\d:?\d\d$"  # a time of day in another zone than UTC
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


def to_times(column: pd.Series, source: str) -> pd.Series:
    """Times in UTC, of nanoseconds; those without a zone are taken to be in UTC.

    Args:
        column: times or texts in ISO 8601.
        source: where they are from, which errors begin with.

    Raises:
        UserError: naming the first that is in another zone, or no time.
    """
    if pd.api.types.is_datetime64_any_dtype(column) and not column.isna().any():
        stamps = pd.DatetimeIndex(column)
        return pd.Series(in_nanoseconds(stamps.tz_localize("UTC") if stamps.tz is None else stamps.tz_convert("UTC")))
    texts = column.astype(str)
    if (zoned := texts.str.contains(ZONE_OFFSET)).any():
        zone = f"{column.name} {texts[zoned].iloc[0]} is not in UTC"
        raise UserError(f"{source}: {zone}; write times in UTC, ending in Z.")
    times = pd.to_datetime(texts, utc=True, format="ISO8601", errors="coerce")
    if (unread := times.isna() | ~texts.str.match(r"\d{4}-\d\d-\d\d")).any():
        raise UserError(f"{source}: {column.name} {texts[unread].iloc[0]!r} is no time such as 2024-03-11T00:00:00Z.")
    return times.dt.as_unit("ns")


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
