"""The distribution that a model forecasts for a batch of windows, in prices."""

import copy
import math
import warnings
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float64
from torch import Tensor

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.windows import Window
from cryptoforecast.models.contract.answers import answer, forecast_window, point_of, says_distribution
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.contract.inference import random_state_kept
from cryptoforecast.models.contract.units import Units, require_state, units_of
from cryptoforecast.models.heads.bernoulli import RisePrediction
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.models.ladder.in_price import in_price
from cryptoforecast.quantiles import LEVELS, MEDIAN

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


class WindowForecast(NamedTuple):
    """What a model forecasts for a batch.

    Attributes:
        point: the closes, in the currency of the series; of a distribution its median, unless the model has its own.
        distribution: None for a model that forecasts no distribution of the closes.
        rise: the probabilities that the closes are above the last ones; None where the model's head gives none.
    """

    point: Float64[Tensor, "batch horizon"]
    distribution: PriceDistribution | None = None
    rise: Float64[Tensor, "batch horizon"] | None = None


def forecast_with_distribution(model: "Forecaster", window: Window) -> WindowForecast:
    """The point forecast of a batch, and its distribution or its probabilities, from one call of ``forward``."""
    if model._overrides("forecast"):
        head = model.output_head
        beside = _of_rung(head, window) if isinstance(head, RungHead) else None
        return WindowForecast(forecast_window(model, window).double(), beside)
    predicted = answer(model, window)
    if not isinstance(predicted, Prediction) or not predicted.has_distribution:
        rise = predicted.log_odds.double().sigmoid() if isinstance(predicted, RisePrediction) else None
        return WindowForecast(point_of(model, window, predicted).double(), rise=rise)
    units = units_of(model, window)
    quantiles = price_quantiles(units, predicted)
    distribution = _at_the_targets(predicted, quantiles, units, window)
    if predicted.own_point() is not None:
        return WindowForecast(point_of(model, window, predicted).double(), distribution)
    return WindowForecast(quantiles[..., MEDIAN], distribution)


def _at_the_targets(
    predicted: Prediction, quantiles: Float64[Tensor, "batch horizon levels"], units: Units, window: Window
) -> PriceDistribution:
    """The quantiles of a prediction, with its probability and its density at the targets."""
    unknown = torch.full_like(quantiles[..., 0], torch.nan)
    if window.target.isnan().all():  # at which distributions of torch raise an error
        return PriceDistribution(quantiles, unknown, unknown)
    target = units.encode(window.target).double()
    density = predicted.log_density(target)
    known = unknown if density is None else density.double() + _log_slope(units, window)
    return PriceDistribution(quantiles, predicted.cdf(target).double(), known)


def forecasts_distribution(model: "Forecaster", data: CloseDataModule) -> bool:
    """Whether a model forecasts distributions; where only its ``forward`` tells, a copy forecasts a training window.

    Args:
        model: stays as it is; False if the copy cannot forecast, as before a fit.
        data: set up.
    """
    known = says_distribution(model)
    if known is not None:
        return known
    with random_state_kept(), torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            copied = copy.deepcopy(model).eval()
            copied.scaling.fit(data.train_closes())
            return isinstance(answer(copied, follow(copied, data)[data.fold.train[:1]]), Prediction)
        except Exception:  # of the variant's own code, which raises it again where the model is trained
            return False


@torch.compiler.disable  # type: ignore[untyped-decorator]
def price_quantiles(units: Units, predicted: Prediction) -> Float64[Tensor, "batch horizon levels"]:
    """The 21 quantiles of predictions, in the currency of the series."""
    return units.decode_levels(predicted.quantiles(LEVELS)).double()


def _of_rung(head: RungHead, window: Window) -> PriceDistribution:
    """The distribution of a rung, the same bits as where it is a baseline beside other models."""
    state, last, actual = (
        part.double().cpu().numpy() for part in (require_state(head, window), window.context[:, -1, 0], window.target)
    )
    parts = in_price(head.base.rung, state, last, actual)
    quantiles, pit, density = (torch.from_numpy(part).to(window.target.device) for part in parts)
    return PriceDistribution(quantiles, pit, density)


def _log_slope(units: Units, window: Window) -> Tensor:
    """The log of how fast the network's units change with the log of the price, at the targets."""
    above, below = (units.encode(window.target * math.exp(sign * NUDGE)) for sign in (1, -1))
    return ((above - below) / (2 * NUDGE)).log()
