"""The arguments of callbacks, which Lightning keeps as attributes of the same name, many of them private."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from lightning.pytorch import Callback

from cryptoforecast.training.resume_rules import Change


def arguments_of(callback: Callback) -> dict[str, Any]:
    """Those arguments of a callback that it keeps, by its attributes' names; not where it keeps files.

    Of a callback that is not Lightning's and has no state to bring old ones back, none: they may be its counters.
    """
    if type(callback).__module__.split(".")[0] != "lightning" and type(callback).state_dict is Callback.state_dict:
        return {}
    names = [name for name in inspect.signature(type(callback)).parameters if name != "dirpath"]
    kept = vars(callback)
    return {key: kept[key] for name in names for key in (name, f"_{name}") if key in kept}


def apply_callback_changes(found: Iterable[Change], given: Mapping[str, tuple[Callback, dict[str, Any]]]) -> None:
    """Let callbacks go on with the arguments of now, such as a patience, where their state has brought the old ones.

    Args:
        found: what has changed.
        given: the callbacks by the names of their settings, each with the attributes that it was made with.
    """
    for change in found:
        name, _, argument = change.name.rpartition(".")
        callback, made = given.get(name, (None, {}))
        for attribute in (argument, f"_{argument}"):
            if attribute in made:
                setattr(callback, attribute, made[attribute])
