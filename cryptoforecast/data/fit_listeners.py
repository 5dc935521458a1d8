"""Functions that are called when a fit begins, by whatever trainer: each fit asks the data module for a loader."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightning.pytorch import Trainer

Listener = Callable[["Trainer"], None]
_listeners: list[str] = []


def call_when_a_fit_begins(function: str) -> None:
    """Register a function to be called with each trainer that asks for training windows; one may ask repeatedly.

    Args:
        function: ``package.module:function`` of a later room, which is imported when the first fit begins.
    """
    _listeners.append(function)


def tell_that_a_fit_begins(trainer: "Trainer | None") -> None:
    """Call all registered functions with the trainer; without a trainer nothing is fitted."""
    if trainer is None:
        return
    for function in _listeners:
        module, _, name = function.partition(":")
        listener: Listener = getattr(import_module(module), name)
        listener(trainer)
