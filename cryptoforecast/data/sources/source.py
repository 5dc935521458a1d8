"""What a source of closes is."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from cryptoforecast.data.series import CloseSeries
from cryptoforecast.errors import UserError


class Source(ABC):
    """Somewhere closes come from. Nothing else in the package reads price files or the network.

    A source keeps its arguments as attributes of the same names, so that a checkpoint can name it.
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
