"""The distribution that a model forecasts for a batch of windows, in prices."""

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.windows import Window
from cryptoforecast.models.contract.answers import answer, says_closes
from cryptoforecast.models.contract.units import Units, units_of
from cryptoforecast.models.heads.bernoulli import Bernoulli, RisePrediction
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.quantiles import LEVELS

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

NUDGE = 1e-4  # of the log of a price, for the slope of a scaling


class PriceDistribution(NamedTuple):
    """The distributions of the closes of a batch.

    Attributes:
        quantiles: at the 21 levels, in the currency of the series.
        pit: the probability of a smaller close than the actual one; NaN where that is unknown.
        log_density: of the log change from the last close, at the actual one; NaN where there is none.
    """

    quantiles: Float64[Tensor, "batch horizon levels"]
    pit: Float64[Tensor, "batch horizon"]
    log_density: Float64[Tensor, "batch horizon"]


def rise_of(model: "Forecaster", window: Window) -> Float64[Tensor, "batch horizon"] | None:
    """The probabilities that the closes of a batch are above the last ones; None if the model's head says none."""
    if not isinstance(model.output_head, Bernoulli) or says_closes(model):
        return None
    predicted = answer(model, window)
    assert isinstance(predicted, RisePrediction)
    return predicted.log_odds.double().sigmoid()


def distribution_of(model: "Forecaster", window: Window) -> PriceDistribution | None:
    """The distributions that a model forecasts for a batch; None if it forecasts points alone."""
    predicted = answer(model, window)
    if not isinstance(predicted, Prediction):
        return None
    units = units_of(model, window)
    levels = predicted.quantiles(LEVELS).double().unbind(-1)
    quantiles = torch.stack([units.decode(level) for level in levels], dim=-1)
    target = units.encode(window.target).double()
    density = predicted.log_density(target)
    known = torch.full_like(target, torch.nan) if density is None else density.double() + _log_slope(units, window)
    return PriceDistribution(quantiles.double(), predicted.cdf(target).double(), known)


def _log_slope(units: Units, window: Window) -> Tensor:
    """The log of how fast the network's units change with the log of the price, at the targets."""
    above, below = (units.encode(window.target * math.exp(sign * NUDGE)) for sign in (1, -1))
    return ((above - below) / (2 * NUDGE)).log()
