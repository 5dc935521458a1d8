"""Distributions of torch as predictions: what ``forward`` may return instead of numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.distributions import Distribution

from cryptoforecast.errors import UserError
from cryptoforecast.models.heads.inversion import invert
from cryptoforecast.models.heads.prediction import Prediction, to_array, to_tensor
from cryptoforecast.models.heads.student_t import StudentTPrediction

MOST_DOUBLINGS = 60  # of a bracket around a quantile


def prediction_of(distribution: Distribution) -> Prediction:
    """A distribution of torch as a prediction.

    Args:
        distribution: of batch shape (batch, horizon), in the units of the network.
    """
    predicted: Prediction = TorchPrediction(distribution)
    if isinstance(distribution, torch.distributions.StudentT):  # in which torch has neither cdf nor icdf
        predicted = StudentTPrediction(lambda: (distribution.loc, distribution.scale.log(), distribution.df))
    predicted.output = distribution
    return predicted


def usual_loss(output: Any, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
    """The squared error of scaled closes, or the loss of a distribution.

    Args:
        output: scaled closes, a distribution of torch, or a prediction.
        target: the actual closes, scaled.
    """
    if isinstance(output, Distribution):
        output = prediction_of(output)
    return output.loss(target) if isinstance(output, Prediction) else nn.functional.mse_loss(output, target)


class TorchPrediction(Prediction):
    """A distribution of torch, of batch shape ``(batch, horizon)``.

    Args:
        distribution: quantiles are its ``icdf`` where it has one, else found from its ``cdf``.
    """

    def __init__(self, distribution: Distribution) -> None:
        self.distribution = distribution

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean negative log-likelihood."""
        return -self.log_density(target).mean()

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The log density of targets."""
        density: Tensor = self.distribution.log_prob(target)
        return density

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles."""
        with torch.no_grad():
            like = self._like()
            probabilities = to_tensor(np.asarray(levels), like).view(-1, 1, 1)
            try:
                inverse: Tensor = self.distribution.icdf(probabilities.expand(-1, *like.shape))
                return inverse.movedim(0, -1)
            except NotImplementedError:
                return to_tensor(np.maximum.accumulate(self._inverted(levels), axis=-1), like)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target."""
        with torch.no_grad():
            try:
                probability: Tensor = self.distribution.cdf(target)
                return probability
            except NotImplementedError:
                raise _no_function(self.distribution) from None

    def _inverted(self, levels: Sequence[float]) -> np.ndarray:
        shape = (*self._like().shape, len(levels))
        probabilities = np.broadcast_to(np.asarray(levels), shape)
        low, high = (self._bracket(probabilities, shape, sign) for sign in (-1, 1))
        return invert(self._probabilities, probabilities, low, high)

    def _bracket(self, probabilities: np.ndarray, shape: tuple[int, ...], sign: int) -> np.ndarray:
        """Values below all quantiles (sign -1) or above them (sign 1), within the support."""
        least, most = (getattr(self.distribution.support, f"{side}_bound", None) for side in ("lower", "upper"))
        end = least if sign < 0 else most
        if end is not None:
            return np.broadcast_to(np.asarray(to_array(torch.as_tensor(end)))[..., None], shape).copy()
        start = 0.0 if least is None and most is None else float(torch.as_tensor(most if sign < 0 else least).max())
        for doubling in range(MOST_DOUBLINGS):
            edge = np.full(shape, start + sign * 2.0**doubling)
            if np.all(sign * (self._probabilities(edge) - probabilities) >= 0):
                return edge
        return edge

    def _probabilities(self, values: np.ndarray) -> np.ndarray:
        tensor = to_tensor(values, self._like()).movedim(-1, 0)
        try:
            probability: Any = self.distribution.cdf(tensor)
        except NotImplementedError:
            raise _no_function(self.distribution) from None
        return np.asarray(to_array(probability.movedim(0, -1)))

    def _like(self) -> Tensor:
        """A tensor of the distribution's shape and device."""
        try:
            mean: Tensor = self.distribution.mean
        except NotImplementedError:
            return torch.empty(self.distribution.batch_shape)
        return mean.detach().expand(self.distribution.batch_shape)


def _no_function(distribution: Distribution) -> UserError:
    return UserError(
        f"forward gave a {type(distribution).__name__}, for which torch has neither icdf nor cdf, so it has no "
        "quantiles; return another distribution, such as StudentT or Normal, or numbers for a head."
    )
