"""What a head says of the targets: a distribution for each window and step, in the units of the network."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


class Prediction(ABC):
    """Distributions of the targets of a batch, in the units of the network.

    Attributes:
        point: the points that the network said, if a model's loss is that of a point; None for the loss of the head.
        output: what ``forward`` returned, if a loss of the model's own is given that; None for the prediction itself.
        has_distribution: whether there are quantiles at all levels.
    """

    point: Float[Tensor, "batch horizon"] | None = None
    output: Any = None
    has_distribution = True

    @abstractmethod
    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """What training minimises: a mean over batch and steps."""

    def losses(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The loss of each window and step, whose mean is :meth:`loss`: by default the negative log density."""
        density = self.log_density(target)
        assert density is not None  # else the subclass overrides this
        return -density

    @abstractmethod
    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles, ascending with the levels; without gradients."""

    @abstractmethod
    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target; without gradients."""

    def own_point(self) -> Float[Tensor, "batch horizon"] | None:
        """The point forecast, if it is another than the median; else None."""
        return None

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"] | None:
        """The log density at the targets; None where there is none."""
        return None


def to_array(values: Tensor) -> np.ndarray:
    """A tensor as a float64 array without gradients, for SciPy."""
    array: np.ndarray = values.numpy(force=True).astype(np.float64, copy=False)
    return array


def to_tensor(values: np.ndarray, like: Tensor) -> Tensor:
    """An array as a float64 tensor on the device of another; float32 on a device without float64."""
    dtype = torch.float32 if like.device.type == "mps" else torch.float64
    return torch.as_tensor(values, dtype=dtype, device=like.device)
