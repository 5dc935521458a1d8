"""Forecasts of volatility, judged: QLIKE and the squared error of logs, beside four baselines."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float64

from cryptoforecast.evaluation.significance import TestResult, diebold_mariano_of

KEYS = ["origin", "step"]
UNTESTED = TestResult(None, "which are not tested: models are chosen by them")
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


def volatility_scores(rows: pd.DataFrame, tested: bool = True) -> dict[str, dict[str, VolatilityScore]]:
    """The scores of each series and model; the tests compare the model of the first row with each other one.

    Args:
        rows: forecast rows of several models on the same targets; of several seeds, losses are means over the seeds.
        tested: whether to test, which validation targets are not.
    """
    judged = str(rows["model"].iloc[0])
    table: dict[str, dict[str, VolatilityScore]] = {}
    for series, of_series in rows.groupby("series", sort=False):
        parts = {str(model): part for model, part in of_series.groupby("model", sort=False)}
        losses = {model: _losses(part) for model, part in parts.items()}
        for model, part in parts.items():
            difference = (losses[judged] - losses[model]).groupby("origin").mean(skipna=False)
            test = ITSELF if model == judged else UNTESTED
            if tested and model != judged:
                test = diebold_mariano_of(difference.to_numpy(), int(part["step"].max()))
            score = VolatilityScore(
                float(losses[model].mean(skipna=False)),
                float(np.mean(log_errors_of_rows(part))),
                *test,
                judged_is_better=bool(difference.mean() < 0),
            )
            table.setdefault(str(series), {})[model] = score
    return table


def _losses(part: pd.DataFrame) -> pd.Series:
    losses = pd.Series(qlike_of_rows(part), index=pd.MultiIndex.from_frame(part[KEYS]))
    return losses.groupby(KEYS).mean(skipna=False)
