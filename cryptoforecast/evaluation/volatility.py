"""Forecasts of volatility, judged: QLIKE and the squared error of logs, beside four baselines."""

import math
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64
from rich.table import Table
from rich.text import Text

from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.quantity import is_of_volatility
from cryptoforecast.evaluation.significance import TestResult, diebold_mariano_of
from cryptoforecast.evaluation.table import NONE, new_table
from cryptoforecast.formatting import p_value_cell

KEYS = ["origin", "step"]
ITSELF = TestResult(None, "which are not compared: the model is the judged one")


class VolatilityScore(NamedTuple):
    """How good the forecasts of one model of the volatility of one series are, over all targets.

    Attributes:
        qlike: mean of ``actual² / forecast² - log(actual² / forecast²) - 1``; zero for a perfect forecast. NaN where a
            forecast is not above zero.
        log_mse: mean squared difference of the logs of forecast and actual volatility.
        p_value: two-sided Diebold-Mariano test of the QLIKE of the judged model against this one, or None and the
            reason.
        judged_is_better: whether the judged model's QLIKE is lower than this one's.
    """

    qlike: float
    log_mse: float
    p_value: float | None
    reason: str
    judged_is_better: bool


def qlike(forecast: Float64[np.ndarray, " targets"], actual: Float64[np.ndarray, " targets"]) -> np.ndarray:
    """The QLIKE loss of each forecast of volatility; it is of variances, whose unit does not matter.

    It ranks forecasts of variance as the unknown true variance would, although the estimates in its place are noisy
    (Patton 2011), which is not true of the squared error of logs.

    References:
        Patton (2011), Volatility Forecast Comparison Using Imperfect Volatility Proxies, J. Econometrics 160, 246-256.

    >>> qlike(np.array([0.02, 0.02]), np.array([0.02, 0.04])).round(4).tolist()
    [0.0, 1.6137]
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.square(actual / np.where(forecast > 0, forecast, np.nan))
        losses: np.ndarray = ratio - np.log(ratio) - 1
    return losses


def log_errors(forecast: Float64[np.ndarray, " targets"], actual: Float64[np.ndarray, " targets"]) -> np.ndarray:
    """The squared difference of the logs of forecast and actual volatility."""
    with np.errstate(divide="ignore", invalid="ignore"):
        losses: np.ndarray = np.square(np.log(np.where(forecast > 0, forecast, np.nan) / actual))
    return losses


def qlike_of_rows(rows: pd.DataFrame) -> np.ndarray:
    """The QLIKE loss of each row; NaN where the forecast is not above zero."""
    return qlike(rows["forecast"].to_numpy(), rows["actual"].to_numpy())


def log_errors_of_rows(rows: pd.DataFrame) -> np.ndarray:
    """The squared difference of logs of each row; NaN where the forecast is not above zero."""
    return log_errors(rows["forecast"].to_numpy(), rows["actual"].to_numpy())


def volatility_scores(rows: pd.DataFrame) -> dict[str, dict[str, VolatilityScore]]:
    """The scores of each series and model; the tests compare the model of the first row with each other one.

    Args:
        rows: forecast rows of several models on the same targets.
    """
    judged = str(rows["model"].iloc[0])
    table: dict[str, dict[str, VolatilityScore]] = {}
    for series, of_series in rows.groupby("series", sort=False):
        parts = {str(model): part for model, part in of_series.groupby("model", sort=False)}
        losses = {model: _losses(part) for model, part in parts.items()}
        for model, part in parts.items():
            forecast, actual = (part[name].to_numpy() for name in ("forecast", "actual"))
            difference = (losses[judged] - losses[model]).groupby("origin").mean()
            test = ITSELF if model == judged else _test(difference, int(part["step"].max()))
            score = VolatilityScore(
                float(losses[model].mean(skipna=False)),
                float(np.mean(log_errors(forecast, actual))),
                *test,
                judged_is_better=bool(difference.mean() < 0),
            )
            table.setdefault(str(series), {})[model] = score
    return table


def tables_of_volatility(rows: pd.DataFrame) -> list[Table]:
    """The scores of forecast rows as a table; none where the rows are not of volatilities."""
    if not is_of_volatility(rows):
        return []
    by_series = volatility_scores(rows)
    several, judged = len(by_series) > 1, next(iter(next(iter(by_series.values()))))
    words = [*(["series"] if several else []), "model"]
    table = new_table("volatility", words, ["QLIKE", "MSE of logs", f"QLIKE p, {judged}"])
    for series, models in by_series.items():
        for at, (model, score) in enumerate(models.items()):
            name = "yesterday's (RandomWalk)" if model == RANDOM_WALK else model
            way = NONE if score.p_value is None else f"{'better' if score.judged_is_better else 'worse'}, "
            test = NONE if score.p_value is None else way + p_value_cell(score.p_value)
            of_series = [Text("" if at else series)] if several else []
            cells = (_cell(score.qlike), _cell(score.log_mse), test)
            table.add_row(*of_series, Text(name), *cells, end_section=several and at == len(models) - 1)
    return [table]


def to_json(by_series: dict[str, dict[str, VolatilityScore]]) -> dict[str, Any]:
    """The entry ``volatility`` of ``scores.json``; numbers that are not finite are None."""
    return {
        series: {
            model: {
                "qlike": score.qlike if math.isfinite(score.qlike) else None,
                "log_mse": score.log_mse if math.isfinite(score.log_mse) else None,
                "diebold_mariano_qlike": {"p_value": score.p_value, "reason": score.reason},
            }
            for model, score in models.items()
        }
        for series, models in by_series.items()
    }


def _losses(part: pd.DataFrame) -> pd.Series:
    losses = qlike(part["forecast"].to_numpy(), part["actual"].to_numpy())
    return pd.Series(losses, index=pd.MultiIndex.from_frame(part[KEYS]))


def _test(difference: pd.Series, horizon: int) -> TestResult:
    if not np.isfinite(difference).all():
        return TestResult(None, "where a forecast of volatility is not above zero")
    return diebold_mariano_of(difference.to_numpy(), horizon)


def _cell(number: float) -> str:
    return f"{number:.4f}" if math.isfinite(number) else NONE
