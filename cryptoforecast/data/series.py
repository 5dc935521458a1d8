"""What a close series is."""

import hashlib
import warnings
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.interval import Interval
from cryptoforecast.data.times import in_nanoseconds
from cryptoforecast.errors import UserError

Gaps = Literal["error", "sessions", "ffill", "split"]
CLOSE, VOLUME = "Close", "Volume"
FURTHER_COLUMNS = ("Open", "High", "Low", VOLUME)  # what a bar may hold beside its close

BLOCK = 1 << 16  # rows hashed at a time


@dataclass(frozen=True)
class Provenance:
    """Where a close series came from; written into every run's record and every checkpoint.

    Args:
        source: class name of the source.
        symbol: name of the series.
        first: time of the first bar, ISO 8601, UTC.
        last: time of the last bar.
        rows: count of bars.
        interval: time from one bar to the next, in words.
        sha256: fingerprint of the rows, see :func:`fingerprint`.
        retrieved_at: when the rows were read, ISO 8601, UTC.
        files: the files read, if any.
        simulated: true if nobody ever traded at these prices.
        notes: what was done to the rows on the way.
    """

    source: str
    symbol: str
    first: str
    last: str
    rows: int
    interval: str
    sha256: str
    retrieved_at: str
    files: tuple[str, ...] = ()
    simulated: bool = False
    notes: tuple[str, ...] = ()


class CleaningReport(NamedTuple):
    """What was found in a source's rows on the way to a close series; ``data`` reports it.

    ``format`` says whose format the rows have, ``text`` in which encoding and with which marks a file was read, and
    ``columns`` where times and closes stand. ``rows`` were read, in
    ``order``; ``undated`` of them have no time and ``merged`` repeat one. ``empty`` are the times of bars without a
    close, ``missing`` counts absent bars by the time of the bar before them. ``unsettled`` is the time of a last bar
    that was not over, ``ragged`` that of a last row off the grid; both were left out.
    """

    format: str
    columns: dict[str, str]
    rows: int
    order: str
    undated: int
    merged: int
    empty: pd.DatetimeIndex
    missing: pd.Series
    unsettled: pd.Timestamp | None
    ragged: pd.Timestamp | None
    text: str = ""


class CloseSeries(NamedTuple):
    """Closes at even steps, oldest first, with their origin.

    ``closes`` is float64, finite and positive, named after its symbol, on a unique increasing UTC index in
    nanoseconds whose stamps are ``interval`` apart; only where gaps were asked to split the series, or sessions do not
    explain them, they are further apart. ``others`` holds further columns of the same bars, if any were asked for.

    >>> from cryptoforecast import SimulatedSource
    >>> series = SimulatedSource(rows=100).load()
    >>> len(series.closes), str(series.interval), series.provenance.last
    (100, '1 day', '2015-04-10T00:00:00+00:00')
    """

    closes: pd.Series
    interval: Interval
    provenance: Provenance
    others: pd.DataFrame | None = None
    cleaning_report: CleaningReport | None = None

    @property
    def findings(self) -> CleaningReport | None:
        """The old name of ``cleaning_report``."""
        warnings.warn("CloseSeries.findings is now cleaning_report.", DeprecationWarning, stacklevel=2)
        return self.cleaning_report


class GapsFound(UserError):
    """Closes are missing, and nobody has said what to do about it; ``series`` is what there is, split at the gaps."""

    def __init__(self, sentence: str, series: CloseSeries) -> None:
        super().__init__(sentence)
        self.series = series


def fingerprint(closes: pd.Series, further: pd.DataFrame | None = None) -> str:
    """SHA-256 of the canonical rows.

    Per bar its UTC nanoseconds as int64 and its close as float64, then further columns, if any, in their order; all
    little-endian.
    """
    columns = {"close": closes} | ({} if further is None else {str(name): further[name] for name in further.columns})
    values = {"time": in_nanoseconds(closes.index).asi8}
    values |= {name: column.to_numpy() for name, column in columns.items()}
    hashed = hashlib.sha256()
    for first in range(0, len(closes), BLOCK):  # a copy of all rows would take longer than the hash
        block = slice(first, first + BLOCK)
        rows = np.empty(
            len(values["time"][block]), dtype=[(name, "<i8" if name == "time" else "<f8") for name in values]
        )
        for name, cells in values.items():
            rows[name] = cells[block]
        hashed.update(rows.data)
    return hashed.hexdigest()
