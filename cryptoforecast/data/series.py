"""What a close series is, and what makes one out of raw rows."""

import hashlib
import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.times import say_duration, say_time
from cryptoforecast.errors import DataNotice, UserError

Gaps = Literal["error", "ffill"]


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


class CloseSeries(NamedTuple):
    """Closes at even steps, oldest first, with their origin.

    ``closes`` is float64, finite and positive, named after its symbol, on a unique increasing UTC index in
    nanoseconds whose stamps are ``interval`` apart.
    """

    closes: pd.Series
    interval: pd.Timedelta
    provenance: Provenance


@dataclass
class RawRows:
    """Rows as a source found them, before any check.

    Args:
        symbol: name of the series.
        times: UTC stamps, in the order found.
        values: closes; NaN where the source has a row without one.
        source: class name of the source.
        files: the files read, if any.
        simulated: true if nobody ever traded at these prices.
        notes: what the source already has to say about the rows.
    """

    symbol: str
    times: pd.DatetimeIndex
    values: np.ndarray
    source: str
    files: tuple[str, ...] = ()
    simulated: bool = False
    notes: list[str] = field(default_factory=list)


def to_close_series(raw: RawRows, gaps: Gaps = "error", now: datetime | None = None) -> CloseSeries:
    """Sort, check and describe raw rows.

    Args:
        raw: the rows.
        gaps: what to do about missing bars: refuse the series, or repeat the last close before them.
        now: the present, for telling whether the last bar is over; by default the clock's.

    Raises:
        UserError: naming series, time and value, if the rows are no close series.
    """
    now = now or datetime.now(UTC)
    closes = pd.Series(raw.values, index=raw.times.as_unit("ns"), name=raw.symbol, dtype="float64")
    _require_rows(closes)
    _require_prices(closes)
    closes = _oldest_first(closes, raw.notes)
    closes = _merge_duplicates(closes, raw.notes)
    interval = _interval(closes)
    if not raw.simulated:
        closes = _drop_unsettled(closes, interval, now, raw.notes)
    closes = _drop_empty_end(closes, raw.notes)
    closes = _even_steps(closes, interval, gaps, raw.notes)
    for note in raw.notes:
        warnings.warn(f"{raw.symbol}: {note}", DataNotice, stacklevel=2)
    return CloseSeries(closes, interval, _provenance(raw, closes, interval, now))


def fingerprint(closes: pd.Series) -> str:
    """SHA-256 of the canonical rows: per bar its UTC nanoseconds as int64 and its close as float64, little-endian."""
    rows = np.empty(len(closes), dtype=[("time", "<i8"), ("close", "<f8")])
    rows["time"] = pd.DatetimeIndex(closes.index).as_unit("ns").asi8
    rows["close"] = closes.to_numpy()
    return hashlib.sha256(rows.tobytes()).hexdigest()


def _require_rows(closes: pd.Series) -> None:
    if len(closes) < 2:
        raise UserError(f"{closes.name}: a series takes at least 2 closes; here there are {len(closes)}.")


def _require_prices(closes: pd.Series) -> None:
    bad = closes[~(closes.isna() | ((closes > 0) & np.isfinite(closes)))]
    if len(bad):
        raise UserError(
            f"{closes.name}: the close at {say_time(bad.index[0])} is {bad.iloc[0]:g}"
            f"{_and_more(len(bad) - 1)}; closes are positive numbers."
        )


def _oldest_first(closes: pd.Series, notes: list[str]) -> pd.Series:
    if closes.index.is_monotonic_increasing:
        return closes
    order = "newest first" if closes.index.is_monotonic_decreasing else "in no order"
    notes.append(f"the rows were {order}; sorted oldest first.")
    return closes.sort_index(kind="stable")


def _merge_duplicates(closes: pd.Series, notes: list[str]) -> pd.Series:
    if closes.index.is_unique:
        return closes
    by_time = closes.groupby(level=0)
    lowest, highest = by_time.min(), by_time.max()
    differing = lowest[lowest != highest].dropna()
    if len(differing):
        time = differing.index[0]
        raise UserError(
            f"{closes.name}: two closes at {say_time(time)}, {lowest[time]:g} and {highest[time]:g}"
            f"{_and_more(len(differing) - 1)}; remove the wrong one."
        )
    notes.append(f"rows that repeat a time with the same close were merged: {len(closes) - len(lowest)}.")
    return lowest


def _interval(closes: pd.Series) -> pd.Timedelta:
    if len(closes) < 2:
        raise UserError(f"{closes.name}: all rows have one time, {say_time(closes.index[0])}; at least 2 are needed.")
    steps, counts = np.unique(np.diff(closes.index.asi8), return_counts=True)
    return pd.Timedelta(int(steps[counts.argmax()]), unit="ns")


def _drop_unsettled(closes: pd.Series, interval: pd.Timedelta, now: datetime, notes: list[str]) -> pd.Series:
    settled = closes[closes.index + interval <= pd.Timestamp(now)]
    if len(settled) < len(closes):
        notes.append(
            f"the bar of {say_time(closes.index[-1])} is not over in UTC; "
            f"the series ends at {say_time(settled.index[-1]) if len(settled) else 'nothing'}."
        )
        _require_rows(settled)
    return settled


def _drop_empty_end(closes: pd.Series, notes: list[str]) -> pd.Series:
    """Vendors stamp a bar before they have its close; the last ones may be empty for some hours."""
    last = closes.last_valid_index()
    if last is None or last == closes.index[-1]:
        return closes
    notes.append(f"no close yet after {say_time(last)}; the series ends there.")
    return closes[:last]


def _even_steps(closes: pd.Series, interval: pd.Timedelta, gaps: Gaps, notes: list[str]) -> pd.Series:
    present = closes.dropna()
    _require_rows(present)
    if gaps == "error" and len(present) < len(closes):
        empty = closes.index[closes.isna()]
        raise UserError(
            f"{closes.name}: no close at {say_time(empty[0])}{_and_more(len(empty) - 1)}; "
            "set data.source.gaps to ffill to repeat the last close before it."
        )
    steps = pd.Series(present.index[1:] - present.index[:-1], index=present.index[:-1])
    uneven = steps[steps != interval]
    if not len(uneven):
        return present
    before, step = uneven.index[0], uneven.iloc[0]
    what = (
        f"{say_duration(step)} between the bars of {say_time(before)} and {say_time(before + step)}, "
        f"elsewhere {say_duration(interval)}{_and_more(len(uneven) - 1)}"
    )
    if (uneven % interval != pd.Timedelta(0)).any():
        raise UserError(f"{closes.name}: {what}; bars must be evenly spaced.")
    missing = int((uneven // interval - 1).sum())
    if gaps == "error":
        raise UserError(
            f"{closes.name}: {what}; set data.source.gaps to ffill to repeat the last close before a gap "
            f"({missing} in all)."
        )
    notes.append(f"missing closes were filled with the last before them: {missing}, first after {say_time(before)}.")
    whole = pd.date_range(present.index[0], present.index[-1], freq=interval, unit="ns")
    return present.reindex(whole).ffill()


def _and_more(count: int) -> str:
    return f" (and {count} more)" if count else ""


def _provenance(raw: RawRows, closes: pd.Series, interval: pd.Timedelta, now: datetime) -> Provenance:
    return Provenance(
        source=raw.source,
        symbol=raw.symbol,
        first=closes.index[0].isoformat(),
        last=closes.index[-1].isoformat(),
        rows=len(closes),
        interval=say_duration(interval),
        sha256=fingerprint(closes),
        retrieved_at=now.isoformat(timespec="seconds"),
        files=raw.files,
        simulated=raw.simulated,
        notes=tuple(raw.notes),
    )
