"""Whether a forecast follows the closes one step late: lagged correlations of their changes."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.rows import first_step_rows

MAX_LAG = 10
MIN_CHANGES = 10  # at each lag; with fewer, some lag fits anything
COPY_CORRELATION = 0.8  # at lag 1, from which a forecast counts as a copy of the last value


class Lag(NamedTuple):
    """The lag in steps at which forecasts follow the closes best, and the correlation there."""

    lag: int
    correlation: float

    @property
    def is_copy(self) -> bool:
        """Whether the forecast is a copy of the last value: best at lag 1, with a correlation of at least 0.8."""
        return self.lag == 1 and self.correlation >= COPY_CORRELATION


def best_lag(rows: pd.DataFrame) -> Lag | None:
    """The lag at which changes of the forecast correlate best with changes of the closes.

    At lag k, the change from one forecast to the next is correlated with the change of the closes k steps before the
    forecast one. A forecast that knows the next close is best at lag 0. One that repeats the last close, with noise or
    smoothed, is best at lag 1: on a plot of the whole test set it follows the closes closely, one step late. Forecasts
    that beat the random walk by a little are best at lag 1 too: the lag describes a forecast and does not rate it.

    Args:
        rows: forecast rows of one model on one series; the first step of each origin is looked at.

    Returns:
        None if forecast or closes do not change, or with fewer than ten pairs of changes at some lag, that is with
        fewer than 21 origins without gaps in time. No change and no lag spans a gap.
    """
    correlations = lag_correlations(rows)
    if correlations is None:
        return None
    best = int(np.argmax(correlations))
    return Lag(best, float(correlations[best]))


def lag_correlations(rows: pd.DataFrame) -> np.ndarray | None:
    """The correlations that :func:`best_lag` chooses from, at lags 0 to 10."""
    forecast, actual = _changes(rows)
    shifted = [(forecast[lag:], actual[: len(actual) - lag]) for lag in range(MAX_LAG + 1)]
    known = [~np.isnan(foreseen + came) for foreseen, came in shifted]
    pairs = [(foreseen[both], came[both]) for (foreseen, came), both in zip(shifted, known, strict=True)]
    if any(len(foreseen) < MIN_CHANGES or np.ptp(foreseen) == 0 or np.ptp(came) == 0 for foreseen, came in pairs):
        return None
    return np.array([np.corrcoef(foreseen, came)[0, 1] for foreseen, came in pairs])


def _changes(rows: pd.DataFrame) -> np.ndarray:
    """The changes of forecast and closes, ``(2, changes)``; as many NaN between segments as the longest lag."""
    between = np.full((2, MAX_LAG), np.nan)
    parts = [
        np.concatenate([np.diff(segment[["forecast", "actual"]].to_numpy(), axis=0).T, between], axis=1)
        for _, segment in first_step_rows(rows).groupby("segment")
    ]
    changes: np.ndarray = np.concatenate(parts, axis=1)
    return changes
