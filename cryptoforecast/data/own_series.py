"""A checked close series from columns that a program has: the last line of a source of one's own."""

from collections.abc import Mapping, Sequence
from typing import get_args

import numpy as np
import pandas as pd

from cryptoforecast.data.argument_checks import require_choice
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.column_scalings import require_scalings
from cryptoforecast.data.series import CloseSeries, ColumnScaling, Gaps, Quantity
from cryptoforecast.data.times import in_nanoseconds
from cryptoforecast.errors import UserError


def series_of(
    columns: Mapping[str, pd.Series] | pd.DataFrame,
    symbol: str,
    gaps: Gaps = "error",
    quantity: Quantity = "price",
    scalings: Mapping[str, ColumnScaling] | None = None,
    known: Sequence[str] = (),
    source: str = "series_of",
    files: Sequence[str] = (),
    simulated: bool = False,
) -> CloseSeries:
    """The close series of some columns: sorted, checked for duplicates, gaps and values, and with its provenance.

    Args:
        columns: by name, indexed by the times at which bars open; times without a zone are UTC. The first is what is
            forecast, usually Close; the others are taken at its times.
        symbol: name of the series.
        gaps: what missing bars mean, as for ``CsvSource``.
        quantity: what the first column is: prices, volatilities as shares of a bar, or any other positive number
            (``ratio``).
        scalings: how further columns are scaled for a network, by name: ``price``, ``other_price``, ``by_window`` or
            ``as_is``; by default Open, High and Low as prices and others by window.
        known: columns that are known in advance, whose rows may reach beyond the last close: for ``data.future``.
        source: what the provenance names as the source, such as the name of a class.
        files: the files that were read, for the provenance.
        simulated: whether the prices are simulated.

    Raises:
        GapsFound: if bars are missing and ``gaps`` is ``error``.
        UserError: naming series, time and value, if the columns are not a close series.

    >>> days = pd.date_range("2024-01-01", periods=3, tz="UTC")
    >>> table = pd.DataFrame({"Close": [100.0, 101.5, 99.25], "Funding": [0.01, -0.02, 0.0]}, index=days)
    >>> series = series_of(table, "COIN-USD")
    >>> series.closes.tolist(), series.others["Funding"].tolist(), str(series.interval)
    ([100.0, 101.5, 99.25], [0.01, -0.02, 0.0], '1 day')
    """
    require_choice("quantity", quantity, get_args(Quantity))
    require_scalings("the scaling", scalings or {})
    by_name = {str(name): _in_utc(symbol, str(name), columns[name]) for name in columns}
    if absent := [name for name in known if name not in by_name]:
        raise UserError(f"{symbol}: {absent[0]} is said to be known in advance, and is none of the columns.")
    if not by_name:
        raise UserError(f"{symbol}: series_of needs a column, of which the first is forecast.")
    target, *further = by_name
    values = by_name[target]
    closes = values[: values.last_valid_index()]  # rows of columns known in advance may come after it
    raw = RawRows(
        symbol=symbol,
        times=pd.DatetimeIndex(closes.index),
        values=closes.to_numpy("float64"),
        source=source,
        files=tuple(files),
        simulated=simulated,
        others={name: _at(symbol, name, by_name[name], closes.index) for name in further},
        target=target,
        scalings=dict(scalings or {}),
    )
    series = to_close_series(raw, gaps)._replace(quantity=quantity)
    if not known:
        return series
    ahead = pd.concat({name: by_name[name] for name in known}, axis=1).dropna().sort_index()
    return series._replace(known=tuple(known), ahead=ahead[ahead.index > series.closes.index[-1]])


def _in_utc(symbol: str, name: str, values: object) -> pd.Series:
    """A column as float64 on UTC times.

    Raises:
        UserError: if it is no pandas Series of numbers with times as its index.
    """
    if not isinstance(values, pd.Series) or not isinstance(values.index, pd.DatetimeIndex):
        raise UserError(f"{symbol}: {name} is no pandas Series indexed by times; set its index to a DatetimeIndex.")
    times = values.index.tz_localize("UTC") if values.index.tz is None else values.index.tz_convert("UTC")
    try:
        return pd.Series(values.to_numpy("float64"), in_nanoseconds(times), name=name)
    except (TypeError, ValueError) as problem:
        raise UserError(f"{symbol}: {name} has a value that is no number ({problem}).") from None


def _at(symbol: str, name: str, values: pd.Series, times: pd.Index) -> np.ndarray:
    if values.index.equals(times):
        same: np.ndarray = values.to_numpy()
        return same
    if not values.index.is_unique:
        raise UserError(f"{symbol}: {name} has two values at {values.index[values.index.duplicated()][0]}.")
    taken: np.ndarray = values.reindex(times).to_numpy()
    return taken
