"""The metrics of volatility, which stand in the tables of a backtest and of a comparison as a user's metrics do."""

import math

import numpy as np
import pandas as pd

from cryptoforecast.evaluation import volatility
from cryptoforecast.evaluation.metrics import is_of_volatility
from cryptoforecast.evaluation.user_metrics import Metric


def qlike(rows: pd.DataFrame) -> float | None:
    """The mean QLIKE of one model's forecasts of volatility; None where a forecast is not above zero.

    Args:
        rows: forecast rows of one model on one series.
    """
    return _finite_mean(volatility.qlike(rows["forecast"].to_numpy(), rows["actual"].to_numpy()))


def log_mse(rows: pd.DataFrame) -> float | None:
    """The mean squared difference of logs of one model's forecasts; None where a forecast is not above zero.

    Args:
        rows: forecast rows of one model on one series.
    """
    return _finite_mean(volatility.log_errors(rows["forecast"].to_numpy(), rows["actual"].to_numpy()))


def metrics_of_quantity(rows: pd.DataFrame) -> list[Metric]:
    """The metrics that forecast rows are judged by unasked: both of volatility, none of prices."""
    return [qlike, log_mse] if is_of_volatility(rows) else []


def _finite_mean(losses: np.ndarray) -> float | None:
    mean = float(losses.mean())
    return mean if math.isfinite(mean) else None
