"""Forecast rows: the one table that everything after a model reads."""

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
STAGES = {"train": "fit", "val": "validate", "test": "test"}  # what sets a data module up for a set of windows


def forecast_rows(
    forecaster: Forecaster,
    windows: WindowDataset | CloseDataModule,
    positions: Int64[Tensor, " windows"] | Split = "test",
    device: str | torch.device = "cpu",
    fold: int = 0,
) -> pd.DataFrame:
    """Forecast windows, and set each forecast beside what came true.

    Args:
        forecaster: the model.
        windows: a data module, or windows of one or several series.
        positions: which to forecast: of a data module ``train``, ``val`` or ``test``, else their numbers.
        device: where to compute.
        fold: number of the fold the positions belong to.

    Returns:
        One row per origin and step, series by series, in time order, with the columns ``series, model, fold,
        origin, step, timestamp, last, forecast, actual``: times in UTC, prices in the series' currency. Of a data
        module, ``rows.attrs`` notes the split, and whether the prices are simulated; :func:`judge` reads it.

    Raises:
        UserError: if the model forecasts numbers that are not finite, or another count of closes than the data.

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
    # Filled in place: small tensors that stay between large ones that go would scatter them over gigabytes.
    forecasts, targets = torch.empty(2, count, horizon, dtype=torch.float64)
    lasts, origins = torch.empty(count, dtype=torch.float64), torch.empty(count, dtype=torch.int64)
    times = torch.empty(count, horizon, dtype=torch.int64)
    order = BatchOrder(positions, EVAL_BATCH_SIZE)
    with evaluation_mode(forecaster, device), torch.inference_mode():
        for number, batch in enumerate(order):
            window, own = windows[batch], slice(order.share(number).start, order.share(number).stop)
            moved = to_device(window, torch.device(device))
            require_target(forecaster, window.target)
            forecasts[own] = _forecast(forecaster, moved.context)
            targets[own], lasts[own], origins[own] = window.target, window.context[:, -1, 0], window.origin
            times[own] = windows.target_times(batch)
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
    """The windows of a data module, which is set up for them if it is not, and the numbers of those in a set."""
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
    """Forecast rows of a model, then of each baseline, on exactly the same targets.

    Args:
        forecaster: the model; if it is a baseline itself, its rows stand once.
        data: the closes.
        split: which targets.
        device: where to compute.
        most: how many of the windows at most, from the first on; by default all.

    >>> from cryptoforecast import Drift, SimulatedSource, judge
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> rows = rows_beside_baselines(Drift(context_length=20), data, "test")
    >>> rows["model"].unique().tolist(), judge(rows).scores["RandomWalk"]["skill"]
    (['Drift', 'RandomWalk', 'Mean'], 0.0)
    """
    require_name_not_of_baseline(forecaster)
    others = [baseline(data.context_length, data.horizon, columns=data.columns) for baseline in BASELINES]
    models = [forecaster, *(other for other in others if type(other) is not type(forecaster))]
    windows, positions = _chosen_windows(data, split)
    rows = pd.concat([forecast_rows(model, windows, positions[:most], device) for model in models], ignore_index=True)
    rows.attrs = {"split": split, "simulated": data.simulated}
    return rows


def require_name_not_of_baseline(forecaster: Forecaster) -> None:
    """Refuse a model by whose name a baseline goes.

    Raises:
        UserError: naming it.
    """
    name = type(forecaster).__name__
    if name in {baseline.__name__ for baseline in BASELINES} and not isinstance(forecaster, BASELINES):
        raise UserError(f"{name} is the name of a baseline that stands in every table; give your class another.")


def next_closes(forecaster: Forecaster, data: CloseDataModule) -> pd.DataFrame:
    """Forecast the closes after the last one there is, of each series.

    Args:
        forecaster: the model.
        data: at least ``context_length`` closes of each series, up to the last without a gap.

    Returns:
        One row per series and step: ``series, model, origin, step, timestamp, last, forecast``.

    >>> from cryptoforecast import RandomWalk, SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> next_closes(RandomWalk(context_length=20), data)["timestamp"].tolist()
    [Timestamp('2015-04-11 00:00:00+0000', tz='UTC')]
    """
    data.setup("predict")
    return pd.concat([_next_closes(forecaster, one, data) for one in data.series], ignore_index=True)


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
