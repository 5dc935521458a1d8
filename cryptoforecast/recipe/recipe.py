"""An object as class path and arguments, of classes that have been found."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from cryptoforecast.recipe.write import class_path


class PlainValue(NamedTuple):
    """A value that is no object of a class: as it was written, and as the argument takes it.

    ``typed`` says whether the argument's type leaves nothing open, so that a parser takes it for nothing else.
    """

    written: Any
    value: Any
    typed: bool


class Recipe(NamedTuple):
    """A class that may be made, and its arguments; a ``factory`` is called later, with the arguments that are left."""

    cls: type
    arguments: dict[str, Any]
    factory: bool = False

    def make(self) -> Any:
        """The object."""
        arguments = {name: _make(node) for name, node in self.arguments.items()}
        return partial(self.cls, **arguments) if self.factory else self.cls(**arguments)

    def as_written(self, write: Callable[[PlainValue], Any] = lambda leaf: leaf.written) -> dict[str, Any]:
        """Class path and arguments, as a file holds them.

        Args:
            write: what to write for a plain value; by default the value.
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
