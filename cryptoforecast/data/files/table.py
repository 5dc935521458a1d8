"""The table that is read from a price file."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.files.dates.local_days import Zone, to_days


class Table(NamedTuple):
    """The rows of a file, in its order: UTC times, and the close and further columns by name, NaN for empty cells.

    ``symbol`` is the series' name in the file, else empty. ``text`` says how the text was read, ``columns`` which
    columns were used. ``undated`` counts the rows without a time, which were left out; ``notes`` are for the user.
    ``zone`` is that of local days.
    """

    times: pd.DatetimeIndex
    values: dict[str, np.ndarray]
    symbol: str
    format: str
    columns: dict[str, str]
    text: str = ""
    undated: int = 0
    notes: tuple[str, ...] = ()
    zone: Zone | None = None


def join(tables: Sequence[Table]) -> Table:
    """Join the rows of several files, in the order of the files."""
    first, (times, joined_zone) = tables[0], _times_of_all(tables)
    return Table(
        times=times[0].append(times[1:]),
        values={name: np.concatenate([table.values[name] for table in tables]) for name in first.values},
        symbol=first.symbol,
        format=" and ".join(dict.fromkeys(table.format for table in tables)),
        columns=first.columns,
        text="; ".join(dict.fromkeys(table.text for table in tables if table.text)),
        undated=sum(table.undated for table in tables),
        notes=tuple(dict.fromkeys(note for table in tables for note in table.notes)),
        zone=joined_zone,
    )


def _times_of_all(tables: Sequence[Table]) -> tuple[list[pd.DatetimeIndex], Zone | None]:
    """The times of each table; local dates if the offset of one zone differs between files, as in summer and winter."""
    times, zones = [table.times for table in tables], [Zone(*table.zone) for table in tables if table.zone]
    if len(zones) < len(tables) or len({zone.time_of_day for zone in zones}) > 1:
        return times, None
    zone = Zone(min(zone.lowest for zone in zones), max(zone.highest for zone in zones), zones[0].time_of_day)
    if zone.changes:
        times = [
            table_times if zone.changes else to_days(table_times, zone.lowest)
            for table_times, zone in zip(times, zones, strict=True)
        ]
    return times, zone
