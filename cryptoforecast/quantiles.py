"""The quantile levels of all forecast distributions, and their continuous ranked probability score."""

from typing import Any

import numpy as np

LEVELS = (0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99)  # those of Chronos and AutoGluon
COLUMNS = tuple(f"{level:g}" for level in LEVELS)  # of forecast rows: 0.01, 0.05, 0.1, … 0.95, 0.99
MEDIAN = LEVELS.index(0.5)
_EDGES = np.array([0.0, *LEVELS, 1.0])
WEIGHTS = (_EDGES[2:] - _EDGES[:-2]) / 2  # of the trapezoidal rule from 0 to 1, where the pinball loss is zero


def crps(quantiles: Any, actual: Any) -> Any:
    """The continuous ranked probability score of 21 quantiles: twice the integral of the pinball loss over the levels.

    Args:
        quantiles: an array or a tensor of quantiles, the last dimension at ``LEVELS``.
        actual: what happened, without that dimension, in the same unit.

    Returns:
        An array or a tensor of the shape of ``actual``, in its unit; smaller is better.

    References:
        Gneiting and Ranjan (2011), Comparing Density Forecasts Using Threshold- and Quantile-Weighted Scoring Rules,
        JBES 29(3), 411-422.
    """
    total = 0.0
    for place, (level, weight) in enumerate(zip(LEVELS, WEIGHTS.tolist(), strict=True)):
        above = actual - quantiles[..., place]
        total = total + 2 * weight * above * (level - (above < 0))
    return total
