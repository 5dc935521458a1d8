"""Which way, and not how far: the share of directions foreseen, beside what luck foresees."""

from typing import NamedTuple

import numpy as np
import pandas as pd


class Direction(NamedTuple):
    """How often a model called the direction of the next change, and what that is worth.

    ``calls`` counts; ``hit_rate``, the ends ``low`` and ``high`` of its 95 % interval, and ``base_rate`` are shares;
    ``p_value`` is None where there is no test.
    """

    calls: int
    hit_rate: float
    low: float
    high: float
    base_rate: float
    p_value: float | None


def direction(rows: pd.DataFrame) -> Direction | None:
    """Compare the directions a model forecast with those that came.

    A direction is the sign of the first step, from the last close seen to the next: further steps of one origin
    overlap with those of its neighbours, and would be counted as evidence many times. A forecast of the last close
    itself is no call, and a close that did not move had no direction; both are left out, and base rate and test are
    of the calls that remain.

    The interval is Wilson's with the correction for continuity, so it does not fall short of its 95 %. The base rate
    is the hit rate of whoever calls the direction that came more often, every time. It is above one half wherever
    the closes trend, and a hit rate is worth what it is above the base rate. The test is that of Pesaran and
    Timmermann, one-sided: the p-value is small where forecast and actual directions agree more often than they would
    if one knew nothing of the other. It has no value where all forecasts, or all closes, went one way.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        None of a model that calls no direction, as the random walk does.

    References:
        Pesaran and Timmermann (1992), A Simple Nonparametric Test of Predictive Performance, JBES 10(4), 461-465.
        Newcombe (1998), Two-sided confidence intervals for the single proportion, Statistics in Medicine 17.
    """
    first = rows[rows["step"] == 1]
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
    return Direction(calls, hits / calls, float(low), float(high), base, _pesaran_timmermann(came, foreseen))


def _pesaran_timmermann(came: np.ndarray, foreseen: np.ndarray) -> float | None:
    if len(np.unique(came)) < 2 or len(np.unique(foreseen)) < 2:
        return None
    from statsmodels.stats.diagnostic import pesaran_timmermann

    return float(pesaran_timmermann(came, foreseen, alternative="larger").pvalue)
