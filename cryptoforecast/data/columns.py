"""The columns of a bar: their names, and which of them is forecast."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from cryptoforecast.data.column_scalings import OF_PRICES, usual_scaling
from cryptoforecast.data.series import CLOSE, FURTHER_COLUMNS, CloseSeries, fingerprint
from cryptoforecast.data.sources.source import Source, load_one
from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import nearest_of


def require_columns(columns: Sequence[str]) -> None:
    """Check names of columns, before a source is asked for them.

    Raises:
        UserError: if there is none, or one stands twice or is a column of bars in another spelling.
    """
    if isinstance(columns, str) or not all(isinstance(name, str) for name in columns):
        raise UserError(f"data.columns is {columns!r}, which is not a list of names such as [Close, Volume].")
    if not columns:
        raise UserError("data.columns is []; its first column is forecast, which is Close for most models.")
    for at, name in enumerate(columns):
        usual = {known.casefold(): known for known in (CLOSE, *FURTHER_COLUMNS)}.get(name.strip().casefold(), name)
        if usual != name:
            raise UserError(f"data.columns names {name!r}; this column is called {usual}.")
        if name in columns[:at]:
            raise UserError(f"data.columns names {name} twice.")


def further_of(columns: Sequence[str]) -> tuple[str, ...]:
    """The columns that a source is asked for: all but Close, which every series has."""
    return tuple(name for name in columns if name != CLOSE)


def load_columns(source: Source, columns: Sequence[str]) -> CloseSeries:
    """The series of a source, with the columns wanted, of which the first is what the series holds.

    Args:
        source: the source.
        columns: their names.

    Raises:
        UserError: if the source cannot be loaded or lacks a column, or the first has values that are not positive.
    """
    series = load_one(source, further_of(columns))
    present = columns_of(series)
    for name in (name for name in columns if name not in present):
        who = f"{series.closes.name}: {type(source).__name__}"
        raise UserError(f"{who} has no {name}{nearest_of(name, present)}; leave {name} out of data.columns.")
    return series if columns[0] == series.target else _with_target(series, columns[0])


def columns_of(series: CloseSeries) -> tuple[str, ...]:
    """The names of the columns that a series has, the one that is forecast first."""
    return (series.target, *(() if series.others is None else map(str, series.others.columns)))


def _with_target(series: CloseSeries, name: str) -> CloseSeries:
    """The series of another column of the same bars, named after both."""
    assert series.others is not None
    values, further = series.others[name], series.others.drop(columns=name)
    if not (values > 0).all():
        at = int(np.argmin(values.to_numpy() > 0))
        raise UserError(
            f"{series.closes.name}: {name} is {values.iloc[at]:g} at {say_time(values.index[at])}, and what is "
            "forecast must be positive, since its changes are measured in logarithms; put another column first in "
            "data.columns."
        )
    values = values.rename(f"{series.closes.name} {name}")
    further = pd.concat([series.closes.rename(series.target), further], axis=1)
    is_price = series.scalings.get(name, usual_scaling(name)) in OF_PRICES
    provenance = replace(series.provenance, symbol=str(values.name), sha256=fingerprint(values, further))
    return series._replace(
        closes=values,
        others=further,
        target=name,
        quantity="price" if is_price else "ratio",
        provenance=provenance,
    )
