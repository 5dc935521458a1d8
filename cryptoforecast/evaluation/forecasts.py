"""Forecast rows: the table of forecasts and actual closes that all judging reads."""

from typing import Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64
from torch import Tensor

from cryptoforecast.data.batches import BatchOrder
from cryptoforecast.data.datamodule import EVAL_BATCH_SIZE, CloseDataModule
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.windows import WindowDataset, channels_of, to_device
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.rows import COLUMNS, to_csv
from cryptoforecast.models.baselines import BASELINES
from cryptoforecast.models.contract.checks import require_bars, require_forecast, require_target
from cryptoforecast.models.contract.inference import evaluation_mode
from cryptoforecast.models.forecaster import Forecaster

__all__ = ["COLUMNS", "forecast_rows", "next_closes", "rows_beside_baselines", "to_csv"]

Split = Literal["train", "val", "test"]
STAGES = {"train": "fit", "val": "validate", "test": "test"}  # of a data module, by set of windows


def forecast_rows(
    forecaster: Forecaster,
    windows: WindowDataset | CloseDataModule,
    positions: Int64[Tensor, " windows"] | Split = "test",
    device: str | torch.device = "cpu",
    fold: int = 0,
) -> pd.DataFrame:
    """Forecasts of windows beside the actual closes.

    Args:
        forecaster: the model.
        windows: a data module, or windows of one or several series.
        positions: which windows: of a data module ``train``, ``val`` or ``test``, else their numbers.
        device: where to compute.
        fold: number of the fold that the windows belong to, for the column ``fold``.

    Returns:
        One row per origin and step, series by series, in time order, with the columns ``series, model, fold, origin,
        step, timestamp, last, forecast, actual``. Times are in UTC, prices in the series' currency: ``last`` is the
        last close of the context, ``forecast`` and ``actual`` are of ``timestamp``. For a data module, ``rows.attrs``
        notes the split and whether the closes are simulated, which :func:`judge` reads.

    Raises:
        UserError: if a forecast is not finite, or the model has another horizon or context_length than the windows.

    >>> from cryptoforecast import RandomWalk, SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> rows = forecast_rows(RandomWalk(context_length=20), data, "test")
    >>> len(rows), bool((rows["forecast"] == rows["last"]).all()), rows.attrs
    (10, True, {'split': 'test', 'simulated': True})
    """
    if isinstance(windows, CloseDataModule):
        data, (windows, numbers) = windows, _chosen_windows(windows, positions)
        rows = forecast_rows(forecaster, windows, numbers, device, fold)
        rows.attrs = {"split": positions if isinstance(positions, str) else "test", "simulated": data.simulated}
        return rows
    if isinstance(positions, str):
        raise UserError(f"{positions} is a set of a data module's windows; give forecast_rows the data module itself.")
    horizon, count = windows.horizon, len(positions)
    # Allocated before the loop: tensors kept from each batch would fragment the memory.
    forecasts, targets = torch.empty(2, count, horizon, dtype=torch.float64)
    lasts, origins = torch.empty(count, dtype=torch.float64), torch.empty(count, dtype=torch.int64)
    times = torch.empty(count, horizon, dtype=torch.int64)
    order = BatchOrder(positions, EVAL_BATCH_SIZE)
    with evaluation_mode(forecaster, device), torch.inference_mode():
        for number, batch in enumerate(order):
            window, share = windows[batch], slice(order.share(number).start, order.share(number).stop)
            moved = to_device(window, torch.device(device))
            require_target(forecaster, window.target)
            forecasts[share] = _forecast(forecaster, moved.context)
            targets[share], lasts[share], origins[share] = window.target, window.context[:, -1, 0], window.origin
            times[share] = windows.target_times(batch)
    return pd.DataFrame(
        {
            "series": np.array(windows.names)[windows.series_of(positions).repeat_interleave(horizon).numpy()],
            "model": type(forecaster).__name__,
            "fold": fold,
            "origin": _utc(origins.repeat_interleave(horizon)),
            "step": np.tile(np.arange(1, horizon + 1), count),
            "timestamp": _utc(times.flatten()),
            "last": lasts.repeat_interleave(horizon).numpy(),
            "forecast": _finite(forecaster, forecasts).flatten().numpy(),
            "actual": targets.flatten().numpy(),
        },
        columns=COLUMNS,
    )


def _chosen_windows(
    data: CloseDataModule, positions: Int64[Tensor, " windows"] | Split
) -> tuple[WindowDataset, Int64[Tensor, " windows"]]:
    """The windows of a data module, which is set up if necessary, and the numbers of those in a set."""
    if isinstance(positions, str) and positions not in STAGES:
        raise UserError(f"{positions!r} is no set of windows; there are {', '.join(STAGES)}.")
    data.setup(STAGES[positions] if isinstance(positions, str) else "validate")
    return data.windows, getattr(data.fold, positions) if isinstance(positions, str) else positions


def rows_beside_baselines(
    forecaster: Forecaster,
    data: CloseDataModule,
    split: Literal["val", "test"],
    device: str | torch.device = "cpu",
    most: int | None = None,
) -> pd.DataFrame:
    """Forecast rows of a model and of each baseline on the same targets.

    Args:
        forecaster: the model; if it is a baseline itself, it is not repeated.
        data: the closes.
        split: which targets.
        device: where to compute.
        most: number of windows at most, from the first on; by default all.

    Returns:
        Rows as :func:`forecast_rows` returns them, those of the model first, which :func:`judge` takes.

    >>> from cryptoforecast import Drift, SimulatedSource, judge
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> rows = rows_beside_baselines(Drift(context_length=20), data, "test")
    >>> rows["model"].unique().tolist(), judge(rows).scores["RandomWalk"]["skill"]
    (['Drift', 'RandomWalk', 'Mean'], 0.0)
    """
    require_name_not_of_baseline(forecaster)
    baselines = [baseline(data.context_length, data.horizon, columns=data.columns) for baseline in BASELINES]
    models = [forecaster, *(baseline for baseline in baselines if type(baseline) is not type(forecaster))]
    windows, positions = _chosen_windows(data, split)
    rows = pd.concat([forecast_rows(model, windows, positions[:most], device) for model in models], ignore_index=True)
    rows.attrs = {"split": split, "simulated": data.simulated}
    return rows


def require_name_not_of_baseline(forecaster: Forecaster) -> None:
    """Check that a model that is no baseline does not have the name of one.

    Raises:
        UserError: naming it.
    """
    name = type(forecaster).__name__
    if name in {baseline.__name__ for baseline in BASELINES} and not isinstance(forecaster, BASELINES):
        raise UserError(f"{name} is the name of a baseline that stands in every table; give your class another.")


def next_closes(forecaster: Forecaster, data: CloseDataModule) -> pd.DataFrame:
    """Forecasts of the closes after the last one of each series.

    Args:
        forecaster: the model.
        data: closes; the last ``context_length`` of each series must be without a gap.

    Returns:
        One row per series and step: ``series, model, origin, step, timestamp, last, forecast``.

    >>> from cryptoforecast import RandomWalk, SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> next_closes(RandomWalk(context_length=20), data)["timestamp"].tolist()
    [Timestamp('2015-04-11 00:00:00+0000', tz='UTC')]
    """
    data.setup("predict")
    return pd.concat([_next_closes(forecaster, series, data) for series in data.series], ignore_index=True)


def _next_closes(forecaster: Forecaster, series: CloseSeries, data: CloseDataModule) -> pd.DataFrame:
    closes, steps = series.closes, np.arange(1, forecaster.horizon + 1)
    columns = forecaster.columns if set(forecaster.columns) <= set(data.columns) else data.columns
    context = torch.from_numpy(channels_of(series, columns)[-forecaster.context_length :])
    with evaluation_mode(forecaster, "cpu"), torch.inference_mode():
        forecast = _finite(forecaster, _forecast(forecaster, context.unsqueeze(0)))
    return pd.DataFrame(
        {
            "series": closes.name,
            "model": type(forecaster).__name__,
            "origin": closes.index[-1],
            "step": steps,
            "timestamp": series.interval.after(closes.index[-1], forecaster.horizon),
            "last": closes.iloc[-1],
            "forecast": forecast[0].numpy(),
        }
    )


def _forecast(forecaster: Forecaster, context: Tensor) -> Tensor:
    require_bars(forecaster, context)
    return require_forecast(forecaster, "forecast", forecaster.forecast(context), context, forecaster.horizon)


def _finite(forecaster: Forecaster, forecasts: torch.Tensor) -> torch.Tensor:
    if not forecasts.isfinite().all():
        learned = any(True for _ in forecaster.parameters())
        reason = "its training diverged." if learned else "its forecast must be a number for every window."
        raise UserError(f"{type(forecaster).__name__} forecasts numbers that are not finite; {reason}")
    return forecasts


def _utc(nanoseconds: torch.Tensor) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(nanoseconds.numpy().view("datetime64[ns]"), tz="UTC")
