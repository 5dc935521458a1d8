"""What is read from a price file."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd


class Knobs(NamedTuple):
    """What the user has said of a file: see ``CsvSource``."""

    column: str | None = None
    symbol: str | None = None
    date_format: str | None = None
    others: tuple[str, ...] = ()


class Table(NamedTuple):
    """The rows of a file, in its order: UTC times, and by name the close and further columns, NaN where empty.

    ``symbol`` is the series' name where the file says it; ``columns`` tells which of the file's columns were used,
    ``undated`` how many rows have no time and were left out, ``notes`` what else was.
    """

    times: pd.DatetimeIndex
    values: dict[str, np.ndarray]
    symbol: str
    format: str
    columns: dict[str, str]
    undated: int = 0
    notes: tuple[str, ...] = ()


def join(tables: Sequence[Table]) -> Table:
    """The rows of several files as one table's, in the order of the files."""
    first = tables[0]
    return Table(
        times=first.times.append([table.times for table in tables[1:]]),
        values={name: np.concatenate([table.values[name] for table in tables]) for name in first.values},
        symbol=first.symbol,
        format=" and ".join(dict.fromkeys(table.format for table in tables)),
        columns=first.columns,
        undated=sum(table.undated for table in tables),
        notes=tuple(dict.fromkeys(note for table in tables for note in table.notes)),
    )
