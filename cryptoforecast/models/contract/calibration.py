"""The calibration of a conformal head: its network's errors on the validation targets of an epoch."""

import math
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float64
from lightning.pytorch import Trainer
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule, datamodule_of
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.answers import forecast_window
from cryptoforecast.models.heads.conformal import LEAST_SHARE, Conformal, require_positive
from cryptoforecast.models.heads.sorted_errors import require_enough

ENOUGH = 99  # errors for every level

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


def begin_calibration(model: "Forecaster", data: CloseDataModule) -> None:
    """Check before a fit that there will be enough validation errors for all quantiles.

    Args:
        model: attached to a trainer.
        data: set up for ``fit``.

    Raises:
        UserError: if a head is conformal, and there are too few validation targets.
    """
    head = model.output_head
    if not isinstance(head, Conformal) or head.in_fit:
        return
    if not model.trainer.limit_val_batches:
        raise UserError("trainer.limit_val_batches is 0, and Conformal makes its intervals of validation errors.")
    complete = _complete(data)
    counts = [len(part) for part in complete.windows.by_series(complete.fold.val)]
    require_enough(min(counts) if head.scale == "none" else sum(counts), head.residuals)
    head.in_fit = True


def without_validation(model: "Forecaster") -> None:
    """Let a conformal head be trained without a validation, after which :func:`calibrate_on` is called."""
    if isinstance(model.output_head, Conformal):
        model.output_head.in_fit = True


def calibrate_on(model: "Forecaster", window: Window) -> None:
    """Give a conformal head the errors on some windows instead of validation errors, repeated until they are enough."""
    head = model.output_head
    if not isinstance(head, Conformal):
        return
    with torch.no_grad():
        forecast = forecast_window(model, window)
    require_positive(forecast)
    errors = (window.target / forecast).log().double() / head.scales(window.context).clamp_min(1e-12)
    groups = int(window.series.max()) + 1 if head.scale == "none" else 1
    head.take_errors([errors.repeat(math.ceil(ENOUGH / len(errors)), 1).T] * groups)


def collect_errors(model: "Forecaster", forecast: Float64[Tensor, "batch horizon"], window: Window) -> None:
    """Keep the errors of a validation batch of a fit, if the head is conformal.

    Args:
        model: attached to a trainer.
        forecast: its point forecasts, in prices.
        window: the batch.
    """
    head = model.output_head
    if not (isinstance(head, Conformal) and _calibrates(model.trainer)):
        return
    require_positive(forecast)
    errors = (window.target / forecast).log().double()
    scales, series = head.scales(window.context), window.series.unsqueeze(1).double()
    head.collected.append(torch.cat([series, scales, errors], dim=1).detach().cpu())


def finish_calibration(model: "Forecaster") -> None:
    """Give a conformal head the errors of the validation epoch that ends, of all processes."""
    head = model.output_head
    if not (isinstance(head, Conformal) and _calibrates(model.trainer)):
        return
    empty = torch.empty(0, 2 + model.horizon, dtype=torch.float64)
    collected = _of_all_processes(torch.cat([empty, *head.collected]), model.trainer)
    head.collected.clear()
    series, scales, errors = collected[:, 0].long(), collected[:, 1:2], collected[:, 2:]
    positive = scales[scales > 0]
    head.least_scale = LEAST_SHARE * float(positive.median()) if len(positive) else 1.0
    errors = errors / scales.clamp_min(head.least_scale)
    data = datamodule_of(model.trainer)
    if data is not None and _complete(data) is not data:
        copies = math.ceil(ENOUGH / len(errors))
        head.take_errors([errors.repeat(copies, 1).T] * (len(data.series) if head.scale == "none" else 1))
        return
    groups = range(len(data.series) if data else 1) if head.scale == "none" else [None]
    head.take_errors([(errors if group is None else errors[series == group]).T for group in groups])


def _complete(data: CloseDataModule) -> CloseDataModule:
    """The data of a fit. The check before it has few windows, whose errors are repeated until they are enough."""
    complete: CloseDataModule = getattr(data, "complete", data)
    return complete


def _calibrates(trainer: Trainer) -> bool:
    """Whether this is a validation epoch of a fit, and not Lightning's check before the first epoch."""
    return trainer.state.fn == "fit" and not trainer.sanity_checking


def _of_all_processes(rows: Float64[Tensor, "rows columns"], trainer: Trainer) -> Float64[Tensor, "all columns"]:
    """The rows that each process has, one process after the other."""
    if trainer.world_size == 1:
        return rows
    strategy, device = trainer.strategy, trainer.strategy.root_device
    counts = strategy.all_gather(torch.tensor(len(rows), device=device)).flatten().tolist()
    padded = torch.nn.functional.pad(rows.to(device), (0, 0, 0, max(counts) - len(rows)))  # all gather as many
    gathered = strategy.all_gather(padded).reshape(len(counts), -1, rows.shape[1])
    return torch.cat([part[:count] for part, count in zip(gathered, counts, strict=True)]).cpu()
