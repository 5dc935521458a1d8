"""Probabilities of a rise, judged: their Brier score and log loss beside the base rate's and those of one half."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64
from rich.table import Table
from rich.text import Text

from cryptoforecast.evaluation.distribution.quantile_columns import RISE, has_probability
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import NO_BENCHMARK, TestResult, diebold_mariano_of
from cryptoforecast.evaluation.table import NONE, new_table
from cryptoforecast.formatting import format_number, p_value_cell

LEAST = float(np.finfo(np.float64).eps)  # of a probability and of one less it, in a log
HALF = "one half"
KEYS = ["series", "origin", "step"]


class Probability(NamedTuple):
    """How good the probabilities of a rise of one model on one series are, over all targets.

    Attributes:
        brier: mean squared error of the probability; smaller is better, 0.25 is that of one half.
        log_loss: mean negative log of what was said of what happened; smaller is better, 0.693 is that of one half.
        skill: 1 - Brier score / that of the base rate, which is the share of rises in training; NaN without one.
        p_value: two-sided Diebold-Mariano test of the Brier scores against the base rate's, or None and the reason.
        targets: number of targets.
    """

    brier: float
    log_loss: float
    skill: float
    p_value: float | None
    reason: str
    targets: int


def brier_scores(rise: Float64[np.ndarray, " targets"], rose: np.ndarray) -> Float64[np.ndarray, " targets"]:
    """The squared error of each probability.

    >>> brier_scores(np.array([0.8, 0.5]), np.array([True, False])).round(2).tolist()
    [0.04, 0.25]
    """
    scores: np.ndarray = np.square(rise - rose)
    return scores


def log_losses(rise: Float64[np.ndarray, " targets"], rose: np.ndarray) -> Float64[np.ndarray, " targets"]:
    """The negative log of the probability of what happened; one of zero counts as 2.2e-16.

    >>> log_losses(np.array([0.8, 0.5]), np.array([True, False])).round(4).tolist()
    [0.2231, 0.6931]
    """
    losses: np.ndarray = -np.log(np.clip(np.where(rose, rise, 1 - rise), LEAST, 1.0))
    return losses


def has_probabilities(rows: pd.DataFrame) -> bool:
    """Whether any row has a probability of a rise."""
    return bool(has_probability(rows).any())


def probabilities_by_series(rows: pd.DataFrame) -> dict[str, dict[str, Probability]]:
    """The scores of all probabilities of a rise: by series, then by model, and last those of one half.

    Args:
        rows: forecast rows with the column ``rise``; that of the random walk is the base rate of training. A close that
            equals the last one did not rise.

    Returns:
        Scores by series and model; empty if no row has a probability.

    References:
        Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation, JASA 102(477), 359-378.
    """
    known = rows[has_probability(rows)]
    table: dict[str, dict[str, Probability]] = {}
    for series, of_series in known.groupby("series", sort=False):
        first = of_series[of_series["model"] == of_series["model"].iloc[0]]
        walk = of_series[of_series["model"] == RANDOM_WALK]
        parts = {str(model): part for model, part in of_series.groupby("model", sort=False)}
        parts[HALF] = first.assign(**{RISE: 0.5})
        table[str(series)] = {model: _scored(part, walk if model != RANDOM_WALK else None, walk)
                              for model, part in parts.items()}  # fmt: skip
    return table


def _scored(part: pd.DataFrame, tested: pd.DataFrame | None, walk: pd.DataFrame) -> Probability:
    scores = _of_targets(part, brier_scores)
    base = _of_targets(walk, brier_scores).mean() if len(walk) else np.nan
    skill = 1 - scores.mean() / base if base else np.nan
    losses = float(_of_targets(part, log_losses).mean())
    test = NO_BENCHMARK if tested is None else _test(part, tested)
    return Probability(float(scores.mean()), losses, float(skill), *test, len(part))


def _of_targets(rows: pd.DataFrame, score: Any) -> pd.Series:
    rose = (rows["actual"] > rows["last"]).to_numpy()
    return pd.Series(score(rows[RISE].to_numpy("float64"), rose), index=pd.MultiIndex.from_frame(rows[KEYS]))


def _test(part: pd.DataFrame, walk: pd.DataFrame) -> TestResult:
    """The Diebold-Mariano test of Brier scores, those of an origin's steps averaged."""
    if not len(walk):
        return TestResult(None, "there is no base rate of training")
    difference = (_of_targets(part, brier_scores) - _of_targets(walk, brier_scores)).groupby("origin").mean()
    return diebold_mariano_of(difference.to_numpy(), int(part["step"].max()))


def tables_of_probabilities(rows: pd.DataFrame) -> list[Table]:
    """The scores of forecast rows as one table; none if no row has a probability of a rise."""
    if not has_probabilities(rows):
        return []
    by_series = probabilities_by_series(rows)
    several = len(by_series) > 1
    words = [*(["series"] if several else []), "model"]
    table = new_table("probability of a rise", words, ["Brier", "log loss", "Brier skill", "p against base rate"])
    for series, models in by_series.items():
        for at, (model, score) in enumerate(models.items()):
            name = "base rate of training" if model == RANDOM_WALK else model
            skill = NONE if not math.isfinite(score.skill) else format_number(score.skill, "+.4f")
            cells = (f"{score.brier:.4f}", f"{score.log_loss:.4f}", skill, p_value_cell(score.p_value))
            of_series = [Text("" if at else series)] if several else []
            table.add_row(*of_series, Text(name), *cells, end_section=several and at == len(models) - 1)
    return [table]


def to_json(by_series: dict[str, dict[str, Probability]]) -> dict[str, Any]:
    """The entry ``probability`` of ``scores.json``; numbers that are not finite are None."""
    return {
        series: {
            "base rate" if model == RANDOM_WALK else model: {
                name: None if isinstance(value, float) and not math.isfinite(value) else value
                for name, value in score._asdict().items()
            }
            for model, score in models.items()
        }
        for series, models in by_series.items()
    }
