"""The Student-t head: heavy tails, as daily changes of coins have them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.models.heads import standard
from cryptoforecast.models.heads.base import RelativeTo, base_of
from cryptoforecast.models.heads.head import FARTHEST, WIDEST, Head
from cryptoforecast.models.heads.prediction import Prediction, to_array, to_tensor


class StudentT(Head):
    """A Student-t distribution for each step: location, scale, and degrees of freedom above 2.

    Numbers of zero are the rung's distribution: exactly for Har, and for Garch at step 1. Ewma's is the Student-t
    distribution fitted to its residuals, and Garch's beyond step 1 the nearest one to what it simulates.

    Args:
        relative_to: the rung of the ladder that the head stands on; the network learns what the rung lacks. Where Har
            or Garch cannot be fitted, the head stands on Ewma. ``none``: location and scale are in the units of
            ``model.scaling``, and numbers of zero have 5 degrees of freedom.
        centred: whether the location stays the rung's, or zero without a rung; the head then needs two numbers for a
            step instead of three.

    >>> head = StudentT(relative_to="none")
    >>> head(torch.zeros(1, 1, head.size), None).quantiles([0.1, 0.5, 0.9]).round(decimals=2).tolist()
    [[[-1.48, 0.0, 1.48]]]
    """

    def __init__(self, relative_to: RelativeTo = "Har", centred: bool = False) -> None:
        super().__init__(base_of(relative_to))
        self.relative_to = relative_to
        self.centred = centred
        self.size = 2 if centred else 3

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None
    ) -> "StudentTPrediction":
        """The distributions that the numbers say."""
        *shift, log_scale, log_freedom = numbers.unbind(-1)
        location = shift[0].clamp(-FARTHEST, FARTHEST) if shift else torch.zeros_like(log_scale)
        above = standard.USUAL_FREEDOM - standard.LEAST_FREEDOM if freedom is None else above_least(freedom, numbers)
        log_freedom = log_freedom.clamp(-WIDEST, WIDEST)
        return StudentTPrediction(
            location, log_scale.clamp(-WIDEST, WIDEST), standard.LEAST_FREEDOM + log_freedom.exp() * above
        )


def above_least(freedom: Tensor, like: Tensor) -> Tensor:
    """A rung's degrees of freedom beyond 2, at least 0.01 and at most 10,000, in the dtype of a tensor."""
    return (freedom - standard.LEAST_FREEDOM).clamp(0.01, standard.MOST_FREEDOM).to(like.dtype)


class StudentTPrediction(Prediction):
    """Student-t distributions, each tensor ``(batch, horizon)``."""

    def __init__(self, location: Tensor, log_scale: Tensor, freedom: Tensor) -> None:
        self.location, self.log_scale, self.freedom = location, log_scale, freedom

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean negative log-likelihood."""
        return -self.log_density(target).mean()

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The log density of targets."""
        z = (target - self.location) * (-self.log_scale).exp()
        return standard.t_log_density(z, self.freedom) - self.log_scale

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles, by SciPy's inverse."""
        location, scale = to_array(self.location), np.exp(to_array(self.log_scale))
        inverse = standard.inverse_cdf(np.asarray(levels), to_array(self.freedom)[..., None])
        return to_tensor(location[..., None] + scale[..., None] * inverse, self.location)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target, by SciPy."""
        z = (to_array(target) - to_array(self.location)) / np.exp(to_array(self.log_scale))
        return to_tensor(standard.cdf(z, to_array(self.freedom)), self.location)
