"""Is a forecast the actual closes, a step late?"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.rows import first_step_rows

LAGS = 10
FEWEST_CHANGES = 10  # at each lag; with fewer, some lag fits anything
COPY = 0.8  # a correlation at lag 1 of at least this much is a copy of the last value


class Lag(NamedTuple):
    """By how many steps the path of forecasts follows that of the closes best, and how well it does."""

    lag: int
    correlation: float

    @property
    def copy(self) -> bool:
        """Whether the forecast is the last value: best at lag 1, and there at least 0.8."""
        return self.lag == 1 and self.correlation >= COPY


def best_lag(rows: pd.DataFrame) -> Lag | None:
    """The lag at which the changes of the forecast follow the changes of the closes best.

    At lag k, the change from one forecast to the next is correlated with the change of the closes k steps before
    the one that was to be foreseen. Whoever knows the next close does best at lag 0. Whoever repeats the last one,
    with noise or a little smoothed, does best at lag 1: in a picture of the whole test set that follows the shape of
    the closes beautifully, one step late. Forecasts that beat the random walk by a little do best at lag 1 too; this
    is how they were made, and not whether they are good.

    Args:
        rows: forecast rows of one model on one series; the first step of each origin is looked at.

    Returns:
        None where forecast or closes do not change, and where there are fewer than ten pairs of changes at some lag:
        without holes in time, of fewer than 21 origins. No change and no lag reaches over a hole.
    """
    correlations = lag_correlations(rows)
    if correlations is None:
        return None
    best = int(np.argmax(correlations))
    return Lag(best, float(correlations[best]))


def lag_correlations(rows: pd.DataFrame) -> np.ndarray | None:
    """The correlations that :func:`best_lag` chooses from, at lags 0 to 10."""
    forecast, actual = _changes(rows)
    shifted = [(forecast[lag:], actual[: len(actual) - lag]) for lag in range(LAGS + 1)]
    known = [~np.isnan(foreseen + came) for foreseen, came in shifted]
    pairs = [(foreseen[both], came[both]) for (foreseen, came), both in zip(shifted, known, strict=True)]
    if any(len(foreseen) < FEWEST_CHANGES or np.ptp(foreseen) == 0 or np.ptp(came) == 0 for foreseen, came in pairs):
        return None
    return np.array([np.corrcoef(foreseen, came)[0, 1] for foreseen, came in pairs])


def _changes(rows: pd.DataFrame) -> np.ndarray:
    """The changes of forecast and closes, ``(2, changes)``; between stretches, more NaN than the longest lag."""
    between = np.full((2, LAGS), np.nan)
    parts = [
        np.concatenate([np.diff(stretch[["forecast", "actual"]].to_numpy(), axis=0).T, between], axis=1)
        for _, stretch in first_step_rows(rows).groupby("stretch")
    ]
    changes: np.ndarray = np.concatenate(parts, axis=1)
    return changes
