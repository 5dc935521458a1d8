"""Is a difference between two forecasters more than luck?"""

from typing import NamedTuple

import numpy as np
import pandas as pd

SIGNIFICANCE_LEVEL = 0.05  # below this p-value a difference is called one
FEWEST_ORIGINS, FEWEST_HORIZONS = 10, 5  # five horizons are two cosines; with fewer, next to nothing is found
SAME = 1e-9  # of the largest difference: less is rounding


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

    An origin's loss is the mean over its steps. At a horizon of one step, this is Student's t-test of the loss
    differences, which is the test of Diebold and Mariano with the correction of Harvey, Leybourne and Newbold.

    Forecasts of several steps overlap and err together. The variance of the mean difference is then that of
    equal-weighted cosines (Lazarus, Lewis, Stock and Watson): the mean square of the differences' first cosine
    coefficients, as many as :func:`degrees_of_freedom` says, and the statistic is compared with Student's t of that
    many degrees of freedom. The cosines' periods are at least five horizons, over which the overlap is hardly seen.
    This variance is never negative, and of normal errors true nulls are rejected in 3.5 to 6.5 % of cases, at horizons
    of 1 to 30 and every count of origins that has a p-value. Of few origins with fat tails or wild weeks it is less:
    2 % of ten origins with Student-t errors of four degrees of freedom, by the t-test too. The original sum of
    ``horizon - 1`` autocovariances, with the correction, rejects 12 % at 35 origins of 7 steps; the falling weights
    of Newey and West, as in statsmodels' ``diebold_mariano_test``, do worse.

    Of several series, an origin's difference is the mean over the series that have it, each in units of the
    benchmark's mean squared error on that series: Bitcoin's dollars do not drown Dogecoin's cents. What is tested is
    that one series of means. Coins rise and fall together; to count each of them as independent evidence would find
    differences that a single bad day has made.

    Origins on the two sides of a hole in time are taken as neighbours. Their losses have less to do with each other
    than neighbours' have, which the cosines see as they see all dependence: the level holds.

    Args:
        rows: forecast rows of one model.
        benchmark: rows of the model to beat, on the same targets.

    Returns:
        The two-sided p-value, or the reason why there is none: fewer origins than :func:`fewest_origins`, no
        difference, or always the same.

    References:
        Diebold and Mariano (1995), Comparing Predictive Accuracy, JBES 13(3), 253-263.
        Harvey, Leybourne and Newbold (1997), Testing the Equality of Prediction Mean Squared Errors, IJF 13(2).
        Lazarus, Lewis, Stock and Watson (2018), HAR Inference: Recommendations for Practice, JBES 36(4), 541-559.
    """
    return diebold_mariano_of(loss_differences(rows, benchmark), int(rows["step"].max()))


def fewest_origins(horizon: int) -> int:
    """The count of origins below which there is no test of forecasts ``horizon`` steps long: 10, or five horizons."""
    return max(FEWEST_ORIGINS, FEWEST_HORIZONS * horizon)


def degrees_of_freedom(origins: int, horizon: int) -> int:
    """The degrees of freedom of the test's Student's t: one less than the origins, or 0.4 for each whole horizon.

    Lazarus, Lewis, Stock and Watson recommend 0.4 T^(2/3) cosines, for a dependence whose length is not known. Here
    it is known to end with the horizon, so their number may grow with that of the horizons. With more than 0.4 for
    each, true nulls are rejected too often; with fewer, differences are missed.

    >>> [degrees_of_freedom(350, 1), degrees_of_freedom(350, 7)]
    [349, 20]
    """
    return origins - 1 if horizon == 1 else 2 * origins // (5 * horizon)


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
    if np.ptp(difference) <= SAME * np.abs(difference).max():
        return TestResult(None, "at each of which the losses differ by the same amount, which leaves nothing to test")
    from scipy.stats import t

    freedom = degrees_of_freedom(count, horizon)
    variance = difference.var(ddof=1) if horizon == 1 else _variance_by_cosines(difference, freedom)
    statistic = difference.mean() / np.sqrt(variance / count)
    return TestResult(float(2 * t.sf(abs(statistic), freedom)))


def _variance_by_cosines(difference: np.ndarray, cosines: int) -> float:
    """The long-run variance: the mean square of the coefficients of cosines of 1, 2, ... half periods."""
    from scipy.fft import dct

    return float(np.mean(np.square(dct(difference, norm="ortho")[1 : cosines + 1])))


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
