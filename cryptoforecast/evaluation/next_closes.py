"""Forecasts of the closes that are not known yet."""

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.windows import Window, channels_of
from cryptoforecast.evaluation.distribution.quantile_columns import RISE
from cryptoforecast.evaluation.forecasts import finite
from cryptoforecast.models.contract.checks import require_bars
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from cryptoforecast.models.contract.following import fit_rung_alone
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
    fit_rung_alone(forecaster, data)
    return pd.concat([_next_closes(forecaster, series, data) for series in data.series], ignore_index=True)


def _next_closes(forecaster: Forecaster, series: CloseSeries, data: CloseDataModule) -> pd.DataFrame:
    closes, steps = series.closes, np.arange(1, forecaster.horizon + 1)
    columns = forecaster.columns if set(forecaster.columns) <= set(data.columns) else data.columns
    context = torch.from_numpy(channels_of(series, columns)[-forecaster.context_length :])
    with evaluation_mode(forecaster, "cpu"), torch.inference_mode():
        require_bars(forecaster, context.unsqueeze(0))
        window = _last_window(forecaster, series, data, context)
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


def _last_window(forecaster: Forecaster, series: CloseSeries, data: CloseDataModule, context: Tensor) -> Window:
    """The window that ends with the last bar of a series, whose targets are unknown."""
    number = [str(member.closes.name) for member in data.series].index(str(series.closes.name))
    base = forecaster.output_head.base
    unknown = torch.full((1, forecaster.horizon), torch.nan, dtype=torch.float64)
    origin = torch.tensor([series.closes.index[-1].value])
    state = None if base is None else torch.from_numpy(base.rung.follow(data.bars()[number])[-1:])
    return Window(context.unsqueeze(0), unknown, origin, torch.tensor([number]), state)
