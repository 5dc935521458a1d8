"""The head of a mixture density network (Bishop, Neural Computing Research Group report NCRG/94/004, 1994)."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.errors import UserError
from cryptoforecast.models.heads import standard
from cryptoforecast.models.heads.base import RelativeTo, base_of
from cryptoforecast.models.heads.head import FARTHEST, WIDEST, Head
from cryptoforecast.models.heads.inversion import invert
from cryptoforecast.models.heads.prediction import Prediction, to_array, to_tensor

LEAST_LOG_WEIGHT = 30.0  # of the logits, either way


class Mixture(Head):
    """A mixture of distributions for each step: a weight, a location and a scale of each component.

    On a rung the components are Student-t distributions with the rung's degrees of freedom, and numbers of zero are the
    rung's distribution, as exactly as for :class:`StudentT`. Components whose numbers are equal get equal gradients and
    stay equal: initialise the output layer at random, as torch does.

    Args:
        components: count of the distributions.
        relative_to: the rung of the ladder that the head stands on. ``none``: the components are normal distributions
            in the units of ``model.scaling``.

    >>> import torch
    >>> head = Mixture(components=2, relative_to="none")
    >>> head(torch.zeros(1, 1, head.size), None).quantiles([0.1, 0.5, 0.9]).round(decimals=2).tolist()
    [[[-1.28, 0.0, 1.28]]]
    """

    def __init__(self, components: int = 3, relative_to: RelativeTo = "Har") -> None:
        super().__init__(base_of(relative_to))
        if components < 1:
            raise UserError(f"model.head.components is {components}; a mixture has at least one.")
        self.components = components
        self.relative_to = relative_to
        self.size = 3 * components

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None
    ) -> "MixturePrediction":
        """The distributions that the numbers say."""
        logits, locations, log_scales = numbers.reshape(*numbers.shape[:2], 3, self.components).unbind(-2)
        if freedom is not None:
            least, most = standard.LEAST_FREEDOM + 0.01, standard.LEAST_FREEDOM + standard.MOST_FREEDOM
            freedom = freedom.clamp(least, most).to(numbers.dtype)
        return MixturePrediction(
            logits.clamp(-LEAST_LOG_WEIGHT, LEAST_LOG_WEIGHT).log_softmax(-1),
            locations.clamp(-FARTHEST, FARTHEST),
            log_scales.clamp(-WIDEST, WIDEST),
            freedom,
        )


class MixturePrediction(Prediction):
    """Mixtures: tensors ``(batch, horizon, components)``, and degrees of freedom ``(batch, horizon)`` or None."""

    def __init__(self, log_weights: Tensor, locations: Tensor, log_scales: Tensor, freedom: Tensor | None) -> None:
        self.log_weights, self.locations, self.log_scales, self.freedom = log_weights, locations, log_scales, freedom

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean negative log-likelihood."""
        return -self.log_density(target).mean()

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The log density of targets."""
        z = (target.unsqueeze(-1) - self.locations) * (-self.log_scales).exp()
        if self.freedom is None:
            densities = standard.normal_log_density(z)
        else:
            densities = standard.t_log_density(z, self.freedom.unsqueeze(-1))
        return (self.log_weights + densities - self.log_scales).logsumexp(-1)

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles, exact to 1e-9 in probability."""
        probabilities, parts = np.asarray(levels), _Arrays(self)
        freedom = None if parts.freedom is None else parts.freedom[..., None]
        of_standard = np.broadcast_to(
            standard.inverse_cdf(probabilities, freedom), (*self.locations.shape[:2], len(probabilities))
        )
        by_component = parts.locations[..., None, :] + parts.scales[..., None, :] * of_standard[..., None]
        low, high = by_component.min(axis=-1), by_component.max(axis=-1)  # the mixture's are between
        quantiles = invert(lambda values: parts.cdf(values), np.broadcast_to(probabilities, low.shape), low, high)
        return to_tensor(np.maximum.accumulate(quantiles, axis=-1), self.locations)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target, by SciPy."""
        return to_tensor(_Arrays(self).cdf(to_array(target)[..., None])[..., 0], self.locations)


class _Arrays:
    """The parameters of mixtures as arrays."""

    def __init__(self, mixtures: MixturePrediction) -> None:
        self.weights, self.scales = np.exp(to_array(mixtures.log_weights)), np.exp(to_array(mixtures.log_scales))
        self.weights /= self.weights.sum(axis=-1, keepdims=True)
        self.locations = to_array(mixtures.locations)
        self.freedom = None if mixtures.freedom is None else to_array(mixtures.freedom)

    def cdf(self, values: np.ndarray) -> np.ndarray:
        """Probabilities of smaller values, ``(batch, horizon, values)``."""
        z = (values[..., None] - self.locations[..., None, :]) / self.scales[..., None, :]
        freedom = None if self.freedom is None else self.freedom[..., None, None]
        probabilities: np.ndarray = (self.weights[..., None, :] * standard.cdf(z, freedom)).sum(axis=-1)
        return probabilities
