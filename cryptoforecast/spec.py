"""What has to be written down about an object so that it can be made again."""

import inspect
from typing import Any

import numpy as np

Plain = None | bool | int | float | str | list[Any] | dict[str, Any]


def class_path(cls: type) -> str:
    """The import path of a class, as YAML files name it."""
    return f"{cls.__module__}.{cls.__qualname__}"


def spec_of(instance: object) -> dict[str, Any]:
    """The ``class_path`` and ``init_args`` of an object that keeps its arguments under their own names."""
    names = [name for name in inspect.signature(type(instance).__init__).parameters if name != "self"]
    kept = {name: getattr(instance, name) for name in names if hasattr(instance, name)}
    return {"class_path": class_path(type(instance)), "init_args": plain_items(kept)}


def plain_items(values: dict[str, Any]) -> dict[str, Any]:
    """The values that a checkpoint may hold without being able to run code; the others are left out."""
    return {name: to_plain(value) for name, value in values.items() if _can_be_plain(value)}


def to_plain(value: Any) -> Plain:
    """Numbers, texts, lists and dictionaries as they are; an object as its specification."""
    if isinstance(value, np.generic):  # a float64 is a float, but no checkpoint opens with one in it
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    return spec_of(value)


def _can_be_plain(value: Any) -> bool:
    return not (inspect.isroutine(value) or isinstance(value, type))
