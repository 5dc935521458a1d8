"""Apply changed settings to optimizers and schedulers after their states were restored from a checkpoint."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.utilities.types import LRSchedulerConfig
from torch.optim import Optimizer

from cryptoforecast.training.resume_rules import Change

OF_LEARNING = re.compile(r"model\.(optimizer|scheduler)(?:\[(\d+)\])?\.(\w+)")


def apply_changes(found: Iterable[Change], trainer: Trainer, made: Sequence[dict[str, Any]]) -> None:
    """Set changed settings in optimizers and schedulers, in which torch has restored those of the checkpoint.

    Args:
        found: the changed settings.
        trainer: has restored its optimizers and schedulers.
        made: the attributes of each scheduler before it was restored.
    """
    for change in found:
        if not (match := OF_LEARNING.fullmatch(change.name)):
            continue
        number, option = int(match[2] or 0), match[3]
        if match[1] == "scheduler":
            vars(trainer.lr_scheduler_configs[number].scheduler)[option] = made[number][option]
            continue
        optimizer = trainer.optimizers[number]
        values = change.now if _is_by_group(change, optimizer) else [change.now] * len(optimizer.param_groups)
        if option == "lr":
            _set_rates(optimizer, values, trainer.lr_scheduler_configs)
        else:
            for group, value in zip(optimizer.param_groups, values, strict=True):
                group[option] = tuple(value) if isinstance(value, list) else value


def _is_by_group(change: Change, optimizer: Optimizer) -> bool:
    """Whether the new value is a list with one value for each parameter group."""
    groups = optimizer.param_groups
    several = isinstance(change.now, list) and len(groups) > 1 and len(change.now) == len(groups)
    return several and not (change.name.endswith("betas") and not isinstance(change.now[0], list))


def _set_rates(optimizer: Optimizer, rates: Sequence[float], configs: Sequence[LRSchedulerConfig]) -> None:
    """Set initial learning rates by parameter group; the factor by which a scheduler has changed one is kept."""
    for number, (group, rate) in enumerate(zip(optimizer.param_groups, rates, strict=True)):
        began = group.get("initial_lr")
        group["lr"] = float(group["lr"]) / began * rate if began else rate
        if began:
            group["initial_lr"] = rate
        for config in configs:
            scheduler: Any = config.scheduler
            if scheduler.optimizer is optimizer and began and hasattr(scheduler, "base_lrs"):
                scheduler.base_lrs[number] = rate
    for config in configs:
        if config.scheduler.optimizer is optimizer:
            config.scheduler._last_lr = [group["lr"] for group in optimizer.param_groups]
