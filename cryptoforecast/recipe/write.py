"""Serialise an object as the class path and the arguments that rebuild it."""

import functools
import inspect
import os
import sys
from collections.abc import Mapping
from enum import Enum
from inspect import Parameter
from typing import Any

import numpy as np

from cryptoforecast.errors import UserError
from cryptoforecast.recipe.jsonargparse_private import Argument, arguments_of

Plain = None | bool | int | float | str | list[Any] | dict[str, Any]
Scalar = None | bool | int | float | str
Flat = Scalar | list[Scalar] | dict[str, Scalar]
Nested = Scalar | list[Flat] | dict[str, Flat]
# An argument of another library's class, such as a pipeline of estimators, without a value that may be anything.
PlainArgument = Scalar | list[Scalar | list[Nested] | dict[str, Nested]] | dict[str, Nested]


def class_path(cls: type) -> str:
    """The import path of a class, as YAML files name it."""
    return f"{cls.__module__}.{cls.__qualname__}"


def argument_names(cls: type) -> list[str]:
    """The names of the arguments of a class, including those that it passes on to its parents."""
    return list(parameters_of(cls))


def parameters_of(cls: type) -> Mapping[str, Argument]:
    """The arguments of a class by name, with types and defaults, including those that it passes on to its parents."""
    return _found_parameters(cls)


@functools.lru_cache(maxsize=256)
def _found_parameters(cls: Any) -> Mapping[str, Argument]:
    return {argument.name: argument for argument in arguments_of(cls)}  # slow, and every checkpoint asks for them


def recipe_of(instance: object) -> dict[str, Any]:
    """The ``class_path`` and ``init_args`` of an object that keeps its arguments as attributes of the same names.

    Raises:
        UserError: naming an argument that has no such attribute.
    """
    cls: Any = type(instance)
    kept = {}
    for name in _names_to_keep(cls):
        if not hasattr(instance, name):
            raise UserError(
                f"{cls.__name__} must keep its argument {name} as self.{name}, for a checkpoint to make it again."
            )
        kept[name] = getattr(instance, name)
    return {"class_path": class_path(cls), "init_args": to_json_values(kept)}


@functools.lru_cache(maxsize=256)
def _names_to_keep(cls: Any) -> list[str]:
    """The names of the arguments that rebuild an object of a class; every checkpoint asks for them."""
    parameters = inspect.signature(cls).parameters.values()
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
        return argument_names(cls)
    return [parameter.name for parameter in parameters if parameter.kind is not Parameter.VAR_POSITIONAL]


def to_json_values(values: dict[str, Any]) -> dict[str, Any]:
    """Each value as :func:`to_json_value` returns it."""
    return {name: to_json_value(value) for name, value in values.items()}


def to_json_value(value: Any) -> Plain:
    """A value as JSON can hold it: functions and classes as import paths, other objects as recipes."""
    if isinstance(value, np.generic):  # torch.load with weights_only refuses NumPy numbers
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
        public = getattr(sys.modules.get(module), name, None)  # torch.tanh has the __qualname__ of a method
        return f"{module}.{name if public is value else value.__qualname__}"
    return recipe_of(getattr(value, "stands_for", value))  # a wrapper is written as the object that it wraps
