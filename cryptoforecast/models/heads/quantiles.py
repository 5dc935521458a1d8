"""Quantiles that never cross, as a network's direct output (Koenker and Bassett, Econometrica 46(1), 1978)."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.errors import UserError
from cryptoforecast.models.heads import standard
from cryptoforecast.models.heads.base import RelativeTo, base_of
from cryptoforecast.models.heads.head import FARTHEST, WIDEST, Head
from cryptoforecast.models.heads.prediction import Prediction, to_array, to_tensor
from cryptoforecast.models.heads.student_t import above_least
from cryptoforecast.quantiles import LEVELS


class Quantiles(Head):
    """Quantiles for each step, without an assumption about their distribution; trained by the pinball loss.

    A number moves the level nearest to 0.5; each other is the log of how much wider the gap to the next level is than
    the rung's, so that quantiles never cross, whatever the weights are. Numbers of zero are the rung's distribution, as
    exactly as for :class:`StudentT`: between two levels a quantile lies where the rung's own would, if its gap were
    stretched to the network's, and beyond the outermost levels the rung's tail goes on, stretched as the outermost gap.
    There is no log density.

    Args:
        levels: probabilities between 0 and 1, ascending.
        relative_to: the rung of the ladder that the head stands on. ``none``: a Student-t distribution with 5 degrees
            of freedom in the units of ``model.scaling``.

    >>> head = Quantiles(levels=[0.1, 0.5, 0.9], relative_to="none")
    >>> head(torch.tensor([[[0.0, 1.0, 2.0]]]), None).quantiles([0.1, 0.5, 0.9]).round(decimals=2).tolist()
    [[[-0.48, 1.0, 11.91]]]
    """

    def __init__(self, levels: Sequence[float] = LEVELS, relative_to: RelativeTo = "Har") -> None:
        super().__init__(base_of(relative_to))
        self.levels = tuple(float(level) for level in levels)
        if not self.levels or not np.all(np.diff([0.0, *self.levels, 1.0]) > 0):
            raise UserError(f"model.head.levels is {list(levels)}; levels are between 0 and 1, ascending.")
        self.relative_to = relative_to
        self.size = len(self.levels)
        self._centre = int(np.argmin(np.abs(np.array(self.levels) - 0.5)))

    def forward(
        self, numbers: Float[Tensor, "batch horizon size"], freedom: Float[Tensor, "batch horizon"] | None
    ) -> "QuantilesPrediction":
        """The quantiles that the numbers say."""
        freedom = torch.zeros_like(numbers[..., 0]) + (standard.LEAST_FREEDOM + above_least(freedom, numbers))
        knots, centre = standard.t_quantiles(self.levels, freedom), self._centre
        shift, rest = (
            numbers[..., centre : centre + 1],
            torch.cat([numbers[..., :centre], numbers[..., centre + 1 :]], dim=-1),
        )
        gaps = knots.diff(dim=-1) * rest.clamp(-WIDEST, WIDEST).exp()
        middle = knots[..., centre : centre + 1] + shift.clamp(-FARTHEST, FARTHEST)
        below = middle - gaps[..., :centre].flip(-1).cumsum(-1).flip(-1)
        above = middle + gaps[..., centre:].cumsum(-1)
        return QuantilesPrediction(torch.cat([below, middle, above], dim=-1), knots, freedom, self.levels)


class QuantilesPrediction(Prediction):
    """Quantiles and those of the Student-t distribution that they are a stretching of.

    Args:
        values: quantiles of the targets, ``(batch, horizon, levels)``.
        knots: those of the distribution, of the same shape.
        freedom: its degrees of freedom, ``(batch, horizon)``.
        levels: the probabilities.
    """

    def __init__(self, values: Tensor, knots: Tensor, freedom: Tensor, levels: tuple[float, ...]) -> None:
        self.values, self.knots, self.freedom, self.levels = values, knots, freedom, levels

    def loss(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, ""]:
        """The pinball loss, a mean over levels too."""
        return self._pinball(target).mean()

    def losses(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The pinball loss of each window and step, a mean over levels."""
        return self._pinball(target).mean(dim=-1)

    def _pinball(self, target: Tensor) -> Float[Tensor, "batch horizon levels"]:
        levels = torch.tensor(self.levels, dtype=self.values.dtype, device=self.values.device)
        above = target.unsqueeze(-1) - self.values
        return torch.maximum(levels * above, (levels - 1) * above)

    def quantiles(self, levels: Sequence[float]) -> Float[Tensor, "batch horizon levels"]:
        """Quantiles at any levels."""
        wanted = standard.inverse_cdf(np.asarray(levels), to_array(self.freedom)[..., None])
        stretched = _piecewise_linear(wanted, to_array(self.knots), to_array(self.values))
        return to_tensor(np.maximum.accumulate(stretched, axis=-1), self.values)

    def cdf(self, target: Float[Tensor, "batch horizon"]) -> Float[Tensor, "batch horizon"]:
        """The probability of a smaller target."""
        values = to_array(target)[..., None]
        shrunk = _piecewise_linear(values, to_array(self.values), to_array(self.knots))[..., 0]
        return to_tensor(standard.cdf(shrunk, to_array(self.freedom)), self.values)


def _piecewise_linear(values: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Values mapped as the lines between knots say, and beyond the outermost knots as the outermost lines.

    Args:
        values: ``(batch, horizon, values)``.
        before: knots, ascending, ``(batch, horizon, knots)``.
        after: what they are mapped to. With a single knot, values keep their distance from it.
    """
    if before.shape[-1] == 1:
        shifted: np.ndarray = values - before + after
        return shifted
    left = (values[..., None] >= before[..., None, 1:-1]).sum(axis=-1)
    at = [np.take_along_axis(knots, left + side, axis=-1) for knots in (before, after) for side in (0, 1)]
    first, second, low, high = at
    apart = second > first  # in float32, knots far from zero may be the same number
    share = np.where(apart, (values - first) / np.where(apart, second - first, 1.0), values >= second)
    mapped: np.ndarray = low + share * (high - low)
    return mapped
