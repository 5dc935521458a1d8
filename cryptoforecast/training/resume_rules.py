"""What may change when a fit goes on from a checkpoint, and what is said of it."""

import inspect
import math
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any, NamedTuple

from lightning.pytorch import Callback, LightningDataModule, Trainer
from lightning.pytorch.callbacks import ModelSummary, ProgressBar, Timer
from torch.optim import Optimizer

from cryptoforecast.errors import UserError
from cryptoforecast.recipe.write import class_path
from cryptoforecast.training.lightning.trainer_state import duration_of


class Rule(Enum):
    """Whether a setting may change when a fit goes on."""

    FREE = "may change, and is in effect without a word"
    NOTED = "may change; it is said"
    BETWEEN_EPOCHS = "may change between two epochs; it is said"
    FIXED = "may not change"


RULES = {  # by name; what is not here may not change
    "seed_everything": Rule.FIXED,  # the order of batches follows from it, and all noise
    "trainer.max_epochs": Rule.FREE,  # how long to train is what going on is about
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
    "data.source": Rule.FREE,  # these three decide which closes there are, and those are compared themselves
    "data.start": Rule.FREE,
    "data.end": Rule.FREE,
    "data.num_workers": Rule.FREE,
    "data.val_from": Rule.FIXED,  # what was best so far was best on those targets
    "data.test_from": Rule.FIXED,
    "model.optimizer": Rule.FIXED,  # what it has gathered is of no use to another
    "model.optimizer.lr": Rule.NOTED,
    "model.optimizer.weight_decay": Rule.NOTED,
    "model.optimizer.betas": Rule.NOTED,
    "model.optimizer.eps": Rule.NOTED,
    "model.optimizer.alpha": Rule.NOTED,
    "model.scheduler": Rule.FIXED,
    "model.scheduler.": Rule.NOTED,  # each of its arguments
}
OF_TRAINER = [name.removeprefix("trainer.") for name in RULES if name.startswith("trainer.")]
MODEL_OR_CLOSES = ("context_length", "horizon", "columns")  # compared with the model
CHOSEN_BY_TORCH = {"params", "fused", "foreach"}
MOVED_BY_SCHEDULERS = {"initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum"}
FOLLOWS_FROM_THE_RATE = {"base_lrs", "_last_lr", "min_lrs"}


class Change(NamedTuple):
    """A setting that is not what it was."""

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
    """Whether a setting may change when a fit goes on."""
    name = _of_the_first(name)
    return RULES.get(name, RULES.get(".".join(name.split(".")[:2]) + ".", Rule.FIXED))


def _of_the_first(name: str) -> str:
    """The name of a setting, without the number of a further optimizer."""
    return re.sub(r"\[\d+\]", "", name)


def settings_of_fit(trainer: Trainer, data: LightningDataModule | None) -> dict[str, Any]:
    """Settings of trainer, callbacks and data that bear on what a fit comes to, in values that a checkpoint may hold.

    Args:
        trainer: its callbacks have not taken up anything yet.
        data: what it is trained on; of ours, the settings are known.
    """
    settings = {f"trainer.{name}": _plain(_of_trainer(trainer, name)) for name in OF_TRAINER if name != "callbacks."}
    for name, callback in callbacks_of(trainer).items():
        settings[name] = class_path(type(callback))
        settings |= {f"{name}.{key.lstrip('_')}": _plain(value) for key, value in arguments_of(callback).items()}
    settings = {name: value for name, value in settings.items() if value is not NotImplemented}
    record = getattr(data, "record", None)
    for name, value in (record()["settings"] if record else {}).items():
        if name not in MODEL_OR_CLOSES:
            settings[f"data.{name}"] = _plain(value)
    return settings


def settings_of_learning(optimizers: Iterable[Optimizer], schedulers: Iterable[Any]) -> dict[str, Any]:
    """Settings of optimizers and schedulers as they were made, before they have learned anything."""
    settings: dict[str, Any] = {}
    for number, optimizer in enumerate(optimizers):
        name = f"model.optimizer{f'[{number}]' if number else ''}"
        settings[name] = f"{class_path(type(optimizer))} of {len(optimizer.param_groups)} groups of weights"
        settings |= {f"{name}.{option}": value for option, value in _options_of(optimizer).items()}
    for number, scheduler in enumerate(schedulers):
        name = f"model.scheduler{f'[{number}]' if number else ''}"
        settings[name] = class_path(type(scheduler))
        settings |= {f"{name}.{option}": value for option, value in scheduler_arguments(scheduler).items()}
    return settings


def changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Change]:
    """What differs, in the order of names; an optimizer, a scheduler or a callback may also have come or gone."""
    things = ("model.optimizer", "model.scheduler")
    added = {name for name in before.keys() ^ now.keys() if _of_the_first(name) in things or name.endswith(")")}
    both = before.keys() & now.keys()
    found = [name for name in both | added if before.get(name) != now.get(name)]
    return [Change(name, before.get(name), now.get(name)) for name in sorted(found)]


def refuse_changes(found: Iterable[Change], path: object, mid_epoch: bool) -> None:
    """See that a fit may go on with what has changed.

    Args:
        found: what has.
        path: the checkpoint, to be named.
        mid_epoch: whether it is from the middle of an epoch.

    Raises:
        UserError: naming the first setting that may not change.
    """
    for change in found:
        was = f"{path}: has {change.name} {_as_text(change.before)}, and now it is {_as_text(change.now)}"
        if change.rule is Rule.FIXED:
            raise UserError(f"{was}; go on with the same, or begin a new fit without ckpt_path.")
        if change.rule is Rule.BETWEEN_EPOCHS and mid_epoch:
            raise UserError(f"{was}; that can change between two epochs, and this is the middle of one.")


def require_length(trainer: Trainer, loops: Mapping[str, Any], path: object) -> None:
    """See that no more epochs are behind than there are to be.

    Raises:
        UserError: if there are.
    """
    behind, wanted = loops["epoch_progress"]["current"]["processed"], trainer.max_epochs
    if wanted is not None and 0 <= wanted < behind:
        raise UserError(f"{path}: has {behind} epochs behind it, and trainer.max_epochs is {wanted}; set more.")


def scheduler_arguments(scheduler: Any) -> dict[str, Any]:
    """What a scheduler keeps that a checkpoint may hold; as it was made, these are its arguments."""
    kept = {name: _plain(value) for name, value in vars(scheduler).items() if name not in FOLLOWS_FROM_THE_RATE}
    return {name: value for name, value in kept.items() if value is not NotImplemented}


def _options_of(optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer's options, each with its values for all groups of weights; one value if they have the same."""
    first = next(iter(optimizer.param_groups), {})  # a model without weights has no group of them
    names = [name for name in first if name not in CHOSEN_BY_TORCH | MOVED_BY_SCHEDULERS]
    options = {}
    for name in names:
        values = [_plain(group.get("initial_lr", group["lr"]) if name == "lr" else group.get(name))
                  for group in optimizer.param_groups]  # fmt: skip
        options[name] = values[0] if all(value == values[0] for value in values) else values
    return options


def _of_trainer(trainer: Trainer, name: str) -> Any:
    if name == "max_time":
        timers = [callback for callback in trainer.callbacks if isinstance(callback, Timer)]  # type: ignore[attr-defined]
        return duration_of(timers[0]) if timers else None
    if name == "devices":
        return trainer.world_size
    if name == "accelerator":
        return trainer.strategy.root_device.type
    return getattr(trainer, name)


def callbacks_of(trainer: Trainer) -> dict[str, Callback]:
    """The callbacks that bear on a fit and were given, by the names that their settings go by."""
    given: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    shows = (ProgressBar, ModelSummary, Timer)
    bears = [
        one for one in given if not isinstance(one, shows) and not type(one).__module__.startswith("cryptoforecast.")
    ]
    return {f"trainer.callbacks.{_name_of(callback)}": callback for callback in bears}


def arguments_of(callback: Callback) -> dict[str, Any]:
    """Those arguments of a callback that it keeps, by its attributes' names; not where it keeps files.

    Of a callback that is not Lightning's and has no state to bring old ones back, none: they may be its counters.
    """
    if type(callback).__module__.split(".")[0] != "lightning" and type(callback).state_dict is Callback.state_dict:
        return {}
    names = [name for name in inspect.signature(type(callback)).parameters if name != "dirpath"]
    kept = vars(callback)
    return {key: kept[key] for name in names for key in (name, f"_{name}") if key in kept}


def _name_of(callback: Callback) -> str:
    """A callback's class with what its state goes by, such as ``EarlyStopping(monitor val/loss, mode min)``."""
    found = re.findall(r"'(\w+)': (?!None)'?([^',}]+)", str(callback.state_key))
    return f"{type(callback).__name__}({', '.join(f'{name} {value}' for name, value in found)})"


def _plain(value: Any) -> Any:
    """A value as a checkpoint may hold it; NotImplemented for what has none."""
    if value is None or isinstance(value, bool | int | float | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, Enum | timedelta):
        return str(value)
    if isinstance(value, list | tuple):
        members = [_plain(member) for member in value]
        return NotImplemented if any(member is NotImplemented for member in members) else members
    if isinstance(value, Mapping):
        items = {str(key): _plain(member) for key, member in value.items()}
        return NotImplemented if any(member is NotImplemented for member in items.values()) else items
    if getattr(value, "ndim", None) == 0:
        return value.item()
    return NotImplemented


def _as_text(value: Any) -> str:
    if isinstance(value, dict):
        return f"({', '.join(f'{name} {_as_text(member)}' for name, member in value.items())})"
    if isinstance(value, float) and math.isfinite(value):
        return f"{value:g}"
    return "none" if value is None else str(value)
