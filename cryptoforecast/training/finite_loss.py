"""End training where the loss is NaN or infinite, before such weights are saved."""

import math
from typing import Any, NamedTuple

import pandas as pd
import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.data.times import say_time
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.finite_weights import ADVICE, learning_rate_of

CHECK_EVERY = 50  # batches, where a check has to wait for the device


class Seen(NamedTuple):
    """A training batch: its loss, and what an error names if the loss is not finite."""

    loss: Tensor
    place: str
    rate: float | Tensor
    window: Window | None


class FiniteLoss(Callback):
    """Ends training where the loss is NaN or infinite, naming the step, the learning rate and the batch's windows.

    On the CPU each loss is checked at once. On a GPU a check has to wait for the device, so there losses are collected
    and checked every 50 batches, at the end of an epoch, and before a checkpoint is written.
    """

    def __init__(self) -> None:
        self._seen: list[Seen] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Store the loss that the training step returned, and check it if a check is due."""
        loss, at_once = outputs.get("loss") if isinstance(outputs, dict) else outputs, _at_once(trainer, pl_module)
        if isinstance(loss, Tensor) and not (at_once and _is_finite(loss)):
            place = f"step {trainer.global_step:,} (epoch {trainer.current_epoch}, batch {batch_idx})"
            without_bars = batch._replace(context=loss, target=loss) if isinstance(batch, Window) else None
            self._seen.append(Seen(loss.detach(), place, learning_rate_of(trainer), without_bars))
        if self._seen if at_once else (batch_idx + 1) % CHECK_EVERY == 0:  # a check at once involves no other process
            self._check_losses(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Check the last losses of an epoch."""
        self._check_losses(trainer)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Check before a checkpoint is written."""
        self._check_losses(trainer)

    def _check_losses(self, trainer: Trainer) -> None:
        """Check the losses since the last check; all processes take part, and all raise if one of them must."""
        seen, self._seen = self._seen, []
        finite = torch.stack([batch.loss.float().mean() for batch in seen]).isfinite().tolist() if seen else []
        wrong = [batch for batch, good in zip(seen, finite, strict=True) if not good]
        if trainer.world_size > 1 and not trainer.strategy.reduce_boolean_decision(not wrong):
            wrong = wrong or [
                Seen(torch.tensor(torch.nan), "a step of another process", learning_rate_of(trainer), None)
            ]
        if wrong:
            raise UserError(_sentence(trainer, wrong[0]))


def _at_once(trainer: Trainer, module: LightningModule) -> bool:
    return module.device.type == "cpu" and trainer.world_size == 1


def _is_finite(loss: Tensor) -> bool:
    return math.isfinite(loss.item()) if loss.numel() == 1 else bool(loss.isfinite().all())


def _sentence(trainer: Trainer, wrong: Seen) -> str:
    sentence = (
        f"the training loss is {wrong.loss.float().mean().item()} at {wrong.place}, learning rate {float(wrong.rate):g}"
    )
    if wrong.window is not None:
        first, last = (pd.Timestamp(int(time), tz="UTC") for time in wrong.window.origin.aminmax())
        numbers, data = torch.unique(wrong.window.series).tolist(), datamodule_of(trainer)
        names = [data.windows.names[number] if data else f"series {number}" for number in numbers]
        sentence += f", on windows of {', '.join(names)} with origins from {say_time(first)} to {say_time(last)}"
    return f"{sentence}; {ADVICE}"
