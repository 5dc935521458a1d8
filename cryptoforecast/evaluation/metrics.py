"""Forecast rows in, numbers out."""

from typing import TypedDict

import numpy as np
import pandas as pd

RANDOM_WALK = "RandomWalk"


class Score(TypedDict):
    """How far a model's forecasts were off.

    ``rmse`` and ``mae`` are in the series' currency, ``mape`` in percent, ``skill`` is one minus the model's RMSE
    over the random walk's on the same targets.
    """

    rmse: float
    mae: float
    mape: float
    skill: float


class Overall(TypedDict):
    """How a model did over several series, each of which counts the same.

    ``mape`` and ``skill`` are means of the series' own, ``positive`` is the share of series whose skill is above
    zero. There is no RMSE over several coins: the dollars of the dearest would be all of it.
    """

    mape: float
    skill: float
    positive: float


def rmse(rows: pd.DataFrame) -> float:
    """Root of the mean squared error over all rows, never a mean over batches."""
    return float(np.sqrt(np.mean(np.square(rows["forecast"] - rows["actual"]))))


def mae(rows: pd.DataFrame) -> float:
    """Mean absolute error over all rows."""
    return float(np.mean(np.abs(rows["forecast"] - rows["actual"])))


def mape(rows: pd.DataFrame) -> float:
    """Mean absolute error in percent of the actual close."""
    return float(100 * np.mean(np.abs(rows["forecast"] / rows["actual"] - 1)))


def scores(rows: pd.DataFrame) -> dict[str, Score]:
    """Each model's score, in the order the models stand in the rows.

    Args:
        rows: forecast rows of several models, the random walk among them, on the same targets.
    """
    by_model = {str(model): of_model for model, of_model in rows.groupby("model", sort=False)}
    walk = rmse(by_model[RANDOM_WALK])
    return {
        model: Score(rmse=(error := rmse(own)), mae=mae(own), mape=mape(own), skill=_skill(error, walk))
        for model, own in by_model.items()
    }


def scores_by_series(rows: pd.DataFrame) -> dict[str, dict[str, Score]]:
    """The scores of each series by itself, in the order the series stand in the rows."""
    return {str(series): scores(own) for series, own in rows.groupby("series", sort=False)}


def overall(by_series: dict[str, dict[str, Score]]) -> dict[str, Overall]:
    """Each model's scores over all series.

    Args:
        by_series: as :func:`scores_by_series` gives them.
    """
    of_model: dict[str, list[Score]] = {}
    for table in by_series.values():
        for model, score in table.items():
            of_model.setdefault(model, []).append(score)
    return {
        model: Overall(
            mape=float(np.mean([score["mape"] for score in own])),
            skill=float(np.mean([score["skill"] for score in own])),
            positive=float(np.mean([score["skill"] > 0 for score in own])),
        )
        for model, own in of_model.items()
    }


def _skill(error: float, walk: float) -> float:
    if walk == 0:  # the closes stand still: the random walk is perfect
        return 0.0 if error == 0 else -np.inf
    return 1 - error / walk
