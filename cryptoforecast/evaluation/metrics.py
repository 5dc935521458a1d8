"""Error measures and skill of forecast rows."""

from collections.abc import Mapping
from typing import Any, TypedDict, cast

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.user_metrics import Metric, values_of

RANDOM_WALK = "RandomWalk"
RUNG_NAMES = (RANDOM_WALK, "Ewma", "Garch", "Har")  # the ladder of baselines, from simple to hard
VOLATILITY_NAMES = ("VolatilityEwma", "VolatilityGarch", "VolatilityHar")  # of volatilities, from simple to hard
BASELINE_NAMES = (  # stand beside every model; depend on no seed
    *(RANDOM_WALK, "Drift", "Mean", *RUNG_NAMES[1:]),
    *VOLATILITY_NAMES,
)


class Score(TypedDict):
    """Errors of a model on one series.

    ``rmse`` and ``mae`` are in the series' currency, ``mape`` is in percent. ``skill`` is 1 - RMSE / RMSE of the random
    walk on the same targets: 0 is the random walk's, 1 a perfect forecast's, below 0 is worse than the random walk.
    Beside them are the values of the user's metrics, by the names of their functions.
    """

    rmse: float
    mae: float
    mape: float
    skill: float


class Overall(TypedDict):
    """Scores of a model over several series with equal weights.

    ``mape`` and ``skill`` are means over the series, ``positive`` is the share of series whose skill is above zero.
    There is no RMSE over several coins: that of the most expensive one would dominate it.
    """

    mape: float
    skill: float
    positive: float


def rmse(rows: pd.DataFrame) -> float:
    """Root of the mean squared error over all rows, in the series' currency."""
    return float(np.sqrt(np.mean(np.square(rows["forecast"] - rows["actual"]))))


def mae(rows: pd.DataFrame) -> float:
    """Mean absolute error over all rows, in the series' currency."""
    return float(np.mean(np.abs(rows["forecast"] - rows["actual"])))


def mape(rows: pd.DataFrame) -> float:
    """Mean absolute error in percent of the actual close."""
    return float(100 * np.mean(np.abs(rows["forecast"] / rows["actual"] - 1)))


def scores(rows: pd.DataFrame, metrics: Mapping[str, Metric] | None = None) -> dict[str, Score]:
    """The scores of each model on one series.

    Args:
        rows: forecast rows of several models on the same targets of one series, the random walk among them.
        metrics: of the user's, by name.

    Returns:
        Scores by model, in the order of the rows.

    Raises:
        KeyError: if there are no rows of the random walk.
    """
    by_model = {str(model): part for model, part in rows.groupby("model", sort=False)}
    walk = rmse(by_model[RANDOM_WALK])
    found = {}
    for model, part in by_model.items():
        usual = Score(rmse=(error := rmse(part)), mae=mae(part), mape=mape(part), skill=_skill(error, walk))
        found[model] = cast(Score, {**usual, **values_of(metrics or {}, part)})
    return found


def scores_by_series(rows: pd.DataFrame, metrics: Mapping[str, Metric] | None = None) -> dict[str, dict[str, Score]]:
    """The scores of each series and model; see :func:`scores`.

    Args:
        rows: forecast rows of several models on the same targets of one or several series, the random walk among them.
        metrics: of the user's, by name.

    Returns:
        Scores by series and model, both in the order of the rows.
    """
    return {str(series): scores(part, metrics) for series, part in rows.groupby("series", sort=False)}


def overall(by_series: dict[str, dict[str, Score]]) -> dict[str, Overall]:
    """The scores of each model over all series, with equal weights.

    Args:
        by_series: what :func:`scores_by_series` returns.

    Returns:
        Scores by model.
    """
    by_model: dict[str, list[Score]] = {}
    for table in by_series.values():
        for model, score in table.items():
            by_model.setdefault(model, []).append(score)
    found = {}
    for model, model_scores in by_model.items():
        usual = Overall(
            mape=float(np.mean([score["mape"] for score in model_scores])),
            skill=float(np.mean([score["skill"] for score in model_scores])),
            positive=float(np.mean([score["skill"] > 0 for score in model_scores])),
        )
        of_user = {name: mean_of([dict(score)[name] for score in model_scores]) for name in user_names(by_series)}
        found[model] = cast(Overall, {**usual, **of_user})
    return found


def user_names(by_series: Mapping[str, Mapping[str, Score]]) -> list[str]:
    """The names of the user's metrics among scores by series and model."""
    first = next(iter(next(iter(by_series.values())).values()))
    return [name for name in first if name not in Score.__annotations__]


def mean_of(values: list[Any]) -> float | None:
    """The mean of those values that are known; None if none is."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _skill(error: float, walk: float) -> float:
    if walk == 0:  # all closes are equal
        return 0.0 if error == 0 else -np.inf
    return 1 - error / walk
