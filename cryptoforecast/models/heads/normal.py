"""The normal head."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.models.heads import standard
from cryptoforecast.models.heads.base import RelativeTo, base_of
from cryptoforecast.models.heads.head import FARTHEST, WIDEST, Head
from cryptoforecast.models.heads.prediction import Prediction, to_array, to_tensor


class Normal(Head):
    """A normal distribution for each step: location and scale.

    Args:
        relative_to: the rung of the ladder that the head stands on: numbers of zero are the normal distribution with
            the location and the standard deviation of the rung's Student-t, which is the nearest in likelihood but has
            lighter tails. ``none``: location and scale are in the units of ``model.scaling``.

    >>> import torch
    >>> head = Normal(relative_to="none")
    >>> head(torch.zeros(1, 1, head.size), None).quantiles([0.1, 0.5, 0.9]).round(decimals=2).tolist()
    [[[-1.28, 0.0, 1.28]]]
    """

    size = 2

    def __init__(self, relative_to: RelativeTo = "Har") -> None:
        super().__init__(base_of(relative_to))
        self.relative_to = relative_to

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None
    ) -> "NormalPrediction":
        """The distributions that the numbers say."""
        location, log_scale = numbers.unbind(-1)
        log_scale = log_scale.clamp(-WIDEST, WIDEST)
        if freedom is not None:
            within = freedom.to(numbers.dtype).clamp(standard.LEAST_FREEDOM + 0.01, standard.MOST_FREEDOM)
            log_scale = log_scale + (within / (within - standard.LEAST_FREEDOM)).log() / 2
        return NormalPrediction(location.clamp(-FARTHEST, FARTHEST), log_scale)


class NormalPrediction(Prediction):
    """Normal distributions, each tensor ``(batch, horizon)``."""

    def __init__(self, location: Tensor, log_scale: Tensor) -> None:
        self.location, self.log_scale = location, log_scale

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean negative log-likelihood."""
        return -self.log_density(target).mean()

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The log density of targets."""
        z = (target - self.location) * (-self.log_scale).exp()
        return standard.normal_log_density(z) - self.log_scale

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles, by SciPy's inverse."""
        location, scale = to_array(self.location), np.exp(to_array(self.log_scale))
        inverse = standard.inverse_cdf(np.asarray(levels), None)
        return to_tensor(location[..., None] + scale[..., None] * inverse, self.location)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target, by SciPy."""
        z = (to_array(target) - to_array(self.location)) / np.exp(to_array(self.log_scale))
        return to_tensor(standard.cdf(z, None), self.location)
