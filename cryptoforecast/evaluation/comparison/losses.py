"""Losses of many models by origin, in parts of a benchmark's."""

import numpy as np
import pandas as pd
from scipy.stats import t

from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import Loss, squared_errors
from cryptoforecast.evaluation.volatility import log_errors_of_rows, qlike_of_rows


def losses_of(rows: pd.DataFrame, loss: Loss = squared_errors, benchmark: str = RANDOM_WALK) -> pd.DataFrame:
    """Losses, a row per origin, oldest first, and a column per model, in parts of a benchmark's mean.

    An origin's loss is the mean over its steps; of several series, the mean over those that have it, each in units of
    the benchmark's mean on that series.

    Args:
        rows: forecast rows of all models.
        loss: of each row; by default its squared error.
        benchmark: by default the random walk.
    """
    losses = rows.assign(loss=loss(rows)).groupby(["series", "origin", "model"])["loss"].mean().unstack("model")
    unit = losses[benchmark].groupby("series").transform("mean").replace(0.0, 1.0)  # closes may stand still
    return losses.div(unit, axis=0).groupby("origin").mean()


def absolute_errors(rows: pd.DataFrame) -> np.ndarray:
    """The absolute error of each row, in price."""
    errors: np.ndarray = (rows["forecast"] - rows["actual"]).abs().to_numpy()
    return errors


def scores_of_volatility(rows: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """QLIKE, also in parts of the random walk's, and the squared error of logs; None with a forecast not above zero.

    Args:
        rows: forecast rows of all models; of several series, scores are means, each counting the same.
    """
    losses = rows.assign(qlike=qlike_of_rows(rows), log_mse=log_errors_of_rows(rows))
    by_series = losses.groupby(["series", "model"])[["qlike", "log_mse"]].mean(skipna=False)
    scores = by_series.groupby("model").mean(skipna=False)
    walk = by_series["qlike"].xs(RANDOM_WALK, level="model")
    scores["relative_qlike"] = by_series["qlike"].div(walk, level="series").groupby("model").mean(skipna=False)
    return {
        str(model): {str(name): value if np.isfinite(value) else None for name, value in score.items()}
        for model, score in scores.to_dict("index").items()
    }


def skill_interval(losses: pd.DataFrame, model: str, block: int) -> tuple[float, float]:
    """The relative loss of a model and how far it may be off, two-sided at 95 %.

    The standard error is that of means of blocks, so that errors that hang together are not counted twice.

    Args:
        losses: as :func:`losses_of` gives them.
        model: its column.
        block: how many origins make a block.
    """
    difference = (losses[model] - losses[RANDOM_WALK]).to_numpy()
    whole = len(difference) // block * block
    if whole < 2 * block:
        return float(difference.mean()), float("nan")
    means = difference[-whole:].reshape(-1, block).mean(axis=1)
    half = t.ppf(0.975, len(means) - 1) * means.std(ddof=1) / np.sqrt(len(means))
    return float(difference.mean()), float(half)
