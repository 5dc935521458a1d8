"""Optimizers and learning rate schedulers, made from a model's settings."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.cli import ReduceLROnPlateau
from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR

from cryptoforecast.data.batches import WindowLoader
from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.errors import UserError, first_sentence
from cryptoforecast.user_code.exception_origin import is_raised_by_user

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

FINDER_HPARAM = "learning_rate"  # the hyperparameter that Lightning's learning rate finder sets
STEPWISE_SCHEDULERS = (OneCycleLR, CyclicLR)
FUSED_OPTIMIZERS = (Adam, AdamW, SGD)
OF_THE_KERNEL = ("fused", "foreach")  # arguments of an optimizer that change how it computes, and not what


def optimizers_and_schedulers(model: "Forecaster") -> Any:
    """What ``configure_optimizers`` returns: the optimizer of all weights, and its scheduler if there is one.

    None, and manual optimization, for a model without weights to learn.

    Raises:
        UserError: if an argument of theirs is invalid, or a scheduler counts fewer steps than the fit takes.
    """
    if not model._learns():
        if trainer_of(model) is not None:  # Lightning refuses to clip gradients where this is set before a fit
            model.automatic_optimization = False
        return None
    learning = build("optimizer", model._optimizer, model.parameters())
    use_fused_kernel(learning)
    _take_found_rate(model, learning)
    if model._scheduler is None:
        return learning
    moving = build("scheduler", model._scheduler, learning)
    config = {"scheduler": moving, "interval": model._scheduler_interval or _interval(moving, trainer_of(model))}
    if isinstance(moving, ReduceLROnPlateau):
        config["monitor"] = moving.monitor
    return {"optimizer": learning, "lr_scheduler": config}


def is_same_optimizer(first: Optimizer, second: Optimizer) -> bool:
    """Whether two optimizers are of the same class and made with the same arguments."""
    arguments = [
        {name: value for name, value in optimizer.defaults.items() if name not in OF_THE_KERNEL}
        for optimizer in (first, second)
    ]
    return type(first) is type(second) and arguments[0] == arguments[1]


def is_usual_optimizer(optimizer: Optimizer) -> bool:
    """Whether an optimizer is the one that is used where none is chosen: Adam with its own arguments."""
    return is_same_optimizer(optimizer, Adam([nn.Parameter(torch.zeros(1))]))


def trainer_of(model: LightningModule) -> Trainer | None:
    """The trainer that a model is attached to; None if it is attached to none."""
    try:
        return model.trainer
    except RuntimeError:
        return None


def is_finished(scheduler: Any) -> bool:
    """Whether a OneCycleLR has reached its last rate, which is that of step ``total_steps - 1``, counted from 0."""
    return isinstance(scheduler, OneCycleLR) and scheduler.last_epoch >= scheduler.total_steps - 1


def _take_found_rate(model: LightningModule, optimizer: Optimizer) -> None:
    """Let Lightning's learning rate finder read and set the optimizer's rate, through a hyperparameter of the model.

    A model that has this hyperparameter as an argument uses it by itself.
    """
    if FINDER_HPARAM in model.hparams_initial:
        return
    if (found := model.hparams.get(FINDER_HPARAM)) is not None:
        for group in optimizer.param_groups:
            group["lr"] = found
    elif len(optimizer.param_groups) == 1:
        model.hparams[FINDER_HPARAM] = None


def _interval(scheduler: Any, trainer: Trainer | None) -> str:
    """``step`` or ``epoch``: what a scheduler counts.

    Raises:
        UserError: if it counts fewer steps than the fit takes; torch raises an error beyond them.
    """
    parts = getattr(scheduler, "_schedulers", [scheduler])  # of SequentialLR and ChainedScheduler
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
    """The number of optimizer steps of a fit; 0 where it cannot be known beforehand.

    ``trainer.estimated_stepping_batches`` would set up the loaders before it is known where in an epoch a fit goes on.
    """
    data = None if trainer is None else datamodule_of(trainer)
    if trainer is None or data is None or trainer.max_epochs in (None, -1):
        return 0
    batches, limit = len(data.train_dataloader()), trainer.limit_train_batches
    batches = min(batches, limit) if isinstance(limit, int) else int(batches * limit)
    steps = math.ceil(batches / trainer.accumulate_grad_batches) * (trainer.max_epochs or 0)
    return steps if trainer.max_steps == -1 else min(steps, trainer.max_steps)


def build(setting: str, factory: Callable[[Any], Any], argument: Any) -> Any:
    """What ``factory(argument)`` returns, with errors of torch as UserError.

    Args:
        setting: ``optimizer`` or ``scheduler``, for errors.
        factory: makes it.
        argument: the weights, or the optimizer.

    Raises:
        UserError: with torch's sentence on an invalid setting.
    """
    try:
        return factory(argument)
    except UserError:
        raise
    except Exception as problem:  # torch raises errors of many kinds
        if is_raised_by_user(problem):
            raise
        raise UserError(f"model.{setting}: {first_sentence(problem)}") from None


def use_fused_kernel(optimizer: Optimizer) -> None:
    """Set ``fused`` for weights on the CPU, where one kernel is faster than a dozen operations for each weight.

    A ``fused`` or ``foreach`` that was set stays; on a GPU torch chooses a fast implementation by itself.
    """
    for group in optimizer.param_groups if type(optimizer) in FUSED_OPTIMIZERS else ():
        usual = not any(group.get(name) for name in ("capturable", "differentiable"))
        undecided = group.get("fused") is None and group.get("foreach") is None
        fitting = all(weights.device.type == "cpu" and weights.is_floating_point() for weights in group["params"])
        if usual and undecided and fitting:
            group["fused"] = True


def batch_weight(trainer: Trainer, batch_index: int) -> float:
    """The weight of this process's mean loss of a batch in the gradient; 1 unless processes share batches.

    Processes average their gradients evenly, also where one has more windows of the batch than another.
    """
    loader = trainer.train_dataloader if trainer.world_size > 1 else None
    return loader.sampler.weight(batch_index) if isinstance(loader, WindowLoader) else 1.0
