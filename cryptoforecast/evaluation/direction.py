"""Forecasts of the direction of the next change: their hit rate and its significance."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.rows import first_step_rows
from cryptoforecast.evaluation.significance import TestResult


class Direction(NamedTuple):
    """How often a model forecast the right direction of the next change, and how significant that is.

    ``calls`` is the number of forecast directions. ``hit_rate``, the ends ``low`` and ``high`` of its 95 % interval and
    ``base_rate`` are shares. ``p_value`` is that of Fisher's exact test; without one, ``reason`` says why.
    """

    calls: int
    hit_rate: float
    low: float
    high: float
    base_rate: float
    p_value: float | None
    reason: str


def directions_of(rows: pd.DataFrame) -> Direction | None:
    """The directions that a model forecast, compared with the actual ones.

    A direction is the sign of the change from the last close of the context to the next close. Further steps are not
    used: they overlap with those of the next origins and would count the same change many times. Origins are left out
    where the forecast is the last close itself, or the close did not move.

    The interval is Wilson's with continuity correction, which covers at least 95 %. The base rate is the hit rate of
    always forecasting the more frequent direction. It is above one half if the closes trend, so a hit rate has to be
    compared with it.

    The test is Fisher's exact test on the two by two table of directions (Henriksson and Merton). Its null hypothesis
    is that of Pesaran and Timmermann, whose normal approximation is inaccurate for few calls. It is one-sided: the
    p-value is small if forecast and actual directions agree more often than independent ones would. Under the null, at
    most 5 % of p-values are below 0.05 for any number of calls, provided that the actual or the forecast directions are
    independent in time, as those of a random walk are; if both come in runs, p-values are too small. There is no
    p-value if all forecasts, or all closes, went the same way.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        None for a model that forecasts no direction, such as the random walk.

    References:
        Henriksson and Merton (1981), On Market Timing and Investment Performance II, Journal of Business 54(4).
        Pesaran and Timmermann (1992), A Simple Nonparametric Test of Predictive Performance, JBES 10(4), 461-465.
        Newcombe (1998), Two-sided confidence intervals for the single proportion, Statistics in Medicine 17.
    """
    first = first_step_rows(rows)
    foreseen = np.sign((first["forecast"] - first["last"]).to_numpy())
    actual = np.sign((first["actual"] - first["last"]).to_numpy())
    called = (foreseen != 0) & (actual != 0)
    foreseen, actual = foreseen[called], actual[called]
    calls = len(actual)
    if calls == 0:
        return None
    from scipy.stats import binomtest

    num_hits, num_rises = int((foreseen == actual).sum()), int((actual > 0).sum())
    low, high = binomtest(num_hits, calls).proportion_ci(confidence_level=0.95, method="wilsoncc")
    base = max(num_rises, calls - num_rises) / calls
    return Direction(calls, num_hits / calls, float(low), float(high), base, *_fisher(actual > 0, foreseen > 0))


def _fisher(rose: np.ndarray, foreseen: np.ndarray) -> TestResult:
    """Fisher's exact test of whether a rise was forecast more often before rises than before falls."""
    for what, ways in (("called", foreseen), ("seen", rose)):
        if ways.all() or not ways.any():
            return TestResult(None, f"all of which were {what} to go one way")
    from scipy.stats import fisher_exact

    table = [[np.sum(rose & foreseen), np.sum(rose & ~foreseen)], [np.sum(~rose & foreseen), np.sum(~rose & ~foreseen)]]
    return TestResult(float(fisher_exact(table, alternative="greater").pvalue))
