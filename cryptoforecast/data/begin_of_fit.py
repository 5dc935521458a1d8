"""Who is told that a fit begins: every fit on our data asks for its training windows, whoever trains."""

from collections.abc import Callable

from lightning.pytorch import Trainer

_told: list[Callable[[Trainer], None]] = []


def tell_when_a_fit_begins(listener: Callable[[Trainer], None]) -> None:
    """Have a function called with each trainer that asks for its training windows; a fit may ask more than once."""
    _told.append(listener)


def say_that_a_fit_begins(trainer: Trainer | None) -> None:
    """Call those who want to know; without a trainer nothing is fitted."""
    if trainer is not None:
        for listener in _told:
            listener(trainer)
