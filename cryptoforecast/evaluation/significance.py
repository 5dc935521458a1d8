"""Is a difference between two forecasters more than luck?"""

import numpy as np
import pandas as pd

LEVEL = 0.05  # below this p-value a difference is called one
FEWEST_ORIGINS, FEWEST_HORIZONS = 10, 5  # with fewer, the test finds differences where there are none


def diebold_mariano(rows: pd.DataFrame, benchmark: pd.DataFrame) -> float | None:
    """Test whether two models' squared errors differ in mean over the same origins.

    An origin's loss is the mean over its steps. Forecasts that overlap err together, so the variance of the mean
    difference takes in its first ``horizon - 1`` autocovariances, each at full weight as in the original test
    (with the falling weights of Newey and West, true nulls at a horizon of seven are rejected twice as often as
    they should be). The statistic carries the small-sample correction of Harvey, Leybourne and Newbold and is
    compared with Student's t.

    Args:
        rows: forecast rows of one model.
        benchmark: rows of the model to beat, on the same targets.

    Returns:
        The two-sided p-value, or None where there is none: too few origins for the horizon, no difference at
        all, or a variance that comes out negative.

    References:
        Diebold and Mariano (1995), Comparing Predictive Accuracy, JBES 13(3), 253-263.
        Harvey, Leybourne and Newbold (1997), Testing the Equality of Prediction Mean Squared Errors, IJF 13(2).
    """
    difference = _losses(rows) - _losses(benchmark)
    count, horizon = len(difference), int(rows["step"].max())
    if count < max(FEWEST_ORIGINS, FEWEST_HORIZONS * horizon):
        return None
    centred = difference - difference.mean()
    covariances = [centred[lag:] @ centred[: count - lag] / count for lag in range(horizon)]
    variance = covariances[0] + 2 * sum(covariances[1:])
    if np.ptp(difference) == 0 or variance <= 0:
        return None
    from scipy.stats import t

    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    statistic = difference.mean() / np.sqrt(variance / count) * np.sqrt(correction)
    return float(2 * t.sf(abs(statistic), count - 1))


def _losses(rows: pd.DataFrame) -> np.ndarray:
    squared = np.square(rows["forecast"] - rows["actual"])
    losses: np.ndarray = squared.groupby([rows["series"], rows["origin"]], sort=True).mean().to_numpy()
    return losses
