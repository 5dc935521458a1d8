"""The Student-t head: heavy tails, as daily changes of coins have them."""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd.function import once_differentiable

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
        given = numbers, freedom, self.centred
        return StudentTPrediction(lambda: _parameters(*given), lambda target: _mean_loss(*given, target))


def above_least(freedom: Tensor | None, numbers: Tensor) -> Tensor | float:
    """Degrees of freedom beyond 2 at numbers of zero: the rung's, at least 0.01 and at most 10,000, or 3."""
    if freedom is None:
        return standard.USUAL_FREEDOM - standard.LEAST_FREEDOM
    return (freedom - standard.LEAST_FREEDOM).clamp(0.01, standard.MOST_FREEDOM).to(numbers.dtype)


def above_least_array(freedom: Tensor | None, numbers: Tensor) -> np.ndarray | float:
    """What :func:`above_least` returns, to the bit, as a float64 array."""
    if freedom is None:
        return standard.USUAL_FREEDOM - standard.LEAST_FREEDOM
    above = np.minimum(np.maximum(to_array(freedom) - standard.LEAST_FREEDOM, 0.01), standard.MOST_FREEDOM)
    return above.astype(np.float32).astype(np.float64) if numbers.dtype == torch.float32 else above


def _parameters(numbers: Tensor, freedom: Tensor | None, centred: bool) -> tuple[Tensor, Tensor, Tensor]:
    """Location, log of the scale and degrees of freedom."""
    location = torch.zeros_like(numbers[..., 0]) if centred else numbers[..., 0].clamp(-FARTHEST, FARTHEST)
    log_scale, log_freedom = numbers[..., -2:].clamp(-WIDEST, WIDEST).unbind(-1)
    return location, log_scale, standard.LEAST_FREEDOM + log_freedom.exp() * above_least(freedom, numbers)


class _MeanLoss(torch.autograd.Function):
    """The mean negative log-likelihood of a network's numbers, whose gradients are computed with it.

    A training step has few numbers, and each of torch's operations takes longer than their arithmetic: so NumPy.
    """

    @staticmethod
    def forward(ctx: Any, numbers: Tensor, freedom: Tensor | None, centred: bool, target: Tensor) -> Tensor:
        values, more = to_array(numbers), above_least_array(freedom, numbers)
        inside = np.minimum(np.maximum(values, -WIDEST), WIDEST)
        log_scale, log_freedom = inside[..., -2], inside[..., -1]
        location = 0.0 if centred else np.minimum(np.maximum(values[..., 0], -FARTHEST), FARTHEST)
        beyond, inverse = np.exp(log_freedom) * more, np.exp(-log_scale)
        z = (to_array(target) - location) * inverse
        density, to_z, to_freedom = standard.t_slopes(z, standard.LEAST_FREEDOM + beyond)
        slopes = (inside == values).astype(np.float64)  # none where a number is beyond what it may be
        if not centred:
            slopes[..., 0] = to_z * inverse * (location == values[..., 0])
        slopes[..., -2] *= to_z * z + 1
        slopes[..., -1] *= to_freedom * -beyond
        slopes /= density.size
        ctx.save_for_backward(torch.from_numpy(slopes).to(numbers.device, numbers.dtype))
        loss = float((log_scale - density).sum()) / density.size
        return torch.full((), loss, dtype=numbers.dtype, device=numbers.device)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None]:
        (slopes,) = ctx.saved_tensors
        return gradient * slopes, None, None, None


def _mean_loss(numbers: Tensor, freedom: Tensor | None, centred: bool, target: Tensor) -> Tensor:
    given = numbers, freedom, centred, target
    loss: Tensor = _outside_graph(*given) if torch.compiler.is_compiling() else _MeanLoss.apply(*given)  # type: ignore[no-untyped-call]
    return loss


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _outside_graph(*given: Any) -> Tensor:
    loss: Tensor = _MeanLoss.apply(*given)  # type: ignore[no-untyped-call]
    return loss


class StudentTPrediction(Prediction):
    """Student-t distributions.

    Args:
        parameters: returns location, log of the scale and degrees of freedom, each ``(batch, horizon)``; called when
            they are first asked for, as training does not need them.
        loss: a quicker way to the mean negative log-likelihood of a target; None for the usual one.
    """

    def __init__(
        self,
        parameters: Callable[[], tuple[Tensor, Tensor, Tensor]],
        loss: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self._parameters, self._loss = parameters, loss

    @functools.cached_property
    def parameters(self) -> tuple[Tensor, Tensor, Tensor]:
        """Location, log of the scale and degrees of freedom, each ``(batch, horizon)``."""
        return self._parameters()

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The mean negative log-likelihood."""
        return -self.log_density(target).mean() if self._loss is None else self._loss(target)

    def log_density(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The log density of targets."""
        location, log_scale, freedom = self.parameters
        return standard.t_log_density((target - location) * (-log_scale).exp(), freedom) - log_scale

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles, by SciPy's inverse."""
        location, log_scale, freedom = (to_array(part)[..., None] for part in self.parameters)
        quantiles = location + np.exp(log_scale) * standard.inverse_cdf(np.asarray(levels), freedom)
        return to_tensor(quantiles, self.parameters[0])

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target, by SciPy."""
        location, log_scale, freedom = (to_array(part) for part in self.parameters)
        return to_tensor(standard.cdf((to_array(target) - location) / np.exp(log_scale), freedom), self.parameters[0])
