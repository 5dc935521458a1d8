"""The metrics of volatility: scores of a test and of a backtest, as those of a user are."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.evaluation import volatility
from cryptoforecast.evaluation.quantity import is_of_volatility
from cryptoforecast.evaluation.user_metrics import Metric


def qlike(rows: pd.DataFrame) -> float | None:
    """The mean QLIKE of one model's forecasts of volatility; None where a forecast is not above zero.

    Args:
        rows: forecast rows of one model on one series.
    """
    return _finite_mean(volatility.qlike_of_rows(rows))


def log_mse(rows: pd.DataFrame) -> float | None:
    """The mean squared difference of logs of one model's forecasts; None where a forecast is not above zero.

    Args:
        rows: forecast rows of one model on one series.
    """
    return _finite_mean(volatility.log_errors_of_rows(rows))


METRICS: dict[str, Metric] = {"qlike": qlike, "log_mse": log_mse}


def with_metrics_of_quantity(rows: pd.DataFrame, named: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics that forecast rows are judged by: of volatilities both of these unasked, and those of the user.

    Args:
        rows: forecast rows.
        named: the user's, by name; where a name is that of one of these, the user's takes its place.
    """
    return {**(METRICS if is_of_volatility(rows) else {}), **named}


def mean_qlike(by_series: Mapping[str, Mapping[str, Any]], model: str) -> float:
    """The QLIKE of a model among scores by series and model, the mean over the series; NaN where one is not known."""
    values = [scores[model]["qlike"] for scores in by_series.values()]
    return float(np.mean([np.nan if value is None else value for value in values]))


def _finite_mean(losses: np.ndarray) -> float | None:
    mean = float(losses.mean())
    return mean if math.isfinite(mean) else None
