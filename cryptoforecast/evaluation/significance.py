"""The Diebold-Mariano test: whether the losses of two models differ significantly."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd

SIGNIFICANCE_LEVEL = 0.05  # below this p-value a difference is called one
MIN_ORIGINS, MIN_HORIZONS = 10, 5  # five horizons are two cosines; with fewer, the test has hardly any power
ROUNDING = 1e-9  # relative to the largest difference


class TestResult(NamedTuple):
    """The p-value of a test, or why there is none.

    ``reason`` is empty if there is a p-value; otherwise it continues a sentence that ends with a number of targets:
    "on 9 targets, too few for a test".
    """

    p_value: float | None
    reason: str = ""


Loss = Callable[[pd.DataFrame], np.ndarray]  # of forecast rows, a number for each
NO_BENCHMARK = TestResult(None, "which are not compared: the model is the benchmark")


def squared_errors(rows: pd.DataFrame) -> np.ndarray:
    """The squared error of each row, in price."""
    errors: np.ndarray = np.square(rows["forecast"] - rows["actual"]).to_numpy()
    return errors


def diebold_mariano(rows: pd.DataFrame, benchmark: pd.DataFrame, loss: Loss = squared_errors) -> TestResult:
    """Test whether the losses of two models on the same targets differ in mean.

    The loss of an origin is the mean over its steps. At horizon one, this is Student's t-test of the loss differences:
    the test of Diebold and Mariano with the correction of Harvey, Leybourne and Newbold.

    Forecasts of several steps overlap, and their errors are dependent. The variance of the mean difference is then
    estimated by equal-weighted cosines (Lazarus, Lewis, Stock and Watson): the mean square of the first cosine
    coefficients of the differences, as many as :func:`degrees_of_freedom` says. The statistic is compared with
    Student's t with that many degrees of freedom. The periods of the cosines are at least five horizons, so that the
    overlap hardly affects them. This variance is never negative. With normal errors, true nulls are rejected in 3.5 to
    6.5 % of cases at horizons of 1 to 30 and every number of origins that has a p-value; with few origins and fat tails
    in fewer, such as 2 % for ten origins with Student-t errors of four degrees of freedom, where the t-test does too.
    The original sum of ``horizon - 1`` autocovariances, with the correction, rejects 12 % at 35 origins of 7 steps; the
    decreasing weights of Newey and West, as in statsmodels' ``diebold_mariano_test``, reject more.

    With several series, the difference at an origin is the mean over its series, each divided by the benchmark's mean
    loss on that series, since prices differ by orders of magnitude. The test is of that one series of means:
    coins move together, and if each counted as independent evidence, a single bad day could be significant.

    Origins on both sides of a gap in time are treated as neighbours. Their losses are less dependent than those of
    neighbours, which the estimated variance reflects; the level holds.

    Args:
        rows: forecast rows of one model.
        benchmark: rows of the model to beat, on the same targets.
        loss: of each row; by default its squared error.

    Returns:
        The two-sided p-value, or the reason why there is none: fewer origins than :func:`fewest_origins`, or equal
        differences.

    References:
        Diebold and Mariano (1995), Comparing Predictive Accuracy, JBES 13(3), 253-263.
        Harvey, Leybourne and Newbold (1997), Testing the Equality of Prediction Mean Squared Errors, IJF 13(2).
        Lazarus, Lewis, Stock and Watson (2018), HAR Inference: Recommendations for Practice, JBES 36(4), 541-559.
    """
    return diebold_mariano_of(loss_differences(rows, benchmark, loss), int(rows["step"].max()))


def fewest_origins(horizon: int) -> int:
    """The smallest number of origins that the test takes: 10, or five times the horizon if that is more."""
    return max(MIN_ORIGINS, MIN_HORIZONS * horizon)


def degrees_of_freedom(origins: int, horizon: int) -> int:
    """Degrees of freedom of the test: the number of origins less one, or 0.4 for each horizon that they span.

    Lazarus, Lewis, Stock and Watson recommend 0.4 T^(2/3) cosines for dependence of unknown length. Here it ends with
    the horizon, so the number of cosines may grow in proportion to the number of horizons. With more than 0.4 for each,
    true nulls are rejected too often; with fewer, power is lost.

    >>> [degrees_of_freedom(350, 1), degrees_of_freedom(350, 7)]
    [349, 20]
    """
    return origins - 1 if horizon == 1 else 2 * origins // (5 * horizon)


def diebold_mariano_of(difference: np.ndarray, horizon: int) -> TestResult:
    """The test of :func:`diebold_mariano` for given loss differences.

    Args:
        difference: losses of a model minus those of the benchmark, by origin, oldest first, in any unit.
        horizon: number of steps of a forecast.
    """
    count = len(difference)
    if not np.isfinite(difference).all():
        return TestResult(None, "at some of which a loss is not known")
    if not difference.any():
        return TestResult(None, "at each of which both err alike")
    if count < fewest_origins(horizon):
        return TestResult(None, "too few for a test")
    if np.ptp(difference) <= ROUNDING * np.abs(difference).max():
        return TestResult(None, "at each of which the losses differ by the same amount, which leaves nothing to test")
    from scipy.stats import t

    freedom = degrees_of_freedom(count, horizon)
    variance = difference.var(ddof=1) if horizon == 1 else _variance_by_cosines(difference, freedom)
    statistic = difference.mean() / np.sqrt(variance / count)
    return TestResult(float(2 * t.sf(abs(statistic), freedom)))


def _variance_by_cosines(difference: np.ndarray, cosines: int) -> float:
    """The long-run variance: the mean square of the coefficients of cosines with 1, 2, … half periods."""
    from scipy.fft import dct

    return float(np.mean(np.square(dct(difference, norm="ortho")[1 : cosines + 1])))


def loss_differences(rows: pd.DataFrame, benchmark: pd.DataFrame, loss: Loss = squared_errors) -> np.ndarray:
    """Losses of a model minus those of a benchmark, relative to the mean of the latter.

    Args:
        rows: forecast rows of one model.
        benchmark: rows of the model to beat, on the same targets.
        loss: of each row; by default its squared error.

    Returns:
        One number for each origin, oldest first: the mean over its series and steps.
    """
    losses, of_benchmark = _losses(rows, loss), _losses(benchmark, loss)
    unit = of_benchmark.groupby("series").transform("mean").replace(0.0, 1.0)  # all closes may be equal
    differences: np.ndarray = ((losses - of_benchmark) / unit).groupby("origin").mean(skipna=False).to_numpy()
    return differences


def _losses(rows: pd.DataFrame, loss: Loss) -> pd.Series:
    losses = pd.Series(loss(rows), index=rows.index)
    return losses.groupby([rows["series"], rows["origin"]], sort=True).mean(skipna=False)
