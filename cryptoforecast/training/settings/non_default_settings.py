"""The settings of a fit by flat names, for tables that compare runs: few of them always, others where they are set."""

import inspect
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser

from cryptoforecast.training.settings.yaml_texts import load_yaml

PARTS_OF_MODELS = ("optimizer", "scheduler", "scaling", "head")  # named without the ``model.`` before them
OUTSIDE_OF_LEARNING = ("logger", "callbacks", "plugins", "profiler", "default_root_dir", "enable_progress_bar",
                       "enable_model_summary", "enable_checkpointing", "log_every_n_steps")  # fmt: skip
OTHER_OPTIONS = ("config", "ckpt_path", "rename", "name")
ALWAYS_SHOWN = ("context_length", "horizon", "batch_size")  # of the data; TensorBoard shows what differs between runs

Value = bool | int | float | str


def non_default_settings(parser: LightningArgumentParser, config: Namespace) -> dict[str, Value]:
    """The seed, the model with its own arguments, its optimizer, and each other setting that is not its default.

    Where a run has no value, TensorBoard takes it for none that differs: what is compared most is there in each run.

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
    options = load_yaml(parser.dump(config, skip_unset=False, skip_default=True, skip_validation=True)) or {}
    options.pop("seed_everything", None)
    named = {"seed": config.get("seed_everything"), **_always_shown(config), **dict(_flat("", options))}
    return {_short(name): _as_value(value) for name, value in named.items()}


def _always_shown(config: Namespace) -> dict[str, Any]:
    """The arguments that the model's class adds to a forecaster's, the optimizer with its rate, lengths of the data."""
    model = config["model"].as_dict()
    arguments = model.get("init_args") or {}
    shown = {f"data.{name}": config["data"].get(name) for name in ALWAYS_SHOWN}
    added = [
        name for name in _parameters(model["class_path"]) if not isinstance(arguments.get(name), dict | list | None)
    ]
    shown |= {f"model.{name}": arguments[name] for name in added}
    optimizer = arguments.get("optimizer")
    if isinstance(optimizer, dict) and "class_path" in optimizer:
        shown["optimizer"] = optimizer["class_path"].rpartition(".")[2]
        shown["optimizer.lr"] = (optimizer.get("init_args") or {}).get("lr", _parameters(optimizer["class_path"])["lr"])
    return shown


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
    return {name: list(value) for name, value in _parameters(class_path).items() if isinstance(value, tuple)}


def _parameters(class_path: str) -> dict[str, Any]:
    """The names that the signature of a class has itself, and their defaults."""
    module, _, name = class_path.rpartition(".")
    parameters = inspect.signature(getattr(import_module(module), name)).parameters.values()
    return {parameter.name: parameter.default for parameter in parameters}


def _short(name: str) -> str:
    beyond = name.removeprefix("model.")
    return beyond if beyond.split(".")[0] in PARTS_OF_MODELS else name


def _as_value(value: Any) -> Value:
    return value if isinstance(value, bool | int | float | str) else _as_text(value)


def _as_text(value: Any) -> str:
    """A value in a cell of a table: ``none``, ``Close, Volume`` or, of a list of sources, ``CsvSource, CsvSource``."""
    if value is None:
        return "none"
    if isinstance(value, list):
        return ", ".join(_as_text(element) for element in value)
    if isinstance(value, dict) and "class_path" in value:
        return str(value["class_path"].rpartition(".")[2])
    return str(value)
