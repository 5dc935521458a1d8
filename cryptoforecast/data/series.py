"""Close series, their provenance, and the report of how they were cleaned."""

import hashlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.interval import Interval
from cryptoforecast.data.times import in_nanoseconds
from cryptoforecast.errors import UserError

Gaps = Literal["error", "sessions", "ffill", "split"]
# Like the close, by the last close; like a close, by its own last value; standardised by its window; not at all.
ColumnScaling = Literal["price", "other_price", "by_window", "as_is"]
CLOSE, HIGH, LOW, VOLUME = "Close", "High", "Low", "Volume"
Quantity = Literal["price", "volatility", "ratio"]  # what the values of a series are; a ratio is any other number
FURTHER_COLUMNS = ("Open", HIGH, LOW, VOLUME)  # of a bar, beside its close

ROWS_HASHED_AT_A_TIME = 1 << 16  # a copy of all rows would take longer than the hash


@dataclass(frozen=True)
class Provenance:
    """Where a close series came from, as every run's record and every checkpoint has it.

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
        simulated: whether the prices are simulated.
        notes: sentences on what was done to the rows.
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
    """What was found in a source's rows when they were made a close series; the verb ``data`` prints it.

    Attributes:
        format: the vendor or the kind of the rows' format.
        columns: by use, such as ``time`` and ``close``, the name of the column and what spoke for it.
        rows: count of the rows read.
        order: ``oldest first``, ``newest first`` or ``in no order``.
        undated: count of rows without a time, which were left out.
        merged: count of rows that repeat another.
        empty: times of bars without a close.
        missing: counts of absent bars, by the time of the bar before them.
        unsettled: time of a last bar that was not over and was left out; None if there was none.
        ragged: time of a last row off the grid that was left out; None if there was none.
        text: encoding, delimiter and decimal mark of a file; empty for other sources.
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
    """Closes at one interval, oldest first, with their provenance.

    Attributes:
        closes: float64, finite and positive, in the currency of the series, and named after its symbol. The index is
            UTC in nanoseconds, unique and increasing; its stamps are ``interval`` apart, except where missing bars
            split the series.
        interval: the time from one bar to the next.
        provenance: where the closes came from, with their fingerprint.
        others: further columns of the same bars as float64, by name; None if none were asked for.
        cleaning_report: what was found in the source's rows; None if the source has none.
        quantity: what the closes are: prices, volatilities as shares of a bar, or any other positive number (ratio).
        known: names of the columns in ``others`` whose values are known before their bar begins, such as the dates of
            halvings; ``data.future`` may name them.
        ahead: values of these columns at times after the last bar, which a forecast of the next closes takes; None
            where there are none.
        target: the name of the column that ``closes`` are.
        scalings: how further columns are scaled for a network, by name, where it is not the usual way.

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
    quantity: Quantity = "price"
    known: tuple[str, ...] = ()
    ahead: pd.DataFrame | None = None
    target: str = CLOSE
    scalings: Mapping[str, str] = {}

    @property
    def findings(self) -> CleaningReport | None:
        """The old name of ``cleaning_report``."""
        warnings.warn("CloseSeries.findings is now cleaning_report.", DeprecationWarning, stacklevel=2)
        return self.cleaning_report


class GapsFound(UserError):
    """Closes are missing, and ``gaps`` is ``error``.

    ``series`` has the closes that there are, split at the gaps.
    """

    def __init__(self, sentence: str, series: CloseSeries) -> None:
        super().__init__(sentence)
        self.series = series


def fingerprint(closes: pd.Series, further: pd.DataFrame | None = None) -> str:
    """SHA-256 of a series' rows, the same for the same closes whatever file they were read from.

    A row is the bar's UTC nanoseconds as int64 and its close as float64, then further columns in their order, all
    little-endian.
    """
    columns = {"close": closes} | ({} if further is None else {str(name): further[name] for name in further.columns})
    values = {"time": in_nanoseconds(closes.index).asi8}
    values |= {name: column.to_numpy() for name, column in columns.items()}
    hashed = hashlib.sha256()
    for first in range(0, len(closes), ROWS_HASHED_AT_A_TIME):
        block = slice(first, first + ROWS_HASHED_AT_A_TIME)
        rows = np.empty(
            len(values["time"][block]), dtype=[(name, "<i8" if name == "time" else "<f8") for name in values]
        )
        for name, cells in values.items():
            rows[name] = cells[block]
        hashed.update(rows.data)
    return hashed.hexdigest()
