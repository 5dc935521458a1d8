"""Is a difference between two forecasters more than luck?"""

from typing import NamedTuple

import numpy as np
import pandas as pd

LEVEL = 0.05  # below this p-value a difference is called one
FEWEST_ORIGINS, FEWEST_HORIZONS = 10, 5  # with fewer, the test finds differences where there are none


class TestResult(NamedTuple):
    """The p-value of a test, or why there is none.

    ``reason`` is empty where there is a p-value. Otherwise it is words that go on a sentence which ends in a count of
    targets: "on 9 targets, too few for a test".
    """

    p_value: float | None
    reason: str = ""


NO_BENCHMARK = TestResult(None, "which are not compared: the model is the benchmark")


def diebold_mariano(rows: pd.DataFrame, benchmark: pd.DataFrame) -> TestResult:
    """Test whether two models' squared errors differ in mean over the same origins.

    An origin's loss is the mean over its steps. Forecasts that overlap err together, so the variance of the mean
    difference takes in its first ``horizon - 1`` autocovariances (the test's lags), each at full weight as in the
    original test. With the falling weights of Newey and West, as in statsmodels' ``diebold_mariano_test``, true nulls
    at a horizon of seven are rejected twice as often as they should be; at a horizon of one the two are the same.
    The statistic carries the small-sample correction of Harvey, Leybourne and Newbold and is compared with Student's
    t.

    Of several series, an origin's difference is the mean over the series that have it, each in units of the
    benchmark's mean squared error on that series: Bitcoin's dollars do not drown Dogecoin's cents. What is tested is
    that one series of means. Coins rise and fall together; to call each of them a witness of its own would find
    differences that a single bad day has made.

    Args:
        rows: forecast rows of one model.
        benchmark: rows of the model to beat, on the same targets.

    Returns:
        The two-sided p-value, or the reason why there is none: too few origins for the horizon, no difference or
        always the same, or a variance that comes out negative.

    References:
        Diebold and Mariano (1995), Comparing Predictive Accuracy, JBES 13(3), 253-263.
        Harvey, Leybourne and Newbold (1997), Testing the Equality of Prediction Mean Squared Errors, IJF 13(2).
    """
    return diebold_mariano_of(loss_differences(rows, benchmark), int(rows["step"].max()))


def fewest_origins(horizon: int) -> int:
    """The count of origins below which there is no test of forecasts ``horizon`` steps long."""
    return max(FEWEST_ORIGINS, FEWEST_HORIZONS * horizon)


def diebold_mariano_of(difference: np.ndarray, horizon: int) -> TestResult:
    """The test of :func:`diebold_mariano`, of loss differences by origin.

    Args:
        difference: a model's losses less the benchmark's, oldest first, in any unit.
        horizon: how many steps a forecast is long.
    """
    count = len(difference)
    if not difference.any():
        return TestResult(None, "at each of which both err alike")
    if count < fewest_origins(horizon):
        return TestResult(None, "too few for a test")
    if np.ptp(difference) == 0:
        return TestResult(None, "at each of which the losses differ by the same amount, which leaves nothing to test")
    centred = difference - difference.mean()
    covariances = [centred[lag:] @ centred[: count - lag] / count for lag in range(horizon)]
    variance = covariances[0] + 2 * sum(covariances[1:])
    if variance <= 0:
        return TestResult(None, "where the long-run variance of the losses comes out negative, so there is no test")
    from scipy.stats import t

    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    statistic = difference.mean() / np.sqrt(variance / count) * np.sqrt(correction)
    return TestResult(float(2 * t.sf(abs(statistic), count - 1)))


def loss_differences(rows: pd.DataFrame, benchmark: pd.DataFrame) -> np.ndarray:
    """A model's squared errors less a benchmark's by origin, oldest first, in units of the benchmark's mean.

    Args:
        rows: forecast rows of one model.
        benchmark: rows of the model to beat, on the same targets.
    """
    own, theirs = _losses(rows), _losses(benchmark)
    unit = theirs.groupby("series").transform("mean").replace(0.0, 1.0)  # closes may stand still
    differences: np.ndarray = ((own - theirs) / unit).groupby("origin").mean().to_numpy()
    return differences


def _losses(rows: pd.DataFrame) -> pd.Series:
    squared = np.square(rows["forecast"] - rows["actual"])
    return squared.groupby([rows["series"], rows["origin"]], sort=True).mean()
