"""The arguments of callbacks, which Lightning keeps as attributes of the same name, many of them private."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from lightning.pytorch import Callback

from cryptoforecast.training.resume_rules import Change


def arguments_of(callback: Callback) -> dict[str, Any]:
    """The arguments of a callback that it keeps as attributes, by the attributes' names, without ``dirpath``.

    Empty for a callback of another package without a state: its attributes may be counters, and no state restores them.
    """
    if type(callback).__module__.split(".")[0] != "lightning" and type(callback).state_dict is Callback.state_dict:
        return {}
    names = [name for name in inspect.signature(type(callback)).parameters if name != "dirpath"]
    kept = vars(callback)
    return {key: kept[key] for name in names for key in (name, f"_{name}") if key in kept}


def apply_callback_changes(found: Iterable[Change], given: Mapping[str, tuple[Callback, dict[str, Any]]]) -> None:
    """Set changed arguments of callbacks, such as a patience, where their states have restored the old ones.

    Args:
        found: the changed settings.
        given: the callbacks by the prefix of their settings' names, each with its attributes before it was restored.
    """
    for change in found:
        name, _, argument = change.name.rpartition(".")
        callback, made = given.get(name, (None, {}))
        for attribute in (argument, f"_{argument}"):
            if attribute in made:
                setattr(callback, attribute, made[attribute])
