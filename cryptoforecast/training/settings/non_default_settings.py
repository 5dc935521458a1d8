"""The settings of a fit that differ from their defaults, by flat names, for tables that compare runs."""

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import yaml
from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser

PARTS_OF_MODELS = ("optimizer", "scheduler", "scaling")  # named without the ``model.`` before them
OUTSIDE_OF_LEARNING = ("logger", "callbacks", "plugins", "profiler", "default_root_dir", "enable_progress_bar",
                       "enable_model_summary", "enable_checkpointing", "log_every_n_steps")  # fmt: skip
OTHER_OPTIONS = ("config", "ckpt_path", "rename", "name")

Value = bool | int | float | str


def non_default_settings(parser: LightningArgumentParser, config: Namespace) -> dict[str, Value]:
    """The class of the model, the seed, and each setting that is not what it is by default.

    Args:
        parser: of ``fit``.
        config: the options as it has parsed them.

    Returns:
        Values by name, such as ``model``, ``model.hidden_size``, ``optimizer.lr``, ``data.horizon``, ``seed``.
    """
    config = config.clone()
    for name in OUTSIDE_OF_LEARNING:
        config.pop(f"trainer.{name}", None)
    for name in OTHER_OPTIONS:
        config.pop(name, None)
    options = yaml.safe_load(parser.dump(config, skip_none=False, skip_default=True, skip_validation=True)) or {}
    seed = {"seed": options.pop("seed_everything", config.get("seed_everything"))}
    return {_short(name): _as_value(value) for name, value in (*seed.items(), *_flat("", options))}


def _flat(prefix: str, options: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and values; a class is a value itself, and its arguments have its name before theirs."""
    for name, value in options.items():
        if isinstance(value, dict) and "class_path" in value:
            yield f"{prefix}{name}", value["class_path"].rpartition(".")[2]
            arguments, tuples = value.get("init_args") or {}, _tuples_by_default(value["class_path"])
            given = {key: argument for key, argument in arguments.items() if argument != tuples.get(key, ())}
            yield from _flat(f"{prefix}{name}.", given)
        elif isinstance(value, dict) and value:
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield f"{prefix}{name}", value


def _tuples_by_default(class_path: str) -> dict[str, list[Any]]:
    """Arguments of a class that are a tuple by default; in YAML it is a list, which the parser takes for another."""
    module, _, name = class_path.rpartition(".")
    parameters = inspect.signature(getattr(import_module(module), name)).parameters.values()
    return {one.name: list(one.default) for one in parameters if isinstance(one.default, tuple)}


def _short(name: str) -> str:
    beyond = name.removeprefix("model.")
    return beyond if beyond.split(".")[0] in PARTS_OF_MODELS else name


def _as_value(value: Any) -> Value:
    return value if isinstance(value, bool | int | float | str) else _as_text(value)


def _as_text(value: Any) -> str:
    """A value in a cell of a table: ``none``, ``Close, Volume`` or ``YahooSource(BTC-USD)``."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(_as_text(element) for element in value)
    if isinstance(value, dict) and "class_path" in value:
        arguments = ", ".join(_as_text(argument) for argument in (value.get("init_args") or {}).values())
        return f"{value['class_path'].rpartition('.')[2]}({arguments})"
    return str(value)
