"""Whether a loss has fallen."""

from collections.abc import Sequence
from typing import NamedTuple

FEW = 5  # losses, at either end, whose means are compared
SHARE = 0.5  # of the first loss, by which it must fall; also of one below zero, as of densities


class Fall(NamedTuple):
    """The mean of the first losses and of the last."""

    first: float
    last: float

    @property
    def is_enough(self) -> bool:
        """Whether the loss has fallen by half of what it was."""
        return self.last <= self.first - SHARE * abs(self.first)


def fall_of(losses: Sequence[float]) -> Fall:
    """How far the losses of the steps of a fit have fallen.

    >>> fall_of([2.0, 1.0, 0.5, 0.4, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1]).is_enough
    True
    """
    first, last = losses[:FEW], losses[-FEW:]
    return Fall(sum(first) / len(first), sum(last) / len(last))
