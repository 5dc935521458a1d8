"""The quantile levels of all forecast distributions, and their continuous ranked probability score."""

from typing import Any

import numpy as np

LEVELS = (0.01, *(round(0.05 * step, 2) for step in range(1, 20)), 0.99)  # those of Chronos and AutoGluon
COLUMNS = tuple(f"{level:g}" for level in LEVELS)  # of forecast rows: 0.01, 0.05, 0.1, … 0.95, 0.99
MEDIAN = LEVELS.index(0.5)
WEIGHTS = np.array([0.025, *[0.05] * 19, 0.025])  # of the levels in the integral; they add up to one


def probability_of(quantiles: np.ndarray, values: np.ndarray) -> np.ndarray:
    """The probability of a smaller value than each, of distributions that only quantiles tell.

    Between two levels, the value is taken to be linear in the normal quantile of the level, as it is for a normal
    distribution; beyond the outermost levels, the nearest two go on.

    Args:
        quantiles: ascending, a row for each value and a column for each of ``LEVELS``.
        values: one dimension; NaN has a probability of NaN.

    >>> probability_of(np.linspace(-1.0, 1.0, 21)[None], np.array([0.0])).tolist()
    [0.5]
    """
    from scipy.special import ndtr, ndtri

    scores = ndtri(np.asarray(LEVELS))
    with np.errstate(divide="ignore", invalid="ignore"):
        slopes = np.diff(quantiles, axis=1) / np.diff(scores)
        place = np.clip((quantiles < values[:, None]).sum(axis=1) - 1, 0, len(LEVELS) - 2)
        row = np.arange(len(values))
        beyond = (values - quantiles[row, place]) / slopes[row, place]  # of equal quantiles: to either end, or nowhere
        normal_score = scores[place] + np.nan_to_num(beyond, nan=0.0, posinf=np.inf, neginf=-np.inf)
    probabilities: np.ndarray = np.where(np.isnan(values), np.nan, ndtr(normal_score))
    return probabilities


def crps(quantiles: Any, actual: Any) -> Any:
    """The continuous ranked probability score of 21 quantiles: twice the integral of the pinball loss over the levels.

    The integral is a weighted sum: 0.05 for each of the levels 0.05, 0.1, … 0.95, their distance, and 0.025 for 0.01
    and 0.99, which stand for the tails. The weights add up to one, so that the score of a distribution without spread
    is the absolute error. For normal distributions, Student-t ones of 3 degrees of freedom and more, and their usual
    mixtures, the sum is within 0.6 % of the exact score at every outcome between the quantiles 0.0005 and 0.9995, and
    within 0.1 % on average over outcomes. (The trapezoidal rule from 0 to 1 has 0.045 at 0.05 and 0.95 and is up to
    1.3 % too low.) As a sum of pinball losses, it is a proper score of the quantiles whatever the weights.

    Args:
        quantiles: an array or a tensor of quantiles, the last dimension at ``LEVELS``.
        actual: what happened, without that dimension, in the same unit.

    Returns:
        An array or a tensor of the shape of ``actual``, in its unit; smaller is better.

    References:
        Gneiting and Ranjan (2011), Comparing Density Forecasts Using Threshold- and Quantile-Weighted Scoring Rules,
        JBES 29(3), 411-422.

    >>> round(float(crps(np.full(21, 3.0), np.array(5.0))), 12)
    2.0
    """
    total = 0.0
    for place, (level, weight) in enumerate(zip(LEVELS, WEIGHTS.tolist(), strict=True)):
        above = actual - quantiles[..., place]
        total = total + 2 * weight * (level * above - above * (above < 0))
    return total
