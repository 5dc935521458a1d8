"""The base class of sources of closes."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence

from cryptoforecast.data.interval import as_interval
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.sources.loaded_once import load_once
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.user_code.opened_files import loads_a_source


class Source(ABC):
    """A source of closes; nothing else in the package reads price files or the network.

    A subclass keeps its arguments as attributes of the same names, from which a checkpoint records it, and writes
    :meth:`load`. :func:`~cryptoforecast.data.cleaning.clean.to_close_series` sorts, checks and describes rows.

    >>> import pandas as pd
    >>> from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
    >>> class Doubling(Source):
    ...     def load(self, columns=()):
    ...         times = pd.date_range("2024-01-01", periods=3, tz="UTC")
    ...         return to_close_series(RawRows("COIN-USD", times, [1.0, 2.0, 4.0], "Doubling"))
    >>> Doubling().load().closes.tolist()
    [1.0, 2.0, 4.0]
    """

    @abstractmethod
    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """Load the closes, checked, with their provenance.

        Args:
            columns: names of further columns wanted, such as Open, High, Low, Volume, Funding. A source without
                columns may take no argument.

        Returns:
            The closes as float64 in the currency of the series, oldest first, at one interval, and the further
            columns in ``others``.

        Raises:
            SourceUnavailable: if the source cannot be reached.
            UserError: if its rows are not a close series, or a column is missing.
        """


class SourceUnavailable(UserError):
    """A source that cannot be reached now; another source or a later try may succeed."""


@loads_a_source
def load_one(source: Source, further: Sequence[str]) -> CloseSeries:
    """Load one source, with the further columns wanted.

    Args:
        source: the source.
        further: names of the columns wanted beside the close.

    Raises:
        UserError: if the source cannot be loaded or lacks a column.
    """
    return load_once(source, further, lambda: _load(source, further))


def _load(source: Source, further: Sequence[str]) -> CloseSeries:
    """A source loaded, with the further columns wanted."""
    if not further:
        return _with_interval(source.load())  # the load() of a user's source may take no argument
    takes_columns = bool(inspect.signature(source.load).parameters)
    series = _with_interval(source.load(list(further)) if takes_columns else source.load())
    present = [series.target, *([] if series.others is None else map(str, series.others.columns))]
    if missing := [name for name in further if name not in present]:
        kind, absent = type(source).__name__, ", ".join(missing)
        has = "gives closes only" if len(present) == 1 else f"has no {absent}{nearest_of(missing[0], present)}"
        raise UserError(f"{series.closes.name}: {kind} {has}; leave {absent} out of data.columns.")
    return series


def _with_interval(series: CloseSeries) -> CloseSeries:
    """The series with an ``Interval``, where a user's source gives a duration."""
    return series._replace(interval=as_interval(series.interval))


def require_source(setting: str, value: object) -> None:
    """Check that a value is a source.

    Raises:
        UserError: if it is not, such as the name of a file.
    """
    if not isinstance(value, Source):
        example = f"CsvSource({value!r})" if isinstance(value, str) else "CsvSource('BTC-USD.csv')"
        raise UserError(f"{setting} is {value!r}, which is not a source such as {example}.")
