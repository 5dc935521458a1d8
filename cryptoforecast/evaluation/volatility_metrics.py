"""The metrics of volatility: scores of a test and of a backtest, as those of a user are."""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from cryptoforecast.evaluation import volatility
from cryptoforecast.evaluation.quantity import is_of_volatility
from cryptoforecast.evaluation.user_metrics import USERS, Metric


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


def with_metrics_of_quantity(rows: pd.DataFrame, named: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics that forecast rows are judged by: of volatilities both of these unasked, and those of the user.

    Args:
        rows: forecast rows.
        named: the user's, by name; where a name is that of one of these, the user's takes its place.
    """
    return {**({"qlike": qlike, "log_mse": log_mse} if is_of_volatility(rows) else {}), **named}


def named_in_table_of_volatility(rows: pd.DataFrame) -> set[str]:
    """The metrics that the table of volatilities shows, so that no other need; a metric of the user is none of them."""
    return {"qlike", "log_mse"} - set(rows.attrs.get(USERS, {}).get("metrics", {}))


def _finite_mean(losses: np.ndarray) -> float | None:
    mean = float(losses.mean())
    return mean if math.isfinite(mean) else None
