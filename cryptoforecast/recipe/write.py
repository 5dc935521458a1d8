"""What has to be written down about an object so that it can be made again."""

import inspect
import os
import sys
from enum import Enum
from inspect import Parameter
from typing import Any

import numpy as np
from jsonargparse._parameter_resolvers import ParamData, get_signature_parameters

from cryptoforecast.errors import UserError

Plain = None | bool | int | float | str | list[Any] | dict[str, Any]


def class_path(cls: type) -> str:
    """The import path of a class, as YAML files name it."""
    return f"{cls.__module__}.{cls.__qualname__}"


def argument_names(cls: type) -> list[str]:
    """The arguments that a class takes, those it passes on to its parents included."""
    return list(parameters_of(cls))


def parameters_of(cls: type) -> dict[str, ParamData]:
    """The arguments that a class takes by name, with their types and defaults; those passed on to parents included."""
    found = get_signature_parameters(cls, logger=False)
    return {one.name: one for one in found if one.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)}


def recipe_of(instance: object) -> dict[str, Any]:
    """The ``class_path`` and ``init_args`` of an object that keeps its arguments under their own names.

    Raises:
        UserError: if it does not keep one of them.
    """
    kept = {}
    for name, parameter in inspect.signature(type(instance)).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if not hasattr(instance, name):
            kind = type(instance).__name__
            raise UserError(f"{kind} must keep its argument {name} as self.{name}, for a checkpoint to make it again.")
        kept[name] = getattr(instance, name)
    return {"class_path": class_path(type(instance)), "init_args": to_json_values(kept)}


def to_json_values(values: dict[str, Any]) -> dict[str, Any]:
    """The values as a checkpoint may hold them without being able to run code."""
    return {name: to_json_value(value) for name, value in values.items()}


def to_json_value(value: Any) -> Plain:
    """Numbers, texts, lists and dictionaries as they are; a function as its import path; an object as its spec."""
    if isinstance(value, np.generic):  # a float64 is a float, but no checkpoint opens with one in it
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [to_json_value(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json_value(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, os.PathLike):
        return str(os.fspath(value))
    if inspect.isroutine(value) or isinstance(value, type):
        module, name = str(value.__module__), str(value.__name__)
        offered = getattr(sys.modules.get(module), name, None)  # torch.tanh calls itself a method
        return f"{module}.{name if offered is value else value.__qualname__}"
    return recipe_of(getattr(value, "stands_for", value))  # what only hands on another object is written as that one
