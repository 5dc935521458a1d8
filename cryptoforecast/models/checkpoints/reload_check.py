"""The check that a model forecasts the same after it was saved to a checkpoint and loaded again."""

import io
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64, Int64
from lightning.fabric.plugins import CheckpointIO
from lightning.pytorch import Trainer
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.windows import to_device
from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.file import checkpoint_of
from cryptoforecast.models.checkpoints.load import load_weights, make_forecaster
from cryptoforecast.models.contract.distribution import forecast_with_distribution
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.contract.inference import evaluation_mode, random_state_kept
from cryptoforecast.models.forecaster import Forecaster

NUM_WINDOWS = 32  # whose forecasts are compared
RELATIVE_TOLERANCE = 1e-5  # compiled code and other precisions round differently; a lost weight changes more


def require_reloadable(trainer: Trainer, model: Forecaster, data: CloseDataModule) -> None:
    """Check that a model forecasts the same after a round trip through a checkpoint in memory.

    Args:
        trainer: has trained the model, in one process.
        model: the trained model.
        data: its training data, set up.

    Raises:
        UserError: if its checkpoint cannot be loaded, or the loaded model forecasts something else.
    """
    name = type(model).__name__
    reloaded = _load(_checkpoint(trainer), name)
    positions, device = data.fold.train[-NUM_WINDOWS:], trainer.strategy.root_device
    before, repeated = (_forecasts(model, data, positions, device) for _ in range(2))
    if not before.isfinite().all():
        raise UserError(f"{name} forecasts numbers that are not finite, though its weights are.")
    if not _alike(before, repeated):  # not deterministic, which audit reports
        return
    after = _forecasts(reloaded, data, positions, device)
    if not _alike(before, after):
        worst = int((before - after).abs().div(before.abs()).argmax())
        first, second = before.flatten()[worst].item(), after.flatten()[worst].item()
        raise UserError(
            f"{name} forecasts {first:.6g}, and {second:.6g} once its checkpoint is "
            "read again: something that it has learned is in no checkpoint. Keep it as nn.Parameter, with "
            "self.register_buffer, or in get_extra_state and set_extra_state; a model with a fit assigns it there."
        )


class _InMemory(CheckpointIO):
    """Saves a checkpoint to memory instead of a file."""

    def __init__(self) -> None:
        self.file = io.BytesIO()

    def save_checkpoint(self, checkpoint: dict[str, Any], path: Any, storage_options: Any = None) -> None:
        torch.save(checkpoint, self.file)

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = True) -> dict[str, Any]:
        self.file.seek(0)
        content: dict[str, Any] = torch.load(self.file, map_location="cpu", weights_only=True)
        return content

    def remove_checkpoint(self, path: Any) -> None:
        self.file = io.BytesIO()


def _checkpoint(trainer: Trainer) -> _InMemory:
    strategy, memory = trainer.strategy, _InMemory()
    usual, strategy.checkpoint_io = strategy.checkpoint_io, memory
    try:
        trainer.save_checkpoint("in memory.ckpt", weights_only=False)
    finally:
        strategy.checkpoint_io = usual
    return memory


def _load(written: _InMemory, name: str) -> Forecaster:
    """The forecaster of a checkpoint in memory.

    Raises:
        UserError: saying what the model must change so that its checkpoints can be loaded.
    """
    try:
        content = written.load_checkpoint(None)
    except Exception:  # torch raises errors of many kinds
        raise UserError(
            f"No checkpoint of {name} could be read again: it would hold more than numbers, texts and tensors. Keep "
            "nothing else in on_save_checkpoint, get_extra_state and the optimizer."
        ) from None
    if "cryptoforecast" not in content:
        raise UserError(
            f"{name}.on_save_checkpoint leaves out what makes the model again; begin it with "
            "super().on_save_checkpoint(checkpoint)."
        )
    checkpoint = checkpoint_of(content, Path(f"a checkpoint of {name}"))
    reloaded = make_forecaster(checkpoint.model, str(checkpoint.path))
    try:
        load_weights(reloaded, checkpoint)
    except UserError:
        raise UserError(
            f"{name} cannot be made again by its arguments alone, so no checkpoint of it can be read."
        ) from None
    return reloaded.eval()


def _forecasts(
    model: Forecaster, data: CloseDataModule, positions: Int64[Tensor, " windows"], device: torch.device
) -> Float64[Tensor, "windows numbers"]:
    """Point forecasts and, of a model with a distribution, its quantiles."""
    window = to_device(follow(model, data)[positions], device)
    with random_state_kept(), evaluation_mode(model, device), torch.inference_mode():
        for seed in (torch.manual_seed, np.random.seed, random.seed):  # a model may use random numbers
            seed(0)
        point, distribution, _ = forecast_with_distribution(model, window)
    quantiles = [] if distribution is None else [distribution.quantiles.flatten(1)]
    return torch.cat([point, *quantiles], dim=1).double().cpu()


def _alike(first: Tensor, second: Tensor) -> bool:
    return torch.allclose(first, second, rtol=RELATIVE_TOLERANCE, atol=0.0)
