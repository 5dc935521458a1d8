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


def _skill(error: float, walk: float) -> float:
    if walk == 0:  # the closes stand still: the random walk is perfect
        return 0.0 if error == 0 else -np.inf
    return 1 - error / walk
