"""What is known beforehand of the times of bars: features of the calendar, and columns that a source declares so."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from cryptoforecast.data.calendar_features import ENCODERS, calendar
from cryptoforecast.data.load_series import load_all
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.times import in_nanoseconds, say_time
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import nearest_of


def require_future(future: Sequence[str]) -> None:
    """Check names of what is known beforehand; which columns a source declares so is known once it is loaded.

    Raises:
        UserError: if they are no list of names, or a name stands twice.
    """
    if isinstance(future, str) or not all(isinstance(name, str) for name in future):
        raise UserError(f"data.future is {future!r}, which is not a list of names such as [hour_of_day, month].")
    for at, name in enumerate(future):
        if name in future[:at]:
            raise UserError(f"data.future names {name} twice.")


def columns_among(future: Sequence[str]) -> tuple[str, ...]:
    """The names that are no features of the calendar, and so are columns of the source."""
    return tuple(name for name in future if name not in ENCODERS)


def load_with_future(
    sources: Sequence[Source], columns: Sequence[str], future: Sequence[str], start: str | None, end: str | None
) -> list[CloseSeries]:
    """The close series of all sources with the columns that are seen and those that are known beforehand.

    Args:
        sources: the sources.
        columns: names of the columns wanted, Close first.
        future: names of what is known beforehand.
        start: first day used, itself included; None for all.
        end: last day used, itself included; None for all.

    Raises:
        UserError: as :func:`load_all`; or if a source does not declare a column among ``future`` to be known.
    """
    every = tuple(dict.fromkeys([*columns, *columns_among(future)]))
    try:
        loaded = load_all(sources, every, start, end)
    except UserError:
        if len(every) > len(columns):
            _require_known(load_all(sources, columns, start, end), future)
        raise
    _require_known(loaded, future)
    return loaded


def _require_known(loaded: Sequence[CloseSeries], future: Sequence[str]) -> None:
    """Check that each source declares its columns in ``future`` to be known beforehand."""
    for series, name in product(loaded, columns_among(future)):
        if name not in series.known:
            raise UserError(
                f"{series.closes.name}: data.future names {name}, which is neither a feature of the calendar nor a "
                "column that the source declares to be known beforehand"
                f"{nearest_of(name, [*ENCODERS, *series.known])}."
            )


def known_at_bars(series: CloseSeries, future: Sequence[str]) -> Float32[Tensor, "time features"]:
    """What is known beforehand of the times of a series' bars.

    Args:
        series: with the columns among ``future`` in ``others``.
        future: the names.
    """
    stamps = in_nanoseconds(pd.DatetimeIndex(series.closes.index)).asi8
    return _table(torch.from_numpy(stamps.copy()), future, series.others)


def known_after(series: CloseSeries, future: Sequence[str], horizon: int) -> Float32[Tensor, "horizon features"]:
    """What is known beforehand of the times after the last bar of a series.

    Raises:
        UserError: if a column among ``future`` has no value for one of these times.
    """
    times = in_nanoseconds(series.interval.after(series.closes.index[-1], horizon))
    ahead = pd.DataFrame(index=times) if series.ahead is None else series.ahead.reindex(times)
    for name in columns_among(future):
        if name not in ahead or ahead[name].isna().any():
            absent = times[0] if name not in ahead else times[ahead[name].isna()][0]
            raise UserError(
                f"{series.closes.name}: {name} is known beforehand (data.future), and its source has no value of it "
                f"for {say_time(absent)}, which is to be forecast; let the source give it in CloseSeries.ahead."
            )
    return _table(torch.from_numpy(times.asi8.copy()), future, ahead)


def _table(
    times: Int64[Tensor, " time"], future: Sequence[str], columns: pd.DataFrame | None
) -> Float32[Tensor, "time features"]:
    parts = [
        calendar(times, [name])[:, 0]
        if name in ENCODERS or columns is None
        else torch.from_numpy(np.array(columns[name], dtype="float32"))
        for name in future
    ]
    return torch.stack(parts, dim=-1) if parts else torch.empty(len(times), 0)
