"""The head of a model that is a rung of the ladder and nothing more."""

from jaxtyping import Float
from torch import Tensor

from cryptoforecast.models.heads.base import Base
from cryptoforecast.models.heads.head import Head


class RungHead(Head):
    """The distribution of a rung as it is: a network has nothing to add, and says no numbers.

    Args:
        name: of the rung: ``Ewma``, ``Garch`` or ``Har``.

    >>> RungHead("Garch").size
    0
    """

    size = 0
    base: Base

    def __init__(self, name: str) -> None:
        super().__init__(Base(name, fallback=False))
        self.name = name

    def forward(
        self, numbers: Float[Tensor, "batch horizon 0"], freedom: Float[Tensor, "batch horizon"] | None = None
    ) -> Float[Tensor, "batch horizon"]:
        """No change from the last close, which is the point forecast of every rung."""
        return numbers.new_zeros(numbers.shape[:2])
