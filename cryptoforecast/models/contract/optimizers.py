"""What learns, in the quickest of its equal ways, and what moves its learning rate."""

import math
from collections.abc import Callable
from typing import Any, Literal

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import LRSchedulerCallable, OptimizerCallable, ReduceLROnPlateau
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.errors import UserError, first_sentence
from cryptoforecast.user_code.exception_origin import is_raised_by_user

FOUND = "learning_rate"  # the hyperparameter that Lightning's finder sets
STEPWISE_SCHEDULERS = (OneCycleLR, CyclicLR)
FUSED_OPTIMIZERS = (Adam, AdamW, SGD)


def optimizers_and_schedulers(
    model: LightningModule,
    optimizer: OptimizerCallable,
    scheduler: LRSchedulerCallable | None,
    interval: Literal["step", "epoch"] | None,
) -> Any:
    """What ``configure_optimizers`` returns: an optimizer of all weights, and a scheduler where there is one.

    Args:
        model: whose weights are learned.
        optimizer: makes the optimizer.
        scheduler: makes the scheduler of an optimizer.
        interval: when the scheduler moves the learning rate; by default as it counts.

    Raises:
        UserError: if an argument of one of them is none, or a scheduler's count of steps is not that of the training.
    """
    learning = build("optimizer", optimizer, model.parameters())
    use_fused_kernel(learning)
    _take_found_rate(model, learning)
    if scheduler is None:
        return learning
    moving = build("scheduler", scheduler, learning)
    config = {"scheduler": moving, "interval": interval or _interval(moving, trainer_of(model))}
    if isinstance(moving, ReduceLROnPlateau):
        config["monitor"] = moving.monitor
    return {"optimizer": learning, "lr_scheduler": config}


def trainer_of(model: LightningModule) -> Trainer | None:
    """The trainer that a model is attached to; None if it is attached to none."""
    try:
        return model.trainer
    except RuntimeError:
        return None


def is_finished(scheduler: Any) -> bool:
    """Whether a cycle has been gone through: its last rate is that of step ``total_steps - 1``, counted from 0."""
    return isinstance(scheduler, OneCycleLR) and scheduler.last_epoch >= scheduler.total_steps - 1


def _take_found_rate(model: LightningModule, optimizer: Optimizer) -> None:
    """Let a learning rate finder read the rate of the optimizer, and take up what it has set instead.

    Lightning looks for it among a model's hyperparameters. A model that has one of its own sees to it by itself.
    """
    if FOUND in model.hparams_initial:
        return
    if (found := model.hparams.get(FOUND)) is not None:
        for group in optimizer.param_groups:
            group["lr"] = found
    elif len(optimizer.param_groups) == 1:
        model.hparams[FOUND] = None


def _interval(scheduler: Any, trainer: Trainer | None) -> str:
    """Whether a scheduler counts steps or epochs.

    Raises:
        UserError: if it counts fewer steps than training takes, beyond which it would not go.
    """
    parts = getattr(scheduler, "_schedulers", [scheduler])  # several, one after the other or together
    if not any(isinstance(part, STEPWISE_SCHEDULERS) for part in parts):
        return "epoch"
    total, steps = getattr(scheduler, "total_steps", math.inf), _steps_of(trainer)
    if trainer is None or total >= steps:
        return "step"
    if total == trainer.max_epochs:
        return "epoch"
    raise UserError(
        f"model.scheduler.total_steps is {total}, and training takes {steps} steps in {trainer.max_epochs} epochs; set "
        f"it to {steps}, or to {trainer.max_epochs} with model.scheduler_interval epoch."
    )


def _steps_of(trainer: Trainer | None) -> int:
    """How many steps a trainer takes; 0 where that cannot be known beforehand.

    The trainer could tell, and would set up its loaders for it before it knows where in an epoch it goes on.
    """
    data = None if trainer is None else datamodule_of(trainer)
    if trainer is None or data is None or trainer.max_epochs in (None, -1):
        return 0
    batches, limit = len(data.train_dataloader()), trainer.limit_train_batches
    batches = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
    steps = math.ceil(batches / trainer.accumulate_grad_batches) * (trainer.max_epochs or 0)
    return steps if trainer.max_steps == -1 else min(steps, trainer.max_steps)


def build(setting: str, factory: Callable[[Any], Any], of: Any) -> Any:
    """What the factory of an optimizer or a scheduler makes.

    Args:
        setting: ``optimizer`` or ``scheduler``.
        factory: makes it.
        of: what it is made of: weights, or an optimizer.

    Raises:
        UserError: with what torch has to say of an argument.
    """
    try:
        return factory(of)
    except UserError:
        raise
    except Exception as problem:  # of any kind, for torch checks few of them
        if is_raised_by_user(problem):
            raise
        raise UserError(f"model.{setting}: {first_sentence(problem)}") from None


def use_fused_kernel(optimizer: Optimizer) -> None:
    """On a CPU, have all weights moved by one kernel instead of a dozen operations for each, which take longer.

    Whoever has set ``fused`` or ``foreach`` has it as set. On a GPU torch chooses well by itself.
    """
    for group in optimizer.param_groups if type(optimizer) in FUSED_OPTIMIZERS else ():
        usual = not any(group.get(name) for name in ("capturable", "differentiable"))
        undecided = group.get("fused") is None and group.get("foreach") is None
        fitting = all(weights.device.type == "cpu" and weights.is_floating_point() for weights in group["params"])
        if usual and undecided and fitting:
            group["fused"] = True
