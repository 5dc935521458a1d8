"""Heads: what turns a network's numbers into a point or a distribution."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor, nn

from cryptoforecast.data.bars import Bars
from cryptoforecast.data.windows import Window
from cryptoforecast.models.heads.base import Base
from cryptoforecast.models.heads.prediction import Prediction

if TYPE_CHECKING:
    from cryptoforecast.models.contract.units import Units

WIDEST = 8.0  # of the log of a scale or of degrees of freedom beside the rung's, either way
FARTHEST = 1e12  # of a location from the rung's, in the units of the network; squares stay finite in float32


class Head(nn.Module, ABC):
    """What turns a network's numbers into a point or a distribution.

    Attributes:
        size: count of the numbers that it needs for a step; a network returns ``horizon`` times as many.
        base: the rung of the ladder that it stands on, so that numbers of zero are that rung's distribution; None for a
            head that stands on none.
        has_distribution: whether it says a distribution of the closes.

    >>> from cryptoforecast import StudentT
    >>> isinstance(StudentT(), Head), StudentT().size, Point().size
    (True, 3, 1)
    """

    size: int
    has_distribution = True

    def __init__(self, base: Base | None = None) -> None:
        super().__init__()
        self.base = base

    @abstractmethod
    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None
    ) -> Prediction | Float[Tensor, "batch horizon"]:
        """What the numbers say, in the units of the network.

        Args:
            numbers: what the network returned.
            freedom: degrees of freedom of the rung's distributions, which in these units are centred at zero and of
                scale one; None without a rung.
        """

    def in_window(self, predicted: Prediction, units: "Units", window: Window) -> Prediction:
        """The prediction with what else it needs of its windows: by default as it is.

        Args:
            predicted: what :meth:`forward` returned.
            units: between the network and prices.
            window: the batch.
        """
        return predicted

    def fit(self, bars: Sequence[Bars], horizon: int) -> None:
        """Learn from the training bars of all series what no gradient teaches: by default nothing."""


class Point(Head):
    """A point alone: the scaled close of each step, as the network says it.

    >>> import torch
    >>> Point()(torch.ones(4, 7, 1)).shape
    torch.Size([4, 7])
    """

    size = 1
    has_distribution = False

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None = None
    ) -> Float[Tensor, "batch horizon"]:
        """The numbers themselves."""
        return numbers.squeeze(-1)
