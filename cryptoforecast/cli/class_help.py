"""All options of a model, a source, the data or Lightning's Trainer, one after the other."""

import re
import shutil
from inspect import Parameter
from textwrap import fill
from typing import Any

from lightning.pytorch import Trainer

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.sources import Source
from cryptoforecast.errors import UsageError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.models import Forecaster
from cryptoforecast.recipe.class_paths import ImportPathError, import_named
from cryptoforecast.recipe.jsonargparse_private import subclasses_of
from cryptoforecast.recipe.write import parameters_of
from cryptoforecast.training.settings.arguments import TAKEN_FROM_DATA
from cryptoforecast.training.settings.defaults import TRAINER

COLUMN = 30  # where what an option means begins
BASES: dict[str, type] = {"model": Forecaster, "data.source": Source}


def topic_help(topic: str, verb: str) -> str:
    """All options of the trainer, the data or the models.

    Args:
        topic: one of ``trainer``, ``data`` and ``model``.
        verb: the verb whose defaults to show.
    """
    if topic == "model":
        return class_help("model", "")
    if topic == "data":
        return "\n".join(["What is forecast, and from what:", *_options(CloseDataModule, "data")])
    ours: dict[str, Any] = {"devices": 1, "enable_model_summary": False}
    if verb in ("fit", "backtest", "study", "tune", "audit"):
        ours |= {**TRAINER, "logger": "TensorBoardLogger in runs/NAME", "callbacks": _classes(TRAINER["callbacks"])}
    return "\n".join(["Options of Lightning's Trainer:", *_options(Trainer, "trainer", defaults=ours, brief=True)])


def class_help(option: str, named: str) -> str:
    """All options of a class, or the classes that there are.

    Args:
        option: ``model`` or ``data.source``, which takes the class.
        named: the class, by its name or import path; empty for the list of all.

    Raises:
        UsageError: if there is no such class.
    """
    if not named:
        return "\n".join(
            [
                f"--{option} takes one of these, or one of your own, such as my_module.Name:",
                *(_line(name, _summary(cls)) for name, cls in sorted(_known(BASES[option]).items())),
                f"--{option}.help NAME shows the options of one.",
            ]
        )
    cls = _found(option, named)
    lines = [_wrapped("", f"{cls.__name__}: {_summary(cls)}"), *_options(cls, option)]
    factory = parameters_of(cls).get("optimizer") if option == "model" else None
    if factory is not None and isinstance(factory.default, type):
        title = f"of the optimizer, by default {factory.default.__name__}; others take others:"
        lines += [title, *_options(factory.default, "model.optimizer", skip=("params",), brief=True)]
    return "\n".join(lines)


def _options(
    cls: type,
    group: str,
    skip: tuple[str, ...] = TAKEN_FROM_DATA,
    defaults: dict[str, Any] | None = None,
    brief: bool = False,
) -> list[str]:
    """A line for each option of a class; ``brief`` ones have their first sentence alone."""
    lines = []
    for name, parameter in parameters_of(cls).items():
        if name in skip and group.split(".")[0] != "data":
            continue
        default = (defaults or {}).get(name, parameter.default)
        meaning = re.sub(r"\s*(\(default:? [^)]*\)|:?\s*Default: .*)", "", _plain_text(parameter.doc or "")).strip()
        meaning = re.split(r"(?<=[a-z)])\. |; | \(|, (?:see|which|if|instead)", meaning)[0] if brief else meaning
        lines.append(_line(f"--{group}.{name}", f"{meaning.rstrip('.')}{_default_text(default)}".strip()))
    return lines


def _default_text(default: Any) -> str:
    if default is Parameter.empty:
        return " (required)"
    if default is None or default == "":
        return ""
    if isinstance(default, type):
        return f" ({default.__name__})"
    return f" ({list(default) if isinstance(default, tuple) else default})"


def _classes(callbacks: Any) -> str:
    return ", ".join(callback["class_path"].rpartition(".")[2] for callback in callbacks)


def _found(option: str, named: str) -> type:
    base, known = BASES[option], _known(BASES[option])
    try:
        found = known[named] if named in known else import_named(named) if "." in named else None
    except ImportPathError as problem:
        raise UsageError(f"--{option}.help {named}: {problem}.") from None
    if not isinstance(found, type) or not issubclass(found, base):
        raise UsageError(f"--{option}.help: there is no {named}{nearest_of(named, known)}.")
    return found


def _known(base: type) -> dict[str, type]:
    """The classes that can be chosen by their names alone."""
    return {cls.__name__: cls for cls in subclasses_of(base) if not cls.__name__.startswith("_")}


def _summary(cls: type) -> str:
    return _plain_text((cls.__doc__ or "").strip().split("\n\n")[0]).rstrip(".")


def _plain_text(text: str) -> str:
    """A docstring's text without its marks, on one line."""
    return re.sub(r"\s+", " ", re.sub(r":\w+:`~?([^`]*)`|``?([^`]*)``?", lambda mark: mark[1] or mark[2] or "", text))


def _line(name: str, meaning: str) -> str:
    if len(name) <= COLUMN - 3:
        return _wrapped(f"  {name:<{COLUMN - 3}} ", meaning)
    return "\n".join([f"  {name}", *([_wrapped(" " * COLUMN, meaning)] if meaning else [])])


def _wrapped(first: str, text: str) -> str:
    width = min(100, max(60, shutil.get_terminal_size().columns))
    indent = " " * (COLUMN if first else 2)
    return fill(text, width, initial_indent=first, subsequent_indent=indent, break_on_hyphens=False) or first.rstrip()
