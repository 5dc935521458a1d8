"""Distributions of several steps of a GJR-GARCH process, by simulation."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from cryptoforecast.models.ladder.changes import PROBABILITIES

LOG_PATHS = 15  # to the base of two: 32,768 paths
VARIANCES = 12  # from which paths start; between them quantiles are interpolated
ROWS_AT_A_TIME = 4096


class GarchNumbers(NamedTuple):
    """What is learned of a series; variances are of the log change.

    Attributes:
        omega: the constant of the variance.
        alpha: the share of a squared change in the next variance.
        gamma: the further share after a fall.
        beta: the share of the variance itself.
        freedom: degrees of freedom of the shocks.
        start: the variance of the first change.
        least: the smallest variance over the training bars.
        most: the largest.
    """

    omega: float
    alpha: float
    gamma: float
    beta: float
    freedom: float
    start: float
    least: float
    most: float

    @property
    def persistence(self) -> float:
        """The share of a variance that is left in the expected next one."""
        return self.alpha + self.gamma / 2 + self.beta

    @property
    def unit(self) -> float:
        """The scale of a Student-t distribution with a variance of one."""
        return float(np.sqrt((self.freedom - 2) / self.freedom))


class PathQuantiles:
    """Quantiles of the sum of the next changes, over the deviation of the first, by step and first variance.

    The same paths serve for each variance. Their shocks are quantiles of Student's t at scrambled Sobol points (Owen
    1998), so that each shock's distribution is exact, and few paths do.

    Args:
        numbers: of the series.
        horizon: number of steps.
    """

    def __init__(self, numbers: GarchNumbers, horizon: int) -> None:
        from scipy.special import stdtrit
        from scipy.stats.qmc import Sobol

        count = 1 << LOG_PATHS
        order = (Sobol(horizon, seed=0).random_base2(LOG_PATHS) * count).astype(int)  # each column a permutation
        midpoints = (np.arange(count) + 0.5) / count
        shocks = numbers.unit * stdtrit(numbers.freedom, midpoints)
        self._log_variances = np.linspace(np.log(numbers.least / 4), np.log(numbers.most * 4), VARIANCES)
        first = np.exp(self._log_variances)[:, None]
        variance, total = np.repeat(first, count, axis=1), np.zeros((VARIANCES, count))
        self.curves = np.empty((horizon, VARIANCES, len(PROBABILITIES)))
        for step in range(horizon):
            change = np.sqrt(variance) * shocks[order[:, step]]
            total += change
            share = numbers.alpha + numbers.gamma * (change < 0)
            variance = numbers.omega + share * np.square(change) + numbers.beta * variance
            for ordered, curve in zip(np.sort(total, axis=1), self.curves[step], strict=True):
                curve[:] = np.interp(PROBABILITIES, midpoints, ordered)
        self.curves /= np.sqrt(first)

    def quantiles(
        self, variance: Float64[np.ndarray, " batch"], levels: Sequence[float]
    ) -> Float64[np.ndarray, "batch horizon levels"]:
        """Quantiles of the log change over each step, from the variances of the first change."""
        at_levels = np.array([[np.interp(levels, PROBABILITIES, curve) for curve in step] for step in self.curves])
        below, share = self._place(variance)
        mixed = at_levels[:, below] + share[:, None] * (at_levels[:, below + 1] - at_levels[:, below])
        quantiles: np.ndarray = np.sqrt(variance)[:, None, None] * mixed.transpose(1, 0, 2)
        return quantiles

    def cdf(
        self, variance: Float64[np.ndarray, " batch"], change: Float64[np.ndarray, "batch horizon"]
    ) -> Float64[np.ndarray, "batch horizon"]:
        """The probability of a smaller log change over each step."""
        shares = np.empty_like(change)
        for begin in range(0, len(change), ROWS_AT_A_TIME):
            rows = slice(begin, begin + ROWS_AT_A_TIME)
            below, share = self._place(variance[rows])
            residual = change[rows] / np.sqrt(variance[rows])[:, None]
            for step, curves in enumerate(self.curves):
                mixed = curves[below] + share[:, None] * (curves[below + 1] - curves[below])
                shares[rows, step] = _share_below(mixed, residual[:, step])
        return shares

    def _place(self, variance: Float64[np.ndarray, " batch"]) -> tuple[np.ndarray, np.ndarray]:
        """The variance of the paths below each, and how far it lies towards the next, from 0 to 1."""
        grid = self._log_variances
        place = np.clip((np.log(variance) - grid[0]) / (grid[1] - grid[0]), 0.0, VARIANCES - 1.0)
        below = np.minimum(place.astype(int), VARIANCES - 2)
        return below, place - below


def _share_below(curves: Float64[np.ndarray, "batch probabilities"], values: np.ndarray) -> np.ndarray:
    """The probability of a smaller value in each row, linear between the quantiles of the row; NaN of NaN."""
    above = np.clip((curves < values[:, None]).sum(axis=1), 1, curves.shape[1] - 1)
    rows = np.arange(len(curves))
    low, high = curves[rows, above - 1], curves[rows, above]
    part = np.clip((values - low) / (high - low), 0.0, 1.0)
    share = PROBABILITIES[above - 1] + part * (PROBABILITIES[above] - PROBABILITIES[above - 1])
    return np.where(values < curves[:, 0], 0.0, np.where(values > curves[:, -1], 1.0, share))
