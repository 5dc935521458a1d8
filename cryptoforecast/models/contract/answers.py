"""What a model answers for a batch of windows: the numbers of its network as its head reads them, and as prices."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.data.series import VOLUME
from cryptoforecast.data.windows import Window
from cryptoforecast.models.contract.checks import call_forward, require_bars, require_forecast
from cryptoforecast.models.contract.units import RungUnits, units_of
from cryptoforecast.models.heads.head import Point
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.scaling import standardise_volume
from cryptoforecast.quantiles import LEVELS, MEDIAN

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

Answer = Prediction | Float[Tensor, "batch horizon"]


def answer(model: "Forecaster", window: Window) -> Answer:
    """What a model says of the targets of a batch, in the units of its network: a distribution, or a point.

    Raises:
        UserError: if ``forward`` returns another shape than ``(batch, outputs)``.
    """
    if says_closes(model):
        return model.network_forecast(window.context)
    numbers = call_forward(model, inputs(model, window))
    units = units_of(model, window)
    freedom = units.base.freedom if isinstance(units, RungUnits) else None
    by_step = numbers.view(len(numbers), model.horizon, model.output_head.size)
    predicted: Prediction = model.output_head(by_step, freedom)
    return model.output_head.in_window(predicted, units, window)


def is_point(model: "Forecaster") -> bool:
    """Whether a model says points, or probabilities of a rise, and no distribution of the closes."""
    return not model.output_head.has_distribution or says_closes(model)


def says_closes(model: "Forecaster") -> bool:
    """Whether the numbers of a model's network are the scaled closes themselves, or it forecasts closes without one."""
    return isinstance(model.output_head, Point) or model._overrides("forecast")


def inputs(model: "Forecaster", window: Window) -> Float[Tensor, "batch context_length channels"]:
    """The input of ``forward``: in the units of the model's scaling, or of the rung that its head stands on.

    On a rung, prices are log changes to the last close over the rung's scale of one step, and volumes as everywhere.
    """
    units = units_of(model, window)
    if not isinstance(units, RungUnits):
        return model.network_inputs(window.context)
    require_bars(model, window.context)
    channels = [
        standardise_volume(values) if name == VOLUME else (values / units.last).log() / units.base.scale[:, :1]
        for name, values in zip(model.columns, window.context.unbind(-1), strict=True)
    ]
    return torch.stack(channels, dim=-1).to(model.dtype)


def scaled_target(model: "Forecaster", window: Window) -> Float[Tensor, "batch horizon"]:
    """The targets of a batch in the units of the network."""
    if says_closes(model):
        return model.scaled(window.target, window.context)
    return units_of(model, window).encode(window.target).to(model.dtype)


def forecast_window(model: "Forecaster", window: Window) -> Float[Tensor, "batch horizon"]:
    """The point forecast of a batch in prices: of a distribution, its median.

    Raises:
        UserError: if it has another shape than ``(batch, horizon)``.
    """
    if says_closes(model):
        forecast = model.forecast(window.context)
    else:
        predicted = answer(model, window)
        assert isinstance(predicted, Prediction)
        forecast = units_of(model, window).decode(predicted.quantiles((LEVELS[MEDIAN],))[..., 0])
    return require_forecast(model, "forecast", forecast, window.context, model.horizon)


def window_of(context: Float[Tensor, "batch context_length channels"], horizon: int) -> Window:
    """A batch of contexts whose targets are unknown."""
    numbers = torch.zeros(len(context), dtype=torch.int64, device=context.device)
    return Window(context, context.new_full((len(context), horizon), torch.nan), numbers, numbers)
