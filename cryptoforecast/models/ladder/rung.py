"""A rung of the ladder: a baseline's distribution of the log change from the last close to each step's close."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.bars import Bars
from cryptoforecast.errors import UserError


class CannotFit(UserError):
    """A rung that cannot be fitted to some bars; the text is the reason, as words after "Garch is left out: "."""


def unknown_series(rung: str, symbol: str, fitted: Iterable[str]) -> UserError:
    """The error of a series that a rung was not fitted on.

    Args:
        rung: its name, which has numbers for each series.
        symbol: of the series.
        fitted: those of the series that it was fitted on.
    """
    known = ", ".join(fitted)
    return UserError(f"{symbol} is none of the series that {rung} was fitted on ({known}); Har and Ewma take any.")


class TParameters(NamedTuple):
    """Student-t distributions of log changes, each ``(batch, horizon)``, float64.

    Attributes:
        location: where the distribution is centred.
        scale: its scale, above zero; not its standard deviation.
        freedom: its degrees of freedom; infinite for a normal distribution.
    """

    location: Tensor
    scale: Tensor
    freedom: Tensor


class Rung(ABC):
    """A baseline's distribution of the log change from the last close to each step's close.

    It is fitted on training bars, follows all bars from the first on, and says the distribution after a bar by the
    state that it has reached there.
    """

    states: int  # count of the numbers of a state

    @abstractmethod
    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Learn from the bars of all series that are marked ``trained``.

        Args:
            bars: of each series.
            horizon: number of steps to say distributions of.

        Raises:
            CannotFit: if there are too few of them, or the fit does not converge.
        """

    @abstractmethod
    def learned(self) -> dict[str, Any]:
        """What was learned, as plain numbers, texts, lists and dictionaries, for a checkpoint."""

    @abstractmethod
    def restore(self, learned: dict[str, Any]) -> None:
        """Take up what :meth:`learned` returned."""

    @abstractmethod
    def follow(self, bars: Bars) -> Float64[np.ndarray, "time states"]:
        """The state after each bar, which that bar and those before it decide alone.

        Raises:
            UserError: if the rung is fitted by series and has not seen this one, or lacks what it was fitted on.
        """

    @abstractmethod
    def t_parameters(self, state: Float64[Tensor, "batch states"]) -> TParameters:
        """The Student-t distributions that stand under a head: those of the rung, or the nearest to them."""

    @abstractmethod
    def quantiles(
        self, state: Float64[np.ndarray, "batch states"], levels: Sequence[float]
    ) -> Float64[np.ndarray, "batch horizon levels"]:
        """Quantiles of the log changes."""

    @abstractmethod
    def cdf(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The probability of a smaller log change."""

    def log_density(
        self, state: Float64[np.ndarray, "batch states"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"] | None:
        """The log density of log changes; None for a rung that has none."""
        return None
