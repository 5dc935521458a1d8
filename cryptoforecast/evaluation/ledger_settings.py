"""The settings of what a ledger holds, each under a short name, and which of them differ."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

# Where an entry's variant has settings; a name that two of them have is written with the second.
GROUPS = ("model", "data", "training")
NO_SETTINGS = ("series",)  # of the data; which coins there are, the targets say


def settings_of(variant: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a variant by name: those of the model, then of the data, of training and of the code.

    >>> settings_of({"model": {"class_path": "my.Net", "init_args": {"hidden_size": 8, "optimizer": {
    ...     "class_path": "torch.optim.Adam", "init_args": {"lr": 0.01}}}}, "data": {"horizon": 1}})
    {'hidden_size': 8, 'optimizer': 'Adam', 'optimizer.lr': 0.01, 'horizon': 1}
    """
    found: dict[str, Any] = {}
    for group in GROUPS:
        part = variant.get(group)
        part = part if isinstance(part, Mapping) else {}
        part = part.get("init_args") or {} if group == "model" else part
        for name, value in _flat(part).items():
            if name.split(".")[0] not in NO_SETTINGS:
                known = found.get(name, value)
                found[name if known == value else f"{group}.{name}"] = value
    if variant.get("code"):
        found["code"] = _fingerprint(variant["code"])
    return found


def differing_settings(settings: Sequence[Mapping[str, Any]], models: Sequence[str]) -> list[str]:
    """The names of the settings whose values are not all the same.

    Args:
        settings: of each run, by name.
        models: the class of each run's model. A setting that another class does not have tells nothing; one that only
            some runs of a class have does.

    >>> differing_settings([{"hidden_size": 8, "dropout": 0.0}, {"hidden_size": 16}], ["LSTM", "GRU"])
    ['hidden_size']
    """
    names = dict.fromkeys(name for of_run in settings for name in of_run)
    return [name for name in names if _differs(name, settings, models)]


def _differs(name: str, settings: Sequence[Mapping[str, Any]], models: Sequence[str]) -> bool:
    having = {model for of_run, model in zip(settings, models, strict=True) if name in of_run}
    values = {_key(of_run.get(name)) for of_run, model in zip(settings, models, strict=True) if model in having}
    return len(values) > 1


def say_value(value: Any) -> str:
    """A value as a table has it."""
    return value if isinstance(value, str) else json.dumps(value)


def _flat(value: Any, name: str = "") -> dict[str, Any]:
    """The settings of nested dictionaries, each under its whole name; a class stands under the name of its setting."""
    if not isinstance(value, Mapping):
        return {name: value}
    if "class_path" in value:
        inner = value.get("init_args") or {}
        return {name: str(value["class_path"]).rsplit(".", 1)[-1], **(_flat(inner, name) if inner else {})}
    parts = (_flat(part, f"{name}.{key}" if name else str(key)) for key, part in value.items())
    return {full_name: leaf for part in parts for full_name, leaf in part.items()}


def _fingerprint(code: Mapping[str, str]) -> str:
    """The names of the files of code, and seven digits of a hash of what they hold."""
    digest = hashlib.sha256(json.dumps(code, sort_keys=True).encode()).hexdigest()[:7]
    return f"{'+'.join(sorted(code))}@{digest}"


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
