"""Values that a Python call was given, as a configuration file would hold them."""

import functools
import inspect
import os
import sys
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import torch

from cryptoforecast.data.sources import Source
from cryptoforecast.errors import UserError
from cryptoforecast.models import Forecaster, Head, Scaling
from cryptoforecast.recipe.write import class_path, recipe_of


class NotPlain(UserError):
    """A value that no configuration file can hold."""


def to_plain_value(value: Any, at: str) -> Any:
    """Numbers, texts, lists and dictionaries as they are; a class or function as its import path; an object as a map.

    An object is a map of its ``class_path`` and ``init_args``: a source, a scaling, a head, or a ``functools.partial``
    of a class, as for an optimizer. A dictionary with a ``class_path`` may have the arguments beside it.

    Args:
        value: the value.
        at: the option that it is of, for errors.

    Raises:
        NotPlain: if it cannot be written down.

    >>> to_plain_value({"class_path": torch.optim.Adam, "lr": 0.01}, "optimizer")
    {'class_path': 'torch.optim.adam.Adam', 'init_args': {'lr': 0.01}}
    """
    if isinstance(value, np.generic | torch.Tensor) and value.ndim == 0:
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, os.PathLike | date):
        return str(value)
    if isinstance(value, list | tuple):
        return [to_plain_value(item, at) for item in value]
    if isinstance(value, Mapping):
        return _plain_mapping({str(key): to_plain_value(item, at) for key, item in value.items()})
    if isinstance(value, type) or inspect.isroutine(value):
        return path_of_class(value, at)
    if isinstance(value, functools.partial):
        return _with_class(value.func, {"init_args": value.keywords}, at)
    if isinstance(value, Source | Scaling | Head):
        kept = getattr(value, "stands_for", value)
        return _with_class(type(kept), recipe_of(kept), at)
    if isinstance(value, Forecaster):
        return _with_class(type(value), value.record(), at)
    raise NotPlain(
        f"{at} is of type {type(value).__name__}, which no configuration file can hold; give its class, or a "
        "dictionary of class_path and init_args."
    )


def path_of_class(cls: Any, at: str) -> str:
    """The import path of a class or function, by which a checkpoint makes it again.

    Args:
        cls: the class or function.
        at: the option that it is of, for errors.

    Raises:
        UserError: if it is not found there, as one that is defined within a function.
    """
    path = class_path(cls)
    if "<" in path:
        raise UserError(
            f"{at}: {cls.__name__} is defined within a function, where no checkpoint can find it; define it at the top "
            "level of a module or a notebook."
        )
    found: Any = sys.modules.get(cls.__module__)
    for name in cls.__qualname__.split("."):
        found = getattr(found, name, None)
    if found is not cls and inspect.getmodule(cls) is not torch:
        raise UserError(f"{at}: {path} is not the class that was given; it was defined again, or has another name now.")
    return path


def _with_class(cls: Any, spec: Mapping[str, Any], at: str) -> dict[str, Any]:
    arguments = {name: to_plain_value(value, f"{at}.{name}") for name, value in spec["init_args"].items()}
    return {"class_path": path_of_class(cls, at), "init_args": arguments}


def _plain_mapping(mapping: dict[str, Any]) -> dict[str, Any]:
    """A map, in which arguments that stand beside a ``class_path`` are below ``init_args``."""
    beside = mapping.keys() - {"class_path", "init_args"}
    if "class_path" not in mapping or not beside:
        return mapping
    arguments = {name: mapping[name] for name in mapping if name in beside}
    return {"class_path": mapping["class_path"], "init_args": {**(mapping.get("init_args") or {}), **arguments}}
