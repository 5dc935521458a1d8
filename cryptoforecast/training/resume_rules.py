"""Which settings may change when a fit is resumed from a checkpoint, and which changes are reported."""

import math
import re
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from lightning.pytorch import Trainer

from cryptoforecast.errors import UserError


class Rule(Enum):
    """Whether a setting may change when a fit is resumed."""

    FREE = "may change; it is not reported"
    NOTED = "may change; it is reported"
    BETWEEN_EPOCHS = "may change between two epochs; it is reported"
    FIXED = "may not change"


RULES = {  # by name; a setting that is not listed may not change
    "seed_everything": Rule.FIXED,  # the order of batches and all random numbers depend on it
    "trainer.max_epochs": Rule.FREE,  # how long to train is the purpose of resuming
    "trainer.min_epochs": Rule.FREE,
    "trainer.max_steps": Rule.FREE,
    "trainer.min_steps": Rule.FREE,
    "trainer.max_time": Rule.FREE,
    "trainer.accelerator": Rule.NOTED,
    "trainer.devices": Rule.NOTED,
    "trainer.precision": Rule.NOTED,
    "trainer.gradient_clip_val": Rule.NOTED,
    "trainer.gradient_clip_algorithm": Rule.NOTED,
    "trainer.accumulate_grad_batches": Rule.BETWEEN_EPOCHS,
    "trainer.limit_train_batches": Rule.BETWEEN_EPOCHS,
    "trainer.limit_val_batches": Rule.NOTED,
    "trainer.val_check_interval": Rule.BETWEEN_EPOCHS,
    "trainer.check_val_every_n_epoch": Rule.BETWEEN_EPOCHS,
    "trainer.reload_dataloaders_every_n_epochs": Rule.NOTED,
    "trainer.callbacks.": Rule.NOTED,  # each of them
    "data.batch_size": Rule.BETWEEN_EPOCHS,
    "data.source": Rule.FREE,  # these three select the closes, which are compared by their hashes
    "data.start": Rule.FREE,
    "data.end": Rule.FREE,
    "data.num_workers": Rule.FREE,
    "data.val_from": Rule.FIXED,  # the best score so far is one on these targets
    "data.test_from": Rule.FIXED,
    "model.optimizer": Rule.FIXED,  # another optimizer cannot use its state
    "model.optimizer.lr": Rule.NOTED,
    "model.optimizer.weight_decay": Rule.NOTED,
    "model.optimizer.betas": Rule.NOTED,
    "model.optimizer.eps": Rule.NOTED,
    "model.optimizer.alpha": Rule.NOTED,
    "model.scheduler": Rule.FIXED,
    "model.scheduler.": Rule.NOTED,  # each of its arguments
}


class Change(NamedTuple):
    """A setting that has changed."""

    name: str
    before: Any
    now: Any

    @property
    def rule(self) -> Rule:
        """Whether it may change."""
        return rule_of(self.name)

    def __str__(self) -> str:
        return f"{self.name} was {_as_text(self.before)} until here, and is {_as_text(self.now)} from here on."


def rule_of(name: str) -> Rule:
    """Whether a setting may change when a fit is resumed."""
    name = _of_the_first(name)
    return RULES.get(name, RULES.get(".".join(name.split(".")[:2]) + ".", Rule.FIXED))


def _of_the_first(name: str) -> str:
    """The name of a setting, without the number of a further optimizer."""
    return re.sub(r"\[\d+\]", "", name)


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """The settings that differ, sorted by name, and optimizers, schedulers and callbacks that were added or removed."""
    things = ("model.optimizer", "model.scheduler")
    added = {name for name in before.keys() ^ now.keys() if _of_the_first(name) in things or name.endswith(")")}
    both = before.keys() & now.keys()
    found = [name for name in both | added if before.get(name) != now.get(name)]
    return [Change(name, before.get(name), now.get(name)) for name in sorted(found)]


def refuse_changes(found: Iterable[Change], path: object, mid_epoch: bool) -> None:
    """Check that a fit may be resumed with the settings that have changed.

    Args:
        found: the changes.
        path: the checkpoint, for the error.
        mid_epoch: whether it was saved in the middle of an epoch.

    Raises:
        UserError: naming the first setting that may not change.
    """
    for change in found:
        was = f"{path}: has {change.name} {_as_text(change.before)}, and now it is {_as_text(change.now)}"
        if change.rule is Rule.FIXED:
            raise UserError(f"{was}; go on with the same, or begin a new fit without ckpt_path.")
        if change.rule is Rule.BETWEEN_EPOCHS and mid_epoch:
            raise UserError(f"{was}; that can change between two epochs, and this is the middle of one.")


def require_length(trainer: Trainer, behind: int, path: object) -> None:
    """Check that a trainer is to train at least as many epochs as a checkpoint has behind it.

    Args:
        trainer: resumes from the checkpoint.
        behind: number of epochs that the checkpoint has behind it.
        path: the checkpoint, for the error.

    Raises:
        UserError: if ``max_epochs`` is less.
    """
    wanted = trainer.max_epochs
    if wanted is not None and 0 <= wanted < behind:
        raise UserError(f"{path}: has {behind} epochs behind it, and trainer.max_epochs is {wanted}; set more.")


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_as_text(member)}' for name, member in value.items())})"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}"
    return "none" if value is None else str(value)
