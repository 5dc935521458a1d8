"""Forecasts of the closes that are not known yet."""

import numpy as np
import pandas as pd
import torch

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.evaluation.distribution.quantile_columns import RISE
from cryptoforecast.evaluation.forecasts import finite
from cryptoforecast.models.contract.checks import require_bars
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from cryptoforecast.models.contract.following import window_at_the_end
from cryptoforecast.models.contract.inference import evaluation_mode
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.quantiles import COLUMNS as QUANTILE_COLUMNS


def next_closes(forecaster: Forecaster, data: CloseDataModule) -> pd.DataFrame:
    """Forecasts of the closes after the last one of each series.

    Args:
        forecaster: the model.
        data: closes; the last ``context_length`` of each series must be without a gap.

    Returns:
        One row per series and step: ``series, model, origin, step, timestamp, last, forecast``; of a model that
        forecasts distributions also the quantiles ``0.01, 0.05, 0.1 … 0.95, 0.99``, in the series' currency; of one
        that forecasts the probability of a rise, also ``rise``.

    >>> from cryptoforecast import RandomWalk, SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> next_closes(RandomWalk(context_length=20), data)["timestamp"].tolist()
    [Timestamp('2015-04-11 00:00:00+0000', tz='UTC')]
    """
    data.setup("predict")
    return pd.concat([_next_closes(forecaster, series, data) for series in data.series], ignore_index=True)


def _next_closes(forecaster: Forecaster, series: CloseSeries, data: CloseDataModule) -> pd.DataFrame:
    closes, steps = series.closes, np.arange(1, forecaster.horizon + 1)
    with evaluation_mode(forecaster, "cpu"), torch.inference_mode():
        window = window_at_the_end(forecaster, data, str(closes.name))
        require_bars(forecaster, window.context)
        forecast, distribution, rise = forecast_with_distribution(forecaster, window)
    rows = pd.DataFrame(
        {
            "series": closes.name,
            "model": type(forecaster).__name__,
            "origin": closes.index[-1],
            "step": steps,
            "timestamp": series.interval.after(closes.index[-1], forecaster.horizon),
            "last": closes.iloc[-1],
            "forecast": finite(forecaster, forecast)[0].numpy(),
        }
    )
    if rise is not None:
        rows[RISE] = rise[0].numpy()
    if distribution is None:
        return rows
    quantiles = pd.DataFrame(finite(forecaster, distribution.quantiles)[0].numpy(), columns=list(QUANTILE_COLUMNS))
    return pd.concat([rows, quantiles], axis="columns")
