"""The quantiles of a head's predictions in operations that torch.export can follow, without SciPy."""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float64, Int64
from torch import Tensor

from cryptoforecast.errors import UserError
from cryptoforecast.export.student_t_quantiles import student_t_quantiles
from cryptoforecast.models.contract.units import Units
from cryptoforecast.models.heads import standard
from cryptoforecast.models.heads.conformal import Conformal, ConformalPrediction
from cryptoforecast.models.heads.head import FARTHEST, WIDEST
from cryptoforecast.models.heads.mixture import Mixture, MixturePrediction
from cryptoforecast.models.heads.normal import NormalPrediction
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.heads.quantiles import Quantiles
from cryptoforecast.models.heads.student_t import StudentTPrediction
from cryptoforecast.models.heads.torch_distribution import TorchPrediction
from cryptoforecast.quantiles import LEVELS

HALVINGS = 60  # of the bracket around a mixture's quantile

At21 = Float64[Tensor, "batch horizon levels"]


def quantiles_in_graph(predicted: Prediction, units: Units) -> At21:
    """The 21 quantiles of predictions, in the units of the network.

    Args:
        predicted: what a head made of a network's numbers.
        units: between the network and prices.

    Raises:
        UserError: if they take more than torch's operations.
    """
    if isinstance(predicted, NormalPrediction):
        location, log_scale = predicted.location.unsqueeze(-1), predicted.log_scale.unsqueeze(-1)
        return location + log_scale.exp() * _normal_quantiles()
    if isinstance(predicted, StudentTPrediction) and predicted.output is None:
        location, log_scale, freedom = predicted.parameters
        return location.unsqueeze(-1) + log_scale.exp().unsqueeze(-1) * student_t_quantiles(freedom)
    if isinstance(predicted, MixturePrediction):
        return _of_mixture(predicted)
    if isinstance(predicted, ConformalPrediction):
        return _of_conformal(predicted, units)
    if isinstance(predicted, TorchPrediction):
        try:
            levels = torch.tensor(LEVELS, dtype=torch.float64).view(-1, 1, 1)
            quantiles: Tensor = predicted.distribution.icdf(levels).movedim(0, -1)
        except NotImplementedError:
            pass
        else:
            return quantiles
    kind = type(predicted.output).__name__ if predicted.output is not None else type(predicted).__name__
    raise UserError(
        f"cannot be exported: the quantiles of torch's {kind} are found by SciPy; let forward return self.outputs "
        "numbers for a head, such as StudentT."
    )


class QuantilesInGraph:
    """The head :class:`Quantiles` at the 21 levels, its knots computed beforehand.

    Args:
        head: the head.
        freedom: degrees of freedom of each step, those of the rung under it; None without a rung.
        horizon: number of steps.
    """

    def __init__(self, head: Quantiles, freedom: Float64[Tensor, " horizon"] | None, horizon: int) -> None:
        self.head = head
        numbers = torch.zeros(1, horizon, head.size, dtype=torch.float64)
        predicted = head(numbers, None if freedom is None else freedom.unsqueeze(0))
        self.knots: Tensor = predicted.knots[0]
        wanted = standard.inverse_cdf(np.asarray(LEVELS), predicted.freedom[0].numpy()[:, None])
        knots, last = self.knots.numpy(), max(head.size - 2, 0)
        left = np.minimum((wanted[..., None] >= knots[:, None, 1:-1]).sum(axis=-1), last)
        right = np.minimum(left + 1, head.size - 1)
        first, second = (np.take_along_axis(knots, side, axis=-1) for side in (left, right))
        apart = second > first
        share = np.where(apart, (wanted - first) / np.where(apart, second - first, 1.0), 0.0)
        self.left, self.right, self.share = (torch.from_numpy(part) for part in (left, right, share))
        self.apart = torch.from_numpy(wanted - first)  # with a single knot

    def __call__(self, numbers: Float64[Tensor, "batch horizon size"]) -> At21:
        """The quantiles, ascending with the levels."""
        centre = self.head._centre
        rest = torch.cat([numbers[..., :centre], numbers[..., centre + 1 :]], dim=-1)
        gaps = self.knots.diff(dim=-1) * rest.clamp(-WIDEST, WIDEST).exp()
        middle = self.knots[..., centre : centre + 1] + numbers[..., centre : centre + 1].clamp(-FARTHEST, FARTHEST)
        below = middle - gaps[..., :centre].flip(-1).cumsum(-1).flip(-1)
        above = middle + gaps[..., centre:].cumsum(-1)
        values = torch.cat([below, middle, above], dim=-1)
        if self.head.size == 1:
            return values + self.apart
        low, high = (_taken(values, side) for side in (self.left, self.right))
        return ascending(low + self.share * (high - low))


def _taken(values: Float64[Tensor, "batch horizon knots"], places: Int64[Tensor, "horizon levels"]) -> At21:
    """The values of each step at its own places."""
    return torch.stack([values[:, step][:, row] for step, row in enumerate(places)], dim=1)


def ascending(quantiles: At21) -> At21:
    """Quantiles of which none is below the one before: rounding may make it so."""
    columns = list(quantiles.unbind(-1))
    for place in range(1, len(columns)):
        columns[place] = torch.maximum(columns[place], columns[place - 1])
    return torch.stack(columns, dim=-1)


def _normal_quantiles() -> Float64[Tensor, " levels"]:
    return torch.from_numpy(standard.inverse_cdf(np.asarray(LEVELS), None))


def _of_mixture(mixture: MixturePrediction) -> At21:
    """The quantiles of normal components mixed, by bisection between the least and the largest of the components'."""
    weights = mixture.log_weights.exp()
    weights = (weights / weights.sum(dim=-1, keepdim=True)).unsqueeze(-2)
    locations, scales = mixture.locations.unsqueeze(-2), mixture.log_scales.exp().unsqueeze(-2)
    of_components = locations + scales * _normal_quantiles().unsqueeze(-1)
    low, high = of_components.amin(dim=-1), of_components.amax(dim=-1)
    levels = torch.tensor(LEVELS, dtype=torch.float64)
    for _ in range(HALVINGS):
        middle = low / 2 + high / 2
        z = (middle.unsqueeze(-1) - locations) / scales
        below = (weights * torch.special.ndtr(z)).sum(dim=-1) < levels
        low, high = torch.where(below, middle, low), torch.where(below, high, middle)
    return ascending(low / 2 + high / 2)


def _of_conformal(predicted: ConformalPrediction, units: Units) -> At21:
    """The point forecasts moved by the quantiles of the errors."""
    points = predicted.point.double()
    prices = units.decode(points)
    moved = [
        torch.where(offset == 0, points, units.encode(prices * (predicted.scale * offset).exp()))
        for offset in predicted.head.offsets(LEVELS)[0].unbind(-1)
    ]
    return torch.stack(moved, dim=-1)


def require_exportable_head(head: Any) -> None:
    """Refuse a head whose quantiles take more than prices alone.

    Raises:
        UserError: saying why.
    """
    if isinstance(head, Conformal) and len(head.errors) > 1:
        raise UserError(
            "cannot be exported: Conformal without a scale has errors of each series, and prices do not tell which "
            "series they are of; train with model.head.scale ewma."
        )
    if isinstance(head, Mixture) and head.base is not None:
        raise UserError(
            "cannot be exported: no format has the distribution function of Student's t, of which Mixture mixes some; "
            "train with model.head.relative_to none, or with StudentT."
        )
