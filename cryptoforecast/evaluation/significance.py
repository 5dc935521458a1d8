"""Is a difference between two forecasters more than luck?"""

import numpy as np
import pandas as pd

LEVEL = 0.05  # below this p-value a difference is called one


def diebold_mariano(rows: pd.DataFrame, benchmark: pd.DataFrame) -> float | None:
    """Test whether two models' squared errors differ in mean over the same origins.

    An origin's loss is the mean over its steps. The variance of the mean difference allows for the
    autocorrelation of overlapping forecasts up to ``horizon − 1`` lags; the statistic carries the small-sample
    correction of Harvey, Leybourne and Newbold (1997) and is compared with Student's t.

    Args:
        rows: forecast rows of one model.
        benchmark: rows of the model to beat, on the same targets.

    Returns:
        The two-sided p-value, or None where there is none: fewer than ten origins, or no difference at all.

    References:
        Diebold and Mariano (1995), Comparing Predictive Accuracy, JBES 13(3), 253-263.
    """
    own, other = _losses(rows), _losses(benchmark)
    difference = own - other
    if len(own) < 10 or np.ptp(difference) == 0:
        return None
    from statsmodels.tsa.stattools import diebold_mariano_test

    horizon = int(rows["step"].max())
    result = diebold_mariano_test(
        np.zeros(len(own)),
        own,
        other,
        criterion=lambda _, loss: loss,
        lags=horizon - 1,
        harvey_adj=True,
        horizon=horizon,
    )
    return float(result.pvalue)


def _losses(rows: pd.DataFrame) -> np.ndarray:
    squared = np.square(rows["forecast"] - rows["actual"])
    losses: np.ndarray = squared.groupby([rows["series"], rows["origin"]], sort=True).mean().to_numpy()
    return losses
