"""What is used of jsonargparse that it does not document, each with what takes its place where it is gone.

It is imported where it is used: that takes a tenth of a second, and verbs that only read files use none of it.
"""

import inspect
from inspect import Parameter
from typing import Any, NamedTuple

VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


class Argument(NamedTuple):
    """An argument of a class: its name, type, default and description; ``Parameter.empty`` for what it has not."""

    name: str
    annotation: Any = Parameter.empty
    default: Any = Parameter.empty
    doc: str | None = None


def arguments_of(cls: type) -> list[Argument]:
    """The arguments that a class takes by name, those that it passes on to its parents included.

    Without jsonargparse's resolver of signatures, arguments are taken from all parents up to the first that passes
    nothing on, without their descriptions.
    """
    import jsonargparse

    resolver = getattr(getattr(jsonargparse, "_parameter_resolvers", None), "get_signature_parameters", None)
    if resolver is not None:
        found = resolver(cls, logger=False)
        named = [parameter for parameter in found if parameter.kind not in VARIADIC]
        return [Argument(parameter.name, parameter.annotation, parameter.default, parameter.doc) for parameter in named]
    arguments: dict[str, Argument] = {}
    for parent in cls.__mro__:
        initializer = parent.__dict__.get("__init__")
        if initializer is None:
            continue
        parameters = list(inspect.signature(initializer).parameters.values())[1:]
        for parameter in parameters:
            if parameter.kind not in VARIADIC:
                arguments.setdefault(parameter.name, Argument(parameter.name, parameter.annotation, parameter.default))
        if not any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters):
            break
    return list(arguments.values())


def import_path(base: type, name: str) -> str:
    """The import path of a class that is named by its last part alone, such as ``LSTM``.

    Without jsonargparse's search, the path of the subclass of that name.
    """
    import jsonargparse

    search = getattr(getattr(jsonargparse, "_typehints", None), "resolve_class_path_by_name", None)
    if search is not None:
        return str(search(base, name))
    return next((f"{cls.__module__}.{cls.__qualname__}" for cls in subclasses_of(base) if cls.__name__ == name), name)


def try_int_before_float() -> None:
    """Let parsers try ``int`` before ``float``, which takes any whole number too.

    ``typing`` keeps the first of all equal unions that a process has made, so that an import decides whether
    ``limit_val_batches: 1`` is one batch or, as 1.0, all of them. Without jsonargparse's function for the order, it
    is as the unions have it.
    """
    import jsonargparse

    typehints: Any = getattr(jsonargparse, "_typehints", None)
    usual_order = getattr(typehints, "sort_subtypes_for_union", None)
    if usual_order is None or hasattr(usual_order, "usual_order"):
        return

    def int_before_float(subtypes: Any, *context: Any) -> list[Any]:
        tried = list(usual_order(subtypes, *context))
        if int in tried and float in tried:
            first, second = sorted((tried.index(int), tried.index(float)))
            tried[first], tried[second] = int, float
        return tried

    int_before_float.usual_order = usual_order  # type: ignore[attr-defined]  # it is replaced once
    typehints.sort_subtypes_for_union = int_before_float


def subclasses_of(base: type) -> list[type]:
    """All classes that inherit from one, directly or not."""
    children: list[type] = base.__subclasses__()
    return [cls for child in children for cls in (child, *subclasses_of(child))]
