"""From the rows of a source to a close series: sorted, checked, and with a report."""

import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from cryptoforecast.data.cleaning.gaps import bridge, missing_bars
from cryptoforecast.data.cleaning.grid import drop_ragged_end, interval_of, move_to_grid
from cryptoforecast.data.cleaning.jitter import settle_jitter
from cryptoforecast.data.cleaning.prices import and_more, drop_zeros_before_trading, require_prices
from cryptoforecast.data.column_scalings import OF_PRICES, usual_scaling
from cryptoforecast.data.interval import Interval
from cryptoforecast.data.series import CLOSE, CleaningReport, CloseSeries, Gaps, GapsFound, Provenance, fingerprint
from cryptoforecast.data.times import in_nanoseconds, say_time
from cryptoforecast.errors import DataNotice, UserError

OTHER_CLOSE = "Close beside"  # the name, in here, of a further column Close, where another one is forecast
HOUR, NOT_LATE = pd.Timedelta("1h"), pd.Timedelta(0)


@dataclass
class RawRows:
    """The rows of a source, before any check.

    Args:
        symbol: name of the series.
        times: UTC, in the order of the rows.
        values: closes; NaN for a row without one.
        source: class name of the source.
        files: names of the files read, if any.
        simulated: whether the prices are simulated.
        notes: sentences of the source on the rows.
        others: further columns of the same rows, by name.
        format: vendor or kind of the format.
        columns: by use, the name of the column and what spoke for it.
        text: encoding, delimiter and decimal mark of a file.
        undated: count of rows left out because they have no time.
        written: time at which the last file was written; a bar that was not over by then is left out.
        late: time by which a bar may end after its day in UTC, as days of a time zone in the west do.
        interval: from one bar to the next, if the source knows it; else it is found from the times.
        target: the name of the column that ``values`` are.
        scalings: how further columns are scaled for a network, by name, where it is not the usual way; see
            ``ColumnScaling``.

    >>> days = pd.date_range("2024-01-01", periods=3, tz="UTC")
    >>> RawRows("COIN-USD", days, np.array([1.0, 2.0, 4.0]), "MySource").scaling_of("Volume")
    'by_window'
    """

    symbol: str
    times: pd.DatetimeIndex
    values: np.ndarray
    source: str
    files: tuple[str, ...] = ()
    simulated: bool = False
    notes: list[str] = field(default_factory=list)
    others: dict[str, np.ndarray] = field(default_factory=dict)
    format: str = ""
    columns: dict[str, str] = field(default_factory=dict)
    text: str = ""
    undated: int = 0
    written: datetime | None = None
    late: pd.Timedelta = NOT_LATE
    interval: Interval | None = None
    target: str = CLOSE
    scalings: dict[str, str] = field(default_factory=dict)

    def scaling_of(self, name: str) -> str:
        """How a further column is scaled."""
        return self.scalings.get(name) or usual_scaling(name, self.target)


def to_close_series(raw: RawRows, gaps: Gaps = "error", now: datetime | None = None) -> CloseSeries:
    """Sort and check rows, and make them a close series.

    Args:
        raw: the rows.
        gaps: what missing bars mean: ``error`` refuses them, ``sessions`` takes the bars that there are as a market's
            calendar, ``ffill`` repeats the last close before them, ``split`` leaves them out.
        now: the present, by which the last bar is over or not; by default the time of the clock.

    Raises:
        GapsFound: naming series and times, if bars are missing and ``gaps`` is ``error``.
        UserError: naming series, time and value, if the rows are not a close series.

    >>> days = pd.date_range("2024-01-01", periods=3, tz="UTC")
    >>> to_close_series(RawRows("COIN-USD", days, np.array([1.0, 2.0, 4.0]), "MySource")).closes.tolist()
    [1.0, 2.0, 4.0]
    """
    now = now or datetime.now(UTC)
    bars = _to_bars(raw)
    notes = list(raw.notes)
    bars = drop_zeros_before_trading(bars, notes)
    _require_rows(raw.symbol, bars)
    prices = {CLOSE, OTHER_CLOSE, *(name for name in raw.others if raw.scaling_of(name) in OF_PRICES)}
    require_prices(raw.symbol, bars, prices)
    bars, order = _oldest_first(bars, notes)
    bars, merged = _merge_duplicates(raw.symbol, bars, notes)
    interval = raw.interval or interval_of(raw.symbol, bars.index)
    bars, interval, doubt = settle_jitter(raw.symbol, bars, interval, gaps, notes)
    bars, ragged = drop_ragged_end(bars, interval, notes)
    bars = move_to_grid(bars, interval, notes)
    unsettled = None
    if not raw.simulated:
        bars, unsettled = _drop_unsettled(raw, bars, interval, now, notes)
    bars = _drop_empty_ends(bars, notes)
    like_close = {name for name in raw.others if raw.scaling_of(name) == "price"}
    bridged, interval, refusal = bridge(raw.symbol, bars, interval, gaps, notes, like_close)
    empty, missing = bars.index[bars[CLOSE].isna()], missing_bars(bars.index, interval)
    columns = dict(raw.columns)
    report = CleaningReport(
        raw.format, columns, len(raw.values), order, raw.undated, merged, empty, missing, unsettled, ragged, raw.text
    )
    _require_rows(raw.symbol, bridged)
    _require_no_empty_cells(raw.symbol, bridged)
    closes, further = bridged[CLOSE].rename(raw.symbol), bridged.drop(columns=CLOSE) if raw.others else None
    if further is not None:
        further = further.rename(columns={OTHER_CLOSE: CLOSE})
    provenance = _provenance(raw, closes, further, interval, now, notes)
    series = CloseSeries(closes, interval, provenance, further, report, target=raw.target, scalings=dict(raw.scalings))
    if refusal := doubt or refusal:
        raise GapsFound(refusal, series)
    for note in notes:
        warnings.warn(f"{raw.symbol}: {note}", DataNotice, stacklevel=2)
    return series


def _to_bars(raw: RawRows) -> pd.DataFrame:
    """The close and further columns by time; not a copy of the closes if there is nothing else."""
    columns = [np.asarray(values, dtype="float64") for values in (raw.values, *raw.others.values())]
    names = [CLOSE, *(OTHER_CLOSE if name == CLOSE else name for name in raw.others)]
    table = columns[0][:, None] if len(columns) == 1 else np.column_stack(columns)
    return pd.DataFrame(table, index=in_nanoseconds(raw.times), columns=names, copy=False)


def _require_rows(symbol: str, bars: pd.DataFrame) -> None:
    if len(bars) < 2:
        raise UserError(f"{symbol}: a series takes at least 2 closes; here there are {len(bars)}.")


def _oldest_first(bars: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, str]:
    if bars.index.is_monotonic_increasing:
        return bars, "oldest first"
    order = "newest first" if bars.index.is_monotonic_decreasing else "in no order"
    notes.append(f"the rows were {order}; sorted oldest first.")
    return bars.sort_index(kind="stable"), order


def _merge_duplicates(symbol: str, bars: pd.DataFrame, notes: list[str]) -> tuple[pd.DataFrame, int]:
    if bars.index.is_unique:
        return bars, 0
    repeated = bars[CLOSE][bars.index.duplicated(keep=False)].groupby(level=0)
    lowest, highest = repeated.min(), repeated.max()
    differing = lowest[lowest != highest].dropna()
    if len(differing):
        time = differing.index[0]
        remedy = "remove the wrong one"
        if _is_an_hour(differing.index, bars.index):
            remedy = (
                "if that is where clocks are put back, the times are not UTC: write them in UTC or with their offset; "
                "if not, one of the two is wrong"
            )
        raise UserError(
            f"{symbol}: two closes at {say_time(time)}, {lowest[time]:.12g} and {highest[time]:.12g}"
            f"{and_more(len(differing) - 1)}; {remedy}."
        )
    unique = bars.groupby(level=0).first()
    notes.append(f"rows that repeat a time with the same close were merged: {len(bars) - len(unique)}.")
    return unique, len(bars) - len(unique)


def _is_an_hour(twice: pd.DatetimeIndex, times: pd.DatetimeIndex) -> bool:
    """Whether repeated times are whole hours of a night, one a day, as where clocks are put back."""
    steps = np.diff(times.asi8)
    if not (steps > 0).any():
        return False
    bars_an_hour = HOUR.value / steps[steps > 0].min()
    counts = twice.floor("h").value_counts()
    a_day = counts.index.normalize().value_counts()
    return bars_an_hour >= 1 and bool((counts == bars_an_hour).all() and (a_day == 1).all() and (twice.hour <= 3).all())


def _drop_unsettled(
    raw: RawRows, bars: pd.DataFrame, interval: Interval, now: datetime, notes: list[str]
) -> tuple[pd.DataFrame, pd.Timestamp | None]:
    last, over = bars.index[-1], interval.ends(bars.index[-1:])[0] + raw.late
    if raw.written is not None and last <= raw.written < over <= now:
        notes.append(f"the bar of {say_time(last)} was not over when {raw.files[-1]} was written; it was left out.")
        return bars.iloc[:-1], last
    if over <= now:
        return bars, None
    settled = bars[interval.ends(bars.index) + raw.late <= pd.Timestamp(now)]
    unsettled = bars.index[len(settled)]
    if not len(settled):
        raise UserError(
            f"{raw.symbol}: even the first bar, of {say_time(unsettled)}, is not over; are the dates right?"
        )
    _require_rows(raw.symbol, settled)
    notes.append(
        f"the bar of {say_time(unsettled)} is not over in UTC; the series ends at {say_time(settled.index[-1])}."
    )
    return settled, unsettled


def _drop_empty_ends(bars: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """Leave out bars without a close at both ends: before the first trade, and where the close is still to come."""
    first, last = bars[CLOSE].first_valid_index(), bars[CLOSE].last_valid_index()
    if first is None or (first == bars.index[0] and last == bars.index[-1]):
        return bars
    if first != bars.index[0]:
        notes.append(f"no close before {say_time(first)}; the series begins there.")
    if last != bars.index[-1]:
        notes.append(f"no close yet after {say_time(last)}; the series ends there.")
    return bars[first:last]


def _require_no_empty_cells(symbol: str, bars: pd.DataFrame) -> None:
    for name in (name for name in bars.columns if bars[name].hasnans):
        empty = bars.index[bars[name].isna()]
        raise UserError(
            f"{symbol}: no {str(name).lower()} at {say_time(empty[0])}{and_more(len(empty) - 1)}; "
            f"leave {name} out of data.columns."
        )


def _provenance(
    raw: RawRows,
    closes: pd.Series,
    further: pd.DataFrame | None,
    interval: Interval,
    now: datetime,
    notes: list[str],
) -> Provenance:
    return Provenance(
        source=raw.source,
        symbol=raw.symbol,
        first=closes.index[0].isoformat(),
        last=closes.index[-1].isoformat(),
        rows=len(closes),
        interval=str(interval),
        sha256=fingerprint(closes, further),
        retrieved_at=now.isoformat(timespec="seconds"),
        files=raw.files,
        simulated=raw.simulated,
        notes=tuple(notes),
    )
