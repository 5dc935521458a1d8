"""Forecast rows: the table of forecasts and actual closes that all judging reads."""

from typing import Literal

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int64
from torch import Tensor

from cryptoforecast.data.batches import BatchOrder
from cryptoforecast.data.datamodule import EVAL_BATCH_SIZE, CloseDataModule
from cryptoforecast.data.windows import WindowDataset, to_device
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS, RISE
from cryptoforecast.evaluation.quantity import note_quantity
from cryptoforecast.evaluation.rows import COLUMNS, to_csv
from cryptoforecast.models.contract.checks import require_bars, require_target
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.contract.inference import evaluation_mode
from cryptoforecast.models.contract.learned import require_fitted_estimator
from cryptoforecast.models.forecaster import Forecaster

__all__ = ["COLUMNS", "DISTRIBUTION_COLUMNS", "forecast_rows", "to_csv"]

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
        notes the split, whether the closes are simulated, and what they are if not prices, which :func:`judge` reads.

    Raises:
        UserError: if a forecast is not finite, the model has another horizon or context_length than the windows, or a
            ``fit`` that was not called.

    >>> from cryptoforecast import RandomWalk, SimulatedSource
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> rows = forecast_rows(RandomWalk(context_length=20), data, "test")
    >>> len(rows), bool((rows["forecast"] == rows["last"]).all()), rows.attrs
    (10, True, {'split': 'test', 'simulated': True})
    """
    if isinstance(windows, CloseDataModule):
        data, (windows, numbers) = windows, chosen_windows(windows, positions)
        windows = follow(forecaster, data)
        rows = forecast_rows(forecaster, windows, numbers, device, fold)
        rows.attrs = {"split": positions if isinstance(positions, str) else "test", "simulated": data.simulated}
        note_quantity(rows, data.series[0].quantity)
        return rows
    if isinstance(positions, str):
        raise UserError(f"{positions} is a set of a data module's windows; give forecast_rows the data module itself.")
    require_fitted_estimator(forecaster)
    horizon, count = windows.horizon, len(positions)
    # Allocated before the loop: tensors kept from each batch would fragment the memory.
    forecasts, targets = torch.empty(2, count, horizon, dtype=torch.float64)
    lasts, origins = torch.empty(count, dtype=torch.float64), torch.empty(count, dtype=torch.int64)
    times = torch.empty(count, horizon, dtype=torch.int64)
    distributions = None  # until a batch has one
    rises: list[Tensor] = []
    order = BatchOrder(positions, EVAL_BATCH_SIZE)
    with evaluation_mode(forecaster, device), torch.inference_mode():
        for number, batch in enumerate(order):
            window, share = windows[batch], slice(order.share(number).start, order.share(number).stop)
            moved = to_device(window, torch.device(device))
            require_target(forecaster, window.target)
            require_bars(forecaster, moved.context)
            forecasts[share], distribution, rise = forecast_with_distribution(forecaster, moved)
            if distribution is not None:
                if distributions is None:
                    distributions = torch.empty(count, horizon, len(DISTRIBUTION_COLUMNS), dtype=torch.float64)
                further = torch.stack([distribution.pit, distribution.log_density], dim=-1)
                distributions[share] = torch.cat([distribution.quantiles, further], dim=-1)
            if rise is not None:
                rises.append(rise.cpu())
            targets[share], lasts[share], origins[share] = window.target, window.context[:, -1, 0], window.origin
            times[share] = windows.target_times(batch)
    rows = pd.DataFrame(
        {
            "series": np.array(windows.names)[windows.series_of(positions).repeat_interleave(horizon).numpy()],
            "model": type(forecaster).__name__,
            "fold": fold,
            "origin": _utc(origins.repeat_interleave(horizon)),
            "step": np.tile(np.arange(1, horizon + 1), count),
            "timestamp": _utc(times.flatten()),
            "last": lasts.repeat_interleave(horizon).numpy(),
            "forecast": finite(forecaster, forecasts).flatten().numpy(),
            "actual": targets.flatten().numpy(),
        },
        columns=COLUMNS,
    )
    if rises:
        rows[RISE] = torch.cat(rises).flatten().numpy()
    if distributions is None:
        return rows
    further = pd.DataFrame(distributions.flatten(0, 1).numpy(), columns=DISTRIBUTION_COLUMNS)
    return pd.concat([rows, further], axis="columns")


def chosen_windows(
    data: CloseDataModule, positions: Int64[Tensor, " windows"] | Split
) -> tuple[WindowDataset, Int64[Tensor, " windows"]]:
    """The windows of a data module, which is set up if necessary, and the numbers of those in a set."""
    if isinstance(positions, str) and positions not in STAGES:
        raise UserError(f"{positions!r} is no set of windows; there are {', '.join(STAGES)}.")
    data.setup(STAGES[positions] if isinstance(positions, str) else "validate")
    return data.windows, getattr(data.fold, positions) if isinstance(positions, str) else positions


def finite(forecaster: Forecaster, forecasts: Tensor) -> Tensor:
    """The forecasts, if all of them are finite.

    Raises:
        UserError: naming the model.
    """
    if not forecasts.isfinite().all():
        learned = any(True for _ in forecaster.parameters())
        reason = "its training diverged." if learned else "its forecast must be a number for every window."
        raise UserError(f"{type(forecaster).__name__} forecasts numbers that are not finite; {reason}")
    return forecasts


def _utc(nanoseconds: torch.Tensor) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(nanoseconds.numpy().view("datetime64[ns]"), tz="UTC")
