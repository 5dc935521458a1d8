"""What a head says of the targets: a distribution for each window and step, in the units of the network."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from jaxtyping import Float
from torch import Tensor


class Prediction(ABC):
    """Distributions of the targets of a batch, in the units of the network.

    Attributes:
        point: the points that the network said, if a model's loss is that of a point; None for the loss of the head.
    """

    point: Float[Tensor, "batch horizon"] | None = None

    @abstractmethod
    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """What training minimises: a mean over batch and steps."""

    @abstractmethod
    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles, ascending with the levels; without gradients."""

    @abstractmethod
    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target; without gradients."""

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"] | None:
        """The log density at the targets; None where there is none."""
        return None
