"""A loss that is no number ends training, before weights that are none are kept."""

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

EVERY = 50  # batches between two looks, where looking makes a device wait


class Seen(NamedTuple):
    """A batch that was learned from: its loss, and what is to be said of it if that is no number."""

    loss: Tensor
    place: str
    rate: float | Tensor
    window: Window | None


class FiniteLoss(Callback):
    """Ends training where the loss is NaN or infinite, naming the step, the learning rate and the batch's windows.

    On the CPU each loss is looked at at once. A GPU would have to be waited for, so there losses are gathered and
    looked at now and then, at the end of an epoch, and before a checkpoint is written.
    """

    def __init__(self) -> None:
        self._seen: list[Seen] = []

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Note a batch's loss, whatever training step gave it, and look if it is time to."""
        loss, at_once = outputs.get("loss") if isinstance(outputs, dict) else outputs, _at_once(trainer, pl_module)
        if isinstance(loss, Tensor) and not (at_once and _is_finite(loss)):
            place = f"step {trainer.global_step:,} (epoch {trainer.current_epoch}, batch {batch_idx})"
            window = batch._replace(context=loss, target=loss) if isinstance(batch, Window) else None  # not to keep it
            self._seen.append(Seen(loss.detach(), place, learning_rate_of(trainer), window))
        if self._seen if at_once else (batch_idx + 1) % EVERY == 0:  # at_once: there is no other process to wait for
            self._look(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Look at the last losses of an epoch."""
        self._look(trainer)

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Look before a checkpoint is written."""
        self._look(trainer)

    def _look(self, trainer: Trainer) -> None:
        """See that all losses since the last look are numbers; all processes look together, and end together."""
        seen, self._seen = self._seen, []
        finite = torch.stack([one.loss.float().mean() for one in seen]).isfinite().tolist() if seen else []
        wrong = [one for one, good in zip(seen, finite, strict=True) if not good]
        if trainer.world_size > 1 and not trainer.strategy.reduce_boolean_decision(not wrong):
            wrong = wrong or [
                Seen(torch.tensor(torch.nan), "a step of another process", learning_rate_of(trainer), None)
            ]
        if wrong:
            raise UserError(_say(trainer, wrong[0]))


def _at_once(trainer: Trainer, module: LightningModule) -> bool:
    return module.device.type == "cpu" and trainer.world_size == 1


def _is_finite(loss: Tensor) -> bool:
    return math.isfinite(loss.item()) if loss.numel() == 1 else bool(loss.isfinite().all())


def _say(trainer: Trainer, wrong: Seen) -> str:
    sentence = (
        f"the training loss is {wrong.loss.float().mean().item()} at {wrong.place}, learning rate {float(wrong.rate):g}"
    )
    if wrong.window is not None:
        first, last = (pd.Timestamp(int(time), tz="UTC") for time in wrong.window.origin.aminmax())
        numbers, data = torch.unique(wrong.window.series).tolist(), datamodule_of(trainer)
        names = [data.windows.names[number] if data else f"series {number}" for number in numbers]
        sentence += f", on windows of {', '.join(names)} with origins from {say_time(first)} to {say_time(last)}"
    return f"{sentence}; {ADVICE}"
