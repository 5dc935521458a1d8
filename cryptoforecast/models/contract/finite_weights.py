"""The check that weights are finite before they are saved."""

import torch
from lightning.pytorch import LightningModule, Trainer
from torch import Tensor

from cryptoforecast.errors import UserError

ADVICE = "a lower model.optimizer.lr or a trainer.gradient_clip_val may help. What was saved before is kept."


def require_finite_weights(trainer: Trainer, module: LightningModule) -> None:
    """Check that all weights are finite: a finite loss may have a gradient that is not.

    Raises:
        UserError: naming the first weights that are not.
    """
    weights = dict(module.named_parameters())
    if not weights:
        return
    finite = torch.stack([values.detach().isfinite().all() for values in weights.values()]).tolist()
    if not all(finite):
        raise UserError(
            f"{type(module).__name__}: after step {trainer.global_step:,}, "
            f"learning rate {float(learning_rate_of(trainer)):g}, "
            f"{list(weights)[finite.index(False)]} is not finite; {ADVICE}"
        )


def learning_rate_of(trainer: Trainer) -> float | Tensor:
    """The learning rate of the first parameter group; 0 without an optimizer."""
    rate: float | Tensor = trainer.optimizers[0].param_groups[0]["lr"] if trainer.optimizers else 0.0
    return rate
