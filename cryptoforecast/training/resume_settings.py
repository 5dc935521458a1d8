"""The settings of a fit, as plain values for its checkpoints; a resumed fit compares them with its own."""

import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum
from typing import Any

from lightning.pytorch import Callback, LightningDataModule, Trainer
from lightning.pytorch.callbacks import ModelSummary, ProgressBar, Timer
from torch.optim import Optimizer

from cryptoforecast.recipe.write import class_path
from cryptoforecast.training.lightning.callback_arguments import arguments_of
from cryptoforecast.training.lightning.trainer_state import duration_of
from cryptoforecast.training.resume_rules import RULES

OF_TRAINER = [name.removeprefix("trainer.") for name in RULES if name.startswith("trainer.")]
MODEL_OR_CLOSES = ("context_length", "horizon", "columns", "future")  # these are compared as settings of the model
CHOSEN_BY_TORCH = {"params", "fused", "foreach"}
MOVED_BY_SCHEDULERS = {"initial_lr", "max_lr", "min_lr", "max_momentum", "base_momentum"}
FOLLOWS_FROM_THE_RATE = {"base_lrs", "_last_lr", "min_lrs"}


def settings_of_fit(trainer: Trainer, data: LightningDataModule | None) -> dict[str, Any]:
    """The settings of trainer, callbacks and data that influence the result of a fit, as plain values.

    Args:
        trainer: its callbacks have not loaded a state yet.
        data: the data module; only a :class:`CloseDataModule` has settings.
    """
    settings = {f"trainer.{name}": _plain(_of_trainer(trainer, name)) for name in OF_TRAINER if name != "callbacks."}
    for name, callback in callbacks_of(trainer).items():
        settings[name] = class_path(type(callback))
        settings |= {f"{name}.{key.lstrip('_')}": _plain(value) for key, value in arguments_of(callback).items()}
    settings = {name: value for name, value in settings.items() if value is not NotImplemented}
    record = getattr(data, "record", None)
    if record:
        settings["data_class"] = class_path(getattr(data, "complete", data).__class__)
    for name, value in (record()["settings"] if record else {}).items():
        if name not in MODEL_OR_CLOSES:
            settings[f"data.{name}"] = _plain(value)
    return settings


def settings_of_learning(optimizers: Iterable[Optimizer], schedulers: Iterable[Any]) -> dict[str, Any]:
    """The settings of optimizers and schedulers before their first step; a stand-in for none has no groups."""
    settings: dict[str, Any] = {}
    for number, optimizer in enumerate(optimizer for optimizer in optimizers if optimizer.param_groups):
        name = f"model.optimizer{f'[{number}]' if number else ''}"
        settings[name] = f"{class_path(type(optimizer))} of {len(optimizer.param_groups)} groups of weights"
        settings |= {f"{name}.{option}": value for option, value in _options_of(optimizer).items()}
    for number, scheduler in enumerate(schedulers):
        name = f"model.scheduler{f'[{number}]' if number else ''}"
        settings[name] = class_path(type(scheduler))
        settings |= {f"{name}.{option}": value for option, value in scheduler_arguments(scheduler).items()}
    return settings


def scheduler_arguments(scheduler: Any) -> dict[str, Any]:
    """The attributes of a scheduler that are plain values; before its first step these are its arguments."""
    kept = {name: _plain(value) for name, value in vars(scheduler).items() if name not in FOLLOWS_FROM_THE_RATE}
    return {name: value for name, value in kept.items() if value is not NotImplemented}


def callbacks_of(trainer: Trainer) -> dict[str, Callback]:
    """The given callbacks that influence the result of a fit, by the prefix of their settings' names."""
    given: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    shows = (ProgressBar, ModelSummary, Timer)
    return {
        f"trainer.callbacks.{_name_of(callback)}": callback
        for callback in given
        if not isinstance(callback, shows) and not type(callback).__module__.startswith("cryptoforecast.")
    }


def _options_of(optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer's options, each with a list of its values by parameter group, or the one value of all groups."""
    first = optimizer.param_groups[0]
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


def _name_of(callback: Callback) -> str:
    """A callback's class with its arguments in ``state_key``, such as ``EarlyStopping(monitor val/loss, mode min)``."""
    found = re.findall(r"'(\w+)': (?!None)'?([^',}]+)", str(callback.state_key))
    return f"{type(callback).__name__}({', '.join(f'{name} {value}' for name, value in found)})"


def _plain(value: Any) -> Any:
    """A value as a plain one that a checkpoint may hold; NotImplemented if there is none."""
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
