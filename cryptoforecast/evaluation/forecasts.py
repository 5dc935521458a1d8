"""Forecast rows: the one table that everything after a model reads."""

from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
import torch

from cryptoforecast.data.datamodule import WITHOUT_GRADIENTS, CloseDataModule
from cryptoforecast.data.loader import BatchOrder
from cryptoforecast.data.windows import WindowDataset, to_device
from cryptoforecast.models.baselines import BASELINES
from cryptoforecast.models.forecaster import Forecaster

COLUMNS = ["series", "model", "fold", "origin", "step", "timestamp", "last", "forecast", "actual"]
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def forecast_rows(
    forecaster: Forecaster, windows: WindowDataset, positions: range, device: str | torch.device = "cpu", fold: int = 0
) -> pd.DataFrame:
    """Forecast windows, and set each forecast beside what came true.

    Args:
        forecaster: the model.
        windows: windows of one series.
        positions: the ones to forecast.
        device: where to compute.
        fold: number of the fold the positions belong to.

    Returns:
        One row per origin and step, in time order, with the columns ``series, model, fold, origin, step,
        timestamp, last, forecast, actual``: times in UTC, prices in the series' currency.
    """
    learning = forecaster.training
    forecaster = forecaster.to(device).eval()
    forecasts, targets, lasts, origins, times = [], [], [], [], []
    with torch.inference_mode():
        for batch in BatchOrder(positions, WITHOUT_GRADIENTS):
            window = windows[batch]
            moved = to_device(window, torch.device(device))
            forecasts.append(forecaster.forecast(moved.context).cpu().double())
            targets.append(window.target)
            lasts.append(window.context[:, -1, 0])
            origins.append(window.origin)
            times.append(windows.target_times(batch))
    forecaster.train(learning)
    horizon = windows.horizon
    return pd.DataFrame(
        {
            "series": windows.name,
            "model": type(forecaster).__name__,
            "fold": fold,
            "origin": _utc(torch.cat(origins).repeat_interleave(horizon)),
            "step": np.tile(np.arange(1, horizon + 1), len(positions)),
            "timestamp": _utc(torch.cat(times).flatten()),
            "last": torch.cat(lasts).repeat_interleave(horizon).numpy(),
            "forecast": torch.cat(forecasts).flatten().numpy(),
            "actual": torch.cat(targets).flatten().numpy(),
        },
        columns=COLUMNS,
    )


def rows_beside_baselines(
    forecaster: Forecaster, data: CloseDataModule, split: Literal["val", "test"], device: str | torch.device = "cpu"
) -> pd.DataFrame:
    """Forecast rows of a model, then of each baseline, on exactly the same targets.

    Args:
        forecaster: the model; if it is a baseline itself, its rows stand once.
        data: set up for the split.
        split: which targets.
        device: where to compute.
    """
    others = [baseline(context_length=data.context_length, horizon=data.horizon) for baseline in BASELINES]
    models = [forecaster, *(other for other in others if type(other) is not type(forecaster))]
    positions = getattr(data.fold, split)
    return pd.concat([forecast_rows(model, data.windows, positions, device) for model in models], ignore_index=True)


def next_closes(forecaster: Forecaster, data: CloseDataModule) -> pd.DataFrame:
    """Forecast the closes after the last one there is.

    Args:
        forecaster: the model.
        data: set up for ``predict``; at least ``context_length`` closes.

    Returns:
        One row per step: ``series, model, origin, step, timestamp, last, forecast``.
    """
    closes, horizon = data.series.closes, forecaster.horizon
    context = torch.from_numpy(closes.to_numpy("float64")[-forecaster.context_length :].copy())
    with torch.inference_mode():
        forecast = forecaster.cpu().eval().forecast(context.view(1, -1, 1))
    steps = np.arange(1, horizon + 1)
    return pd.DataFrame(
        {
            "series": closes.name,
            "model": type(forecaster).__name__,
            "origin": closes.index[-1],
            "step": steps,
            "timestamp": closes.index[-1] + steps * data.series.interval,
            "last": closes.iloc[-1],
            "forecast": forecast[0].numpy(),
        }
    )


def to_csv(rows: pd.DataFrame, path: Path | None = None) -> str | None:
    """Rows as CSV, times in ISO 8601, into a file or as a text."""
    text: str | None = rows.to_csv(path, index=False, date_format=TIME_FORMAT)
    return text


def _utc(nanoseconds: torch.Tensor) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(nanoseconds.numpy().view("datetime64[ns]"), tz="UTC")
