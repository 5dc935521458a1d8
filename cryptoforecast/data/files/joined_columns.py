"""Columns of a file that has times and no closes, or none that are wanted."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from cryptoforecast.data.files.bytes.open_file import encoding_of, head_of, packing
from cryptoforecast.data.files.bytes.packing import COLUMNAR
from cryptoforecast.data.files.headings.labels import Label, labels_of, named
from cryptoforecast.data.files.headings.vocabulary import CLOCK, DATE, TICKER
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.lines.head import split_head
from cryptoforecast.data.files.reading import read_table
from cryptoforecast.data.files.rows.columnar import names_of
from cryptoforecast.data.series import CLOSE, FURTHER_COLUMNS
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

OF_BARS = {name.casefold() for name in (CLOSE, *FURTHER_COLUMNS)}

if TYPE_CHECKING:  # jaxtyping loads unittest, asyncio and ssl
    from jaxtyping import Float64, Int64

Column: TypeAlias = "tuple[Int64[np.ndarray, ' values'], Float64[np.ndarray, ' values']]"  # UTC nanoseconds, and values


class FileColumns(NamedTuple):
    """Some columns of a file.

    Attributes:
        path: the file.
        knobs: what the user says of it.
        headings: by the name of each column wanted, its heading in the file.
        columns: by the same names the times and values, oldest first, without empty cells; empty before they are read.
    """

    path: Path
    knobs: Knobs
    headings: dict[str, str]
    columns: dict[str, Column] = {}  # noqa: RUF012 (never changed)

    @property
    def reader(self) -> Knobs:
        """The settings with which the reader takes the first of the columns for the values, and the rest beside it."""
        first, *rest = sorted(dict.fromkeys(self.headings.values()), key=lambda heading: heading != CLOSE)
        return self.knobs._replace(column=first, others=tuple(rest))


def named_columns(file: FileColumns, names: Sequence[str]) -> list[str]:
    """Those of some names, other than those of bars, that a file has a column for."""
    labels = _labels(file)
    return [name for name in names if name.casefold() not in OF_BARS and named(labels, name)]


def first_column(file: FileColumns) -> str:
    """The first column of a file that holds no times and no names, by which its rows are told from other lines."""
    labels = _labels(file)
    return next(label.shown for label in labels if label.kind not in (DATE, CLOCK, TICKER) and label.text)


def read_columns(file: FileColumns) -> FileColumns:
    """The columns with their times and values.

    Raises:
        UserError: naming the file and what cannot be read; also where two values of one time differ.
    """
    reader = file.reader
    table = read_table(file.path, reader)
    by_heading = {str(reader.column): CLOSE} | {name: name for name in reader.others}
    columns = {
        name: _sorted(file.path, heading, table.times, table.values[by_heading[heading]])
        for name, heading in file.headings.items()
    }
    return file._replace(columns=columns)


def _labels(file: FileColumns) -> Sequence[Label]:
    if packing(file.path) in COLUMNAR:
        names = names_of(file.path, packing(file.path))
        return labels_of([names], len(names))
    head = head_of(file.path, encoding_of(file.path, file.knobs.encoding))
    _, header, body, _, _ = split_head(file.path, head)
    return labels_of(header, len(body[0]))


def _sorted(path: Path, heading: str, times: pd.DatetimeIndex, values: "Float64[np.ndarray, ' rows']") -> Column:
    column = pd.Series(values, index=times.asi8).dropna()
    if not np.isfinite(column.to_numpy()).all():
        raise UserError(f"{path}: {heading} has a value that is no finite number.")
    column = column.sort_index(kind="stable")
    if not column.index.is_unique:
        by_time = column.groupby(level=0)
        differ = by_time.min() != by_time.max()
        if differ.any():
            time = pd.Timestamp(int(differ.idxmax()), tz="UTC")
            raise UserError(
                f"{path}: {heading} has two values at {say_time(time)}, {by_time.min()[time.value]:g} and "
                f"{by_time.max()[time.value]:g}; remove the wrong one."
            )
        column = by_time.first()
    return column.index.to_numpy("int64"), column.to_numpy("float64")
