"""Whether a model that is read from its checkpoint forecasts as the one that was written."""

import random
import tempfile
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float64, Int64
from lightning.pytorch import Trainer
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.windows import WindowDataset, to_device
from cryptoforecast.errors import UserError
from cryptoforecast.models.answers import require_forecast
from cryptoforecast.models.checkpoint import load_weights, make_forecaster, read_checkpoint
from cryptoforecast.models.evaluating import chance_kept
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.models.lending import lent
from cryptoforecast.models.whole import WholeCheckpoints

COMPARED = 32  # windows
CLOSE_ENOUGH = 1e-5  # of the price: compiled code and other precisions round otherwise, a lost weight moves more


def require_reloadable(trainer: Trainer, model: Forecaster, data: CloseDataModule) -> None:
    """See that a fitted model forecasts the same when it is read from a checkpoint of this moment.

    Args:
        trainer: has fitted the model, in one process.
        model: as it is in memory.
        data: what it was fitted on.

    Raises:
        UserError: if it does not.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "fitted.ckpt")
        trainer.save_checkpoint(file)
        again = read_back(file, type(model).__name__)
    require_same_forecasts(model, again, data.windows, data.fold.train[-COMPARED:], trainer.strategy.root_device)


def read_back(path: Path, name: str) -> Forecaster:
    """The forecaster of a checkpoint that was just written.

    Args:
        path: the file.
        name: of the model's class, for errors.

    Raises:
        UserError: saying what the model must do for its checkpoints to be read again.
    """
    try:
        content = WholeCheckpoints().load_checkpoint(path)
    except Exception:  # whatever torch says of what it does not open
        raise UserError(
            f"No checkpoint of {name} could be read again: it would hold more than numbers, texts and tensors. Keep "
            "nothing else in on_save_checkpoint, get_extra_state and the optimizer."
        ) from None
    if "cryptoforecast" not in content:
        raise UserError(
            f"{name}.on_save_checkpoint leaves out what makes the model again; begin it with "
            "super().on_save_checkpoint(checkpoint)."
        )
    checkpoint = read_checkpoint(path)
    again = make_forecaster(checkpoint.model, f"a checkpoint of {name}")
    try:
        load_weights(again, checkpoint)
    except UserError:
        raise UserError(
            f"{name} cannot be made again by its arguments alone, so no checkpoint of it can be read."
        ) from None
    return again.eval()


def require_same_forecasts(
    model: Forecaster,
    again: Forecaster,
    windows: WindowDataset,
    positions: Int64[Tensor, " windows"],
    device: torch.device,
) -> None:
    """See that a model and what was read from its checkpoint forecast the same.

    Args:
        model: as it is in memory.
        again: as it was read.
        windows: of the closes.
        positions: windows to forecast.
        device: where to compute.

    Raises:
        UserError: if they do not; a model that answers otherwise each time it is asked is left to ``audit``.
    """
    name = type(model).__name__
    held, repeated = (_forecasts(model, windows, positions, device) for _ in range(2))
    if not held.isfinite().all():
        raise UserError(f"{name} forecasts numbers that are not finite, though its weights are.")
    if not _alike(held, repeated):
        return
    read = _forecasts(again, windows, positions, device)
    if not _alike(held, read):
        at = int((held - read).abs().div(held.abs()).amax(dim=1).argmax())
        raise UserError(
            f"{name} forecasts {held[at, 0].item():.6g}, and {read[at, 0].item():.6g} once its checkpoint is read "
            "again: something that it has learned is in no checkpoint. Keep it as nn.Parameter, with "
            "self.register_buffer, or in get_extra_state and set_extra_state."
        )


def _forecasts(
    model: Forecaster, windows: WindowDataset, positions: Int64[Tensor, " windows"], device: torch.device
) -> Float64[Tensor, "windows horizon"]:
    window = to_device(windows[positions], device)
    with chance_kept(), lent(model, device), torch.inference_mode():
        for seed in (torch.manual_seed, np.random.seed, random.seed):  # a model may draw
            seed(0)
        forecast = model.forecast(window.context)
        return require_forecast(model, "forecast", forecast, window.context, model.horizon).double().cpu()


def _alike(first: Tensor, second: Tensor) -> bool:
    return torch.allclose(first, second, rtol=CLOSE_ENOUGH, atol=0.0)
