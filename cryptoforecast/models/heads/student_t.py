"""The Student-t head: heavy tails, as daily changes of coins have them."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.models.heads.base import Base, RelativeTo
from cryptoforecast.models.heads.head import Head
from cryptoforecast.models.heads.prediction import Prediction

LEAST_FREEDOM = 2.0  # below, there is no variance
USUAL_FREEDOM = 5.0  # of a head that stands on no rung, at numbers of zero
MOST_FREEDOM = 1e4  # of a rung's, which may be infinite: practically normal
WIDEST = 8.0  # of the log of a scale or of degrees of freedom beside the rung's


class StudentT(Head):
    """A Student-t distribution for each step: location, scale, and degrees of freedom above 2.

    Args:
        relative_to: the rung of the ladder that the head stands on: numbers of zero are its distribution, and the
            network learns what it lacks. Where Har or Garch cannot be fitted, the head stands on Ewma. ``none``:
            location and scale are in the units of ``model.scaling``.

    >>> head = StudentT(relative_to="none")
    >>> head(torch.zeros(1, 1, head.size), None).quantiles([0.1, 0.5, 0.9]).round(decimals=2).tolist()
    [[[-1.48, 0.0, 1.48]]]
    """

    size = 3

    def __init__(self, relative_to: RelativeTo = "Har") -> None:
        super().__init__(None if relative_to == "none" else Base(relative_to))
        self.relative_to = relative_to

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None
    ) -> "StudentTPrediction":
        """The distributions that the numbers say."""
        location, log_scale, log_freedom = numbers.unbind(-1)
        above = torch.full_like(location, USUAL_FREEDOM) if freedom is None else freedom.to(numbers.dtype)
        above = above.clamp(max=MOST_FREEDOM) - LEAST_FREEDOM
        return StudentTPrediction(
            location,
            log_scale.clamp(-WIDEST, WIDEST).exp(),
            LEAST_FREEDOM + above * log_freedom.clamp(-WIDEST, WIDEST).exp(),
        )


class StudentTPrediction(Prediction):
    """Student-t distributions, each tensor ``(batch, horizon)``."""

    def __init__(self, location: Tensor, scale: Tensor, freedom: Tensor) -> None:
        self.location, self.scale, self.freedom = location, scale, freedom

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean negative log-likelihood."""
        return -self.log_density(target).mean()

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The log density of targets."""
        distribution = torch.distributions.StudentT(self.freedom, self.location, self.scale, validate_args=False)
        density: Tensor = distribution.log_prob(target)  # type: ignore[no-untyped-call]
        return density

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles, by SciPy's inverse."""
        from scipy.special import stdtrit

        location, scale, freedom = self._arrays()
        inverse = stdtrit(freedom[..., None], np.asarray(levels))
        return self._tensor(location[..., None] + scale[..., None] * inverse)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target, by SciPy."""
        from scipy.special import stdtr

        location, scale, freedom = self._arrays()
        return self._tensor(stdtr(freedom, (target.detach().double().cpu().numpy() - location) / scale))

    def _arrays(self) -> list[np.ndarray]:
        return [part.detach().double().cpu().numpy() for part in (self.location, self.scale, self.freedom)]

    def _tensor(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(values, device=self.location.device)
