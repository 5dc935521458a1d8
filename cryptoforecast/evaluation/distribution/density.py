"""Scores of forecast distributions: CRPS, density skill, log score, and coverage and width of intervals."""

from typing import TypedDict

import numpy as np
import pandas as pd

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.distribution.quantile_columns import LOG_DENSITY, QUANTILES, has_distribution
from cryptoforecast.evaluation.metrics import RANDOM_WALK, RUNG_NAMES
from cryptoforecast.quantiles import crps as crps_of_quantiles

ADAPTIVE = " adaptive"  # ends the name of a model whose quantiles were adapted
HALF, NINETY = ("0.25", "0.75"), ("0.05", "0.95")  # the ends of the intervals
PERCENT = 100.0
NO_DISTRIBUTION = "no model has a distribution: rows have one in the columns 0.01, 0.05, … 0.95, 0.99"


class DensityScore(TypedDict):
    """Scores of a model's distributions on one series.

    ``crps`` is the mean continuous ranked probability score of the log change, in percent; ``density_skill`` is 1 -
    CRPS / that of the random walk of constant spread on the same targets: 0 is the random walk's, 1 a perfect
    forecast's. ``log_score`` is the mean log density of the log change, larger is better. ``coverage_50`` and
    ``coverage_90`` are the shares of closes within the central intervals of these percents, ``width_90`` is the mean
    width of the latter, in percent of log change. What is not known is NaN.
    """

    crps: float
    density_skill: float
    log_score: float
    coverage_50: float
    coverage_90: float
    width_90: float


def crps(rows: pd.DataFrame) -> pd.DataFrame:
    """The scores of the distributions in forecast rows, of any tool.

    Args:
        rows: forecast rows of one or several models on the same targets, with the columns of quantiles ``0.01, 0.05,
            0.1, … 0.95, 0.99`` in price, or as Nixtla, AutoGluon and Chronos have them.

    Returns:
        A row for each series and model with a distribution: ``series, model, crps, density_skill, log_score,
        coverage_50, coverage_90, width_90, targets``, see :class:`DensityScore`. ``density_skill`` is NaN without rows
        of RandomWalk with a distribution, such as :func:`rows_beside_baselines` adds.

    Raises:
        UserError: if no model has a distribution, or a column is missing or invalid.

    References:
        Gneiting and Raftery (2007), Strictly Proper Scoring Rules, Prediction, and Estimation, JASA 102(477), 359-378.

    >>> rows = pd.DataFrame({
    ...     "series": "COIN-USD", "model": "Mine", "origin": ["2024-01-01", "2024-01-02"],
    ...     "timestamp": ["2024-01-02", "2024-01-03"], "last": 100.0, "forecast": 100.0, "actual": [100.0, 103.0],
    ...     "0.1": 97.0, "0.5": 100.0, "0.9": 103.0,
    ... })
    >>> crps(rows)[["model", "crps", "coverage_90", "width_90"]].round(2).to_dict("records")
    [{'model': 'Mine', 'crps': 1.21, 'coverage_90': 1.0, 'width_90': 7.7}]
    """
    rows = rows_with_distributions(rows)
    counts = rows.groupby(["series", "model"], sort=False).size()
    lines = [
        {"series": series, "model": model, **score, "targets": int(counts[series, model])}
        for series, scores in density_scores_by_series(rows).items()
        for model, score in scores.items()
    ]
    return pd.DataFrame(lines)


def rows_with_distributions(rows: pd.DataFrame) -> pd.DataFrame:
    """The checked rows of the models that have a distribution.

    Raises:
        UserError: if no model has one, or the rows are invalid.
    """
    checked = with_random_walk(rows)
    having = checked[has_distribution(checked)]
    if not len(having):
        raise UserError(f"{NO_DISTRIBUTION}.")
    return having


def crps_of_rows(rows: pd.DataFrame) -> np.ndarray:
    """The CRPS of the log change of each row, in percent; NaN where a row has no distribution."""
    with np.errstate(invalid="ignore"):
        scores: np.ndarray = PERCENT * crps_of_quantiles(
            np.log(rows[QUANTILES].to_numpy()), np.log(rows["actual"].to_numpy())
        )
    return scores


def density_scores(rows: pd.DataFrame) -> dict[str, DensityScore]:
    """The scores of each model that has a distribution, on one series.

    Args:
        rows: forecast rows of models on the same targets of one series, those of the judged model first.

    Returns:
        Scores by model, in the order of the rows. A model has a log score where both it and the first have densities.
    """
    by_model = {str(model): part for model, part in rows[has_distribution(rows)].groupby("model", sort=False)}
    walk = float(crps_of_rows(by_model[RANDOM_WALK]).mean()) if RANDOM_WALK in by_model else np.nan
    both_have = bool(by_model) and _has_densities(next(iter(by_model.values())))
    return {model: _score(part, walk, both_have and _has_densities(part)) for model, part in by_model.items()}


def density_scores_by_series(rows: pd.DataFrame) -> dict[str, dict[str, DensityScore]]:
    """The scores of each series and model that has a distribution; see :func:`density_scores`."""
    return {str(series): density_scores(part) for series, part in rows.groupby("series", sort=False)}


def overall_density(by_series: dict[str, dict[str, DensityScore]]) -> dict[str, DensityScore]:
    """The means of the scores of each model over all series, each counting the same."""
    by_model: dict[str, list[DensityScore]] = {}
    for scores in by_series.values():
        for model, score in scores.items():
            by_model.setdefault(model, []).append(score)
    return {
        model: DensityScore(
            crps=float(np.mean([score["crps"] for score in scores])),
            density_skill=float(np.mean([score["density_skill"] for score in scores])),
            log_score=float(np.mean([score["log_score"] for score in scores])),
            coverage_50=float(np.mean([score["coverage_50"] for score in scores])),
            coverage_90=float(np.mean([score["coverage_90"] for score in scores])),
            width_90=float(np.mean([score["width_90"] for score in scores])),
        )
        for model, scores in by_model.items()
    }


def point_rows(rows: pd.DataFrame, judged: str) -> pd.DataFrame:
    """The rows that the point table has: without the rungs of the ladder, whose point forecast is the random walk's.

    A model whose quantiles were adapted is left out as well; what was adapted is its distribution.

    Args:
        rows: forecast rows of several models.
        judged: the model that is judged, which stays also if it is a rung.
    """
    of_distributions = rows["model"].isin(RUNG_NAMES[1:]) | rows["model"].str.endswith(ADAPTIVE)
    left_out = of_distributions & (rows["model"] != judged) & has_distribution(rows)
    return rows[~left_out] if left_out.any() else rows


def _score(rows: pd.DataFrame, walk: float, with_density: bool) -> DensityScore:
    mean = float(crps_of_rows(rows).mean())
    return DensityScore(
        crps=mean,
        density_skill=_skill(mean, walk),
        log_score=float(rows[LOG_DENSITY].mean()) if with_density else np.nan,
        coverage_50=_coverage(rows, HALF),
        coverage_90=_coverage(rows, NINETY),
        width_90=float(PERCENT * np.log(rows[NINETY[1]] / rows[NINETY[0]]).mean()),
    )


def _coverage(rows: pd.DataFrame, ends: tuple[str, str]) -> float:
    return float(rows["actual"].between(rows[ends[0]], rows[ends[1]]).mean())


def _skill(mean: float, walk: float) -> float:
    if walk == 0:  # all closes are equal, and the random walk knows it
        return 0.0 if mean == 0 else -np.inf
    return 1 - mean / walk


def _has_densities(rows: pd.DataFrame) -> bool:
    return bool(rows[LOG_DENSITY].notna().all())
