"""What a source of closes is."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Sequence

from cryptoforecast.data.interval import as_interval
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.errors import UserError
from cryptoforecast.user_code.opened_files import loads_a_source


class Source(ABC):
    """Somewhere closes come from. Nothing else in the package reads price files or the network.

    A source keeps its arguments as attributes of the same names, so that a checkpoint can name it.

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
        """The closes, checked, with their provenance.

        Args:
            columns: what is wanted of each bar beside its close, of Open, High, Low and Volume.

        Raises:
            SourceUnavailable: if the source cannot be reached.
            UserError: if what it holds is no close series.
        """


class SourceUnavailable(UserError):
    """A source cannot be reached now; another one, or another day, may do."""


@loads_a_source
def load_one(source: Source, further: Sequence[str]) -> CloseSeries:
    """All that a source has.

    Args:
        source: where the closes come from.
        further: what is wanted of each bar beside its close.

    Raises:
        UserError: if it cannot be loaded or lacks a column.
    """
    if not further:
        return _with_interval(source.load())  # a source of the user's own may know of no columns
    takes_columns = bool(inspect.signature(source.load).parameters)
    series = _with_interval(source.load(list(further)) if takes_columns else source.load())
    if series.others is None or not set(further) <= set(series.others.columns):
        kind, missing = type(source).__name__, ", ".join(further)
        raise UserError(f"{series.closes.name}: {kind} gives closes only; leave {missing} out of data.columns.")
    return series


def _with_interval(series: CloseSeries) -> CloseSeries:
    """A source of the user's own may give a duration as the interval."""
    return series._replace(interval=as_interval(series.interval))


def require_source(setting: str, value: object) -> None:
    """See that a value is a source.

    Raises:
        UserError: if it is something else, such as a file's name.
    """
    if not isinstance(value, Source):
        example = f"CsvSource({value!r})" if isinstance(value, str) else "CsvSource('BTC-USD.csv')"
        raise UserError(f"{setting} is {value!r}, which is no source such as {example}.")
