"""The checked recipe of an object: its class, already imported, and its arguments."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from cryptoforecast.recipe.write import class_path


class PlainValue(NamedTuple):
    """An argument that is not made by a recipe: as it was written, and as it is passed on.

    ``typed`` is whether the argument's type is definite, so that a parser cannot mistake the value for something else.
    """

    written: Any
    value: Any
    typed: bool


class Recipe(NamedTuple):
    """A class and its arguments; of a ``factory``, which is called later, without those that are given then."""

    cls: type
    arguments: dict[str, Any]
    factory: bool = False

    def make(self) -> Any:
        """Make the object, or the factory."""
        arguments = {name: _make(node) for name, node in self.arguments.items()}
        return partial(self.cls, **arguments) if self.factory else self.cls(**arguments)

    def as_written(self, write: Callable[[PlainValue], Any] = lambda leaf: leaf.written) -> dict[str, Any]:
        """The plain form: ``{"class_path": …, "init_args": {…}}``.

        Args:
            write: the plain form of an argument that is not made by a recipe; by default as it was written.
        """
        return {
            "class_path": class_path(self.cls),
            "init_args": {name: _as_written(node, write) for name, node in self.arguments.items()},
        }


def _make(node: Any) -> Any:
    if isinstance(node, Recipe):
        return node.make()
    if isinstance(node, PlainValue):
        return node.value
    if isinstance(node, dict):
        return {key: _make(item) for key, item in node.items()}
    return type(node)(_make(item) for item in node)


def _as_written(node: Any, write: Callable[[PlainValue], Any]) -> Any:
    if isinstance(node, Recipe):
        return node.as_written(write)
    if isinstance(node, PlainValue):
        return write(node)
    if isinstance(node, dict):
        return {key: _as_written(item, write) for key, item in node.items()}
    return [_as_written(item, write) for item in node]
