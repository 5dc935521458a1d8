"""Weights that are no numbers are not kept."""

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from cryptoforecast.errors import UserError

ADVICE = "a lower model.optimizer.lr or a trainer.gradient_clip_val may help. What was saved before is kept."


def require_finite_weights(trainer: Trainer, module: LightningModule) -> None:
    """See that weights are numbers: a step whose loss was one may have spoilt them.

    Raises:
        UserError: if they must not be kept.
    """
    weights = dict(module.named_parameters())
    if not weights:
        return
    finite = torch.stack([one.detach().isfinite().all() for one in weights.values()]).tolist()
    if not all(finite):
        raise UserError(
            f"{type(module).__name__}: after step {trainer.global_step:,}, "
            f"learning rate {float(learning_rate_of(trainer)):g}, "
            f"{list(weights)[finite.index(False)]} is not finite; {ADVICE}"
        )


def learning_rate_of(trainer: Trainer) -> float | Tensor:
    """The learning rate of the first group of weights."""
    rate: float | Tensor = trainer.optimizers[0].param_groups[0]["lr"] if trainer.optimizers else 0.0
    return rate
