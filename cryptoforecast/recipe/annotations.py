"""Kinds of argument types: simple values, objects of a class, containers, classes, functions, or anything."""

import collections.abc
import inspect
import types
from collections.abc import Iterable
from enum import Enum, auto
from typing import Annotated, Any, Literal, NewType, Union, get_args, get_origin, is_typeddict

from jsonargparse import ArgumentError, ArgumentParser
from jsonargparse.typing import get_registered_type


class Kind(Enum):
    """The kind of values that an argument's type describes."""

    SIMPLE = auto()  # numbers, strings and containers of them, which a parser cannot mistake for a class
    OPEN = auto()  # anything, or a type that cannot be checked
    CLASS = auto()  # an object
    CONTAINER = auto()  # of values that are not simple
    TYPE = auto()  # a class itself
    CALLABLE = auto()  # a function


def members_of(hint: Any) -> list[Any]:
    """The members of a union, nested ones too; a list of the type itself if it is not a union."""
    hint = _bare(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return [inner for member in get_args(hint) for inner in members_of(member)]
    return [hint]


def kind_of(hint: Any) -> Kind:
    """The kind of a type that is not a union."""
    hint = _bare(hint)
    origin = get_origin(hint) or hint
    if _is_simple(hint, origin):
        return Kind.SIMPLE
    if origin is type:
        return Kind.TYPE
    if origin is collections.abc.Callable:
        return Kind.CALLABLE
    if _is_container(origin):
        return Kind.CONTAINER
    if not inspect.isclass(origin) or origin in (Any, object, inspect.Parameter.empty):
        return Kind.OPEN
    return Kind.OPEN if is_typeddict(origin) or hasattr(origin, "_fields") else Kind.CLASS


def class_of_factory(hint: Any) -> list[type]:
    """The classes of the objects that a callable type returns, such as Optimizer for ``Callable[[...], Optimizer]``."""
    if kind_of(hint) is not Kind.CALLABLE or not get_args(hint):
        return []
    return [returned for returned in members_of(get_args(hint)[-1]) if kind_of(returned) is Kind.CLASS]


def simple_of(members: list[Any]) -> Any:
    """The union of those members that are simple; None without any."""
    simple = [member for member in members if kind_of(member) is Kind.SIMPLE]
    return Union[tuple(simple)] if simple else None  # noqa: UP007 (a variable number of members)


def as_typed(value: Any, hint: Any) -> Any:
    """A JSON value converted to a simple type, such as a list to a tuple or a string to a date.

    Raises:
        ValueError: if it cannot be converted.
    """
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=hint)
    try:
        return parser.parse_object({"value": value}).value
    except (ArgumentError, TypeError) as problem:
        raise ValueError(str(problem)) from None


def say_hint(hint: Any) -> str:
    """A type as words for a message: ``of type int``."""
    return f"of type {hint.__name__ if isinstance(hint, type) else str(hint).replace('typing.', '')}"


def _bare(hint: Any) -> Any:
    """A type without ``Annotated``, ``NewType`` and type aliases around it."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
        elif isinstance(hint, NewType):
            hint = hint.__supertype__
        elif type(hint).__name__ == "TypeAliasType":
            hint = hint.__value__
        else:
            return hint


def _is_simple(hint: Any, origin: Any) -> bool:
    if hint in (str, int, float, bool, None, type(None)) or origin is Literal:
        return True
    if _is_container(origin):
        return _are_simple(arg for arg in get_args(hint) if arg is not Ellipsis)
    if not inspect.isclass(origin) or is_typeddict(origin):
        return False
    if issubclass(origin, tuple) and hasattr(origin, "_fields"):
        return _are_simple(inspect.get_annotations(origin, eval_str=True).values())
    return issubclass(origin, Enum) or get_registered_type(origin) is not None


def _is_container(origin: Any) -> bool:
    return origin in (list, tuple, set, frozenset, dict) or (
        inspect.isclass(origin) and origin.__module__ == "collections.abc" and origin is not collections.abc.Callable
    )


def _are_simple(hints: Iterable[Any]) -> bool:
    return all(kind_of(member) is Kind.SIMPLE for hint in hints for member in members_of(hint))
