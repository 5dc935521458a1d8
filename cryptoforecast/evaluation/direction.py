"""Which way, and not how far: the share of directions foreseen, beside what luck foresees."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.rows import first_step_rows
from cryptoforecast.evaluation.significance import TestResult


class Direction(NamedTuple):
    """How often a model called the direction of the next change, and what that is worth.

    ``calls`` counts; ``hit_rate``, the ends ``low`` and ``high`` of its 95 % interval, and ``base_rate`` are shares;
    ``p_value`` is that of Fisher's exact test; where there is none, ``reason`` says why.
    """

    calls: int
    hit_rate: float
    low: float
    high: float
    base_rate: float
    p_value: float | None
    reason: str


def directions_of(rows: pd.DataFrame) -> Direction | None:
    """Compare the directions a model forecast with those that came.

    A direction is the sign of the first step, from the last close seen to the next: further steps of one origin
    overlap with those of its neighbours, and would be counted as evidence many times. A forecast of the last close
    itself is no call, and a close that did not move had no direction; both are left out, and base rate and test are
    of the calls that remain.

    The interval is Wilson's with the correction for continuity, so it does not fall short of its 95 %. The base rate
    is the hit rate of whoever calls the direction that came more often, every time. It is above one half wherever
    the closes trend, and a hit rate is worth what it is above the base rate.

    The test is Fisher's exact one on the two by two table of directions, as Henriksson and Merton use it. It asks
    what Pesaran and Timmermann ask, whose normal approximation is wrong for few calls. It is one-sided: the p-value
    is small where forecast and actual directions agree more often than they would if the forecast knew nothing, and
    no more than 5 % of such forecasts have one below 0.05, of any count of calls. That holds as long as the actual
    directions, or the forecast ones, are independent of each other in time, as a random walk's are; where both come
    in runs, it is too small. There is none where all forecasts, or all closes, went one way.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        None of a model that calls no direction, as the random walk does.

    References:
        Henriksson and Merton (1981), On Market Timing and Investment Performance II, Journal of Business 54(4).
        Pesaran and Timmermann (1992), A Simple Nonparametric Test of Predictive Performance, JBES 10(4), 461-465.
        Newcombe (1998), Two-sided confidence intervals for the single proportion, Statistics in Medicine 17.
    """
    first = first_step_rows(rows)
    foreseen = np.sign((first["forecast"] - first["last"]).to_numpy())
    came = np.sign((first["actual"] - first["last"]).to_numpy())
    called = (foreseen != 0) & (came != 0)
    foreseen, came = foreseen[called], came[called]
    calls = len(came)
    if calls == 0:
        return None
    from scipy.stats import binomtest

    hits, ups = int((foreseen == came).sum()), int((came > 0).sum())
    low, high = binomtest(hits, calls).proportion_ci(confidence_level=0.95, method="wilsoncc")
    base = max(ups, calls - ups) / calls
    return Direction(calls, hits / calls, float(low), float(high), base, *_fisher(came > 0, foreseen > 0))


def _fisher(rose: np.ndarray, foreseen: np.ndarray) -> TestResult:
    """Fisher's exact test of whether rises were foreseen more often than falls were called rises."""
    for what, ways in (("called", foreseen), ("seen", rose)):
        if ways.all() or not ways.any():
            return TestResult(None, f"all of which were {what} to go one way")
    from scipy.stats import fisher_exact

    table = [[np.sum(rose & foreseen), np.sum(rose & ~foreseen)], [np.sum(~rose & foreseen), np.sum(~rose & ~foreseen)]]
    return TestResult(float(fisher_exact(table, alternative="greater").pvalue))
