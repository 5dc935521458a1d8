"""Log changes of bars, and distributions made of what was observed."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float64

from cryptoforecast.data.bars import Bars

PROBABILITIES = np.arange(1, 1000) / 1000  # of the grid that an empirical distribution is kept as


def step_changes(bars: Bars) -> Float64[np.ndarray, " time"]:
    """The log change from the bar before to each bar; NaN where none comes directly before it."""
    changes = np.full(len(bars.closes), np.nan)
    changes[1:] = np.diff(np.log(bars.closes))
    changes[~bars.follows] = np.nan
    return changes


def changes_ahead(bars: Bars, steps: int) -> Float64[np.ndarray, " time"]:
    """The log change from each bar to the one ``steps`` later; NaN across a gap and at the end."""
    changes = np.full(len(bars.closes), np.nan)
    whole = np.cumsum(~bars.follows)  # the number of the stretch without a gap
    if steps < len(changes):
        ahead = np.log(bars.closes[steps:] / bars.closes[:-steps])
        changes[:-steps] = np.where(whole[steps:] == whole[:-steps], ahead, np.nan)
    return changes


def trained_ahead(bars: Bars, steps: int) -> Bool[np.ndarray, " time"]:
    """Whether both a bar and the one ``steps`` later lie in training windows."""
    trained = np.zeros(len(bars.closes), dtype=bool)
    trained[:-steps] = bars.trained[:-steps] & bars.trained[steps:]
    return trained


class Empirical(NamedTuple):
    """A distribution of observed values, kept as quantiles at ``PROBABILITIES``, between which it is linear."""

    grid: Float64[np.ndarray, " probabilities"]

    @classmethod
    def of_values(cls, values: Float64[np.ndarray, " values"]) -> "Empirical":
        """The distribution of some values, which are at least one."""
        return cls(np.quantile(values, PROBABILITIES, method="median_unbiased"))

    def quantiles(self, levels: Float64[np.ndarray, " levels"]) -> Float64[np.ndarray, " levels"]:
        """The values at some levels."""
        values: np.ndarray = np.interp(levels, PROBABILITIES, self.grid)
        return values

    def cdf(self, values: Float64[np.ndarray, "*shape"]) -> Float64[np.ndarray, "*shape"]:
        """The probabilities of smaller values."""
        probabilities: np.ndarray = np.interp(values, self.grid, PROBABILITIES, left=0.0, right=1.0)
        return probabilities
