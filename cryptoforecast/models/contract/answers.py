"""The forecasts of a model for a batch of windows: in the units of its network, and in prices."""

from typing import TYPE_CHECKING, Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.distributions import Distribution

from cryptoforecast.data.windows import Window
from cryptoforecast.models.contract.across import forward_across
from cryptoforecast.models.contract.arguments import arguments_of
from cryptoforecast.models.contract.calls import call_forward, require_forecast, require_point
from cryptoforecast.models.contract.checks import require_bars, require_target
from cryptoforecast.models.contract.column_scalings import network_channels
from cryptoforecast.models.contract.learned import require_fitted_estimator
from cryptoforecast.models.contract.outputs import OutputPrediction
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.contract.units import RungUnits, Units, units_of
from cryptoforecast.models.heads.head import Point
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.models.heads.torch_distribution import prediction_of
from cryptoforecast.quantiles import LEVELS, MEDIAN

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

Numbers = Float[Tensor, "batch outputs"] | Distribution  # what ``forward`` may return
Answer = Prediction | Float[Tensor, "batch horizon"]


def answer(model: "Forecaster", window: Window, units: Units | None = None, target: Tensor | None = None) -> Answer:
    """The forecast of a model for the targets of a batch, in the units of its network: a distribution, or a point.

    Args:
        model: the model.
        window: the batch.
        units: of the batch, if the caller has them already.
        target: the scaled targets, in a training step alone.

    Raises:
        UserError: if ``forward`` returns another shape than ``(batch, outputs)``, and no distribution.
    """
    head = model.output_head
    if isinstance(head, Point) and model._overrides("network_forecast"):
        return model.network_forecast(window.context)
    units = units or units_of(model, window)
    if model.across:
        output: Any = forward_across(model, window)
    else:
        x = inputs(model, window, units)
        output = call_forward(model, x, arguments_of(model, window, target))
        if has_method(model, "point"):
            return OutputPrediction(model, output, x)
    if isinstance(output, Distribution):
        return prediction_of(output)
    if isinstance(head, Point):
        return output  # type: ignore[no-any-return]
    freedom = units.base.freedom if isinstance(units, RungUnits) else None
    by_step = output.reshape(len(output), model.horizon, head.size).to(_exact_dtype(output, window))
    predicted: Prediction = head(by_step, freedom)
    return head.in_window(predicted, units, window)


def _exact_dtype(numbers: Tensor, window: Window) -> torch.dtype:
    """The dtype in which a head computes: at least float32 and, where nothing is learned, that of prices."""
    least = torch.float32 if torch.is_grad_enabled() else window.context.dtype
    return torch.promote_types(numbers.dtype, least)


def says_distribution(model: "Forecaster") -> bool | None:
    """Whether a model forecasts distributions of the closes; None where that depends on what ``forward`` returns."""
    head = model.output_head
    if isinstance(head, RungHead):
        return True
    if model._overrides("forecast"):
        return False
    if has_method(model, "point"):
        return has_method(model, "quantiles")
    if isinstance(head, Point) and not model._overrides("network_forecast"):
        return None
    return head.has_distribution


def is_point(model: "Forecaster") -> bool:
    """Whether a model's head gives points alone; ``forward`` may still return a distribution."""
    return says_distribution(model) is not True


def inputs(
    model: "Forecaster", window: Window, units: Units | None = None
) -> Float[Tensor, "batch context_length channels"]:
    """The input of ``forward``: in the units of the model's scaling, or of the rung that its head stands on.

    On a rung, a price is its log ratio to the last close over the rung's scale of one step; other columns are scaled as
    for other heads.
    """
    units = units or units_of(model, window)
    if not isinstance(units, RungUnits):
        return model.network_inputs(window.context)
    require_bars(model, window.context)
    scale = units.base.scale[:, :1]
    return network_channels(model, window.context, lambda values, base: (values / base[:, -1:]).log() / scale)


def point_of_network(
    model: "Forecaster", context: Float[Tensor, "batch context_length channels"]
) -> Float[Tensor, "batch horizon"]:
    """The scaled closes that ``forward`` returns for bars in prices.

    Raises:
        UserError: if it returns something else, or names an argument that bars do not hold.
    """
    x, given = model.network_inputs(context), arguments_of(model, window_of(context, model.horizon))
    output = call_forward(model, x, given)
    return (
        OutputPrediction(model, output, x).own_point() if has_method(model, "point") else require_point(model, output)
    )


def scaled_bars(
    model: "Forecaster", context: Float[Tensor, "batch context_length channels"]
) -> Float[Tensor, "batch context_length channels"]:
    """The input of ``forward`` for a model on no rung: each column scaled, the first by ``model.scaling``."""
    require_bars(model, context)
    return network_channels(model, context, model.scaling.encode)


def scaled_target(
    model: "Forecaster", window: Window, predicted: Answer, units: Units | None = None
) -> Float[Tensor, "batch horizon"]:
    """The targets of a batch in the units of the model's forecast of them."""
    if not isinstance(predicted, Prediction):
        target: Tensor = model.scaled(window.target, window.context)
        return target
    return (units or units_of(model, window)).encode(window.target).to(model.dtype)


def answer_and_target(model: "Forecaster", window: Window) -> tuple[Answer, Float[Tensor, "batch horizon"]]:
    """The forecast for a training batch, and its targets, both in the units of the model's network."""
    units = units_of(model, window)
    given = None
    if "target" in model.names_in_forward:
        on_rung = isinstance(units, RungUnits)
        given = units.encode(window.target).to(model.dtype) if on_rung else model.scaled(window.target, window.context)
    predicted = answer(model, window, units, given)
    return predicted, scaled_target(model, window, predicted, units)


def input_and_target(
    model: "Forecaster", window: Window
) -> tuple[Float[Tensor, "batch context_length channels"], Float[Tensor, "batch horizon"]]:
    """The input of ``forward`` and the targets of a batch, both in the units of the model's network.

    Raises:
        UserError: if the targets have another horizon than the model.
    """
    require_target(model, window.target)
    units = units_of(model, window)
    return inputs(model, window, units), units.encode(window.target).to(model.dtype)


def forecast_window(model: "Forecaster", window: Window) -> Float[Tensor, "batch horizon"]:
    """The point forecast of a batch in prices: of a distribution, its median.

    Raises:
        UserError: if it has another shape than ``(batch, horizon)``.
    """
    if model._overrides("forecast"):
        forecast = model.forecast(window.context)
        return require_forecast(model, "forecast", forecast, window.context, model.horizon)
    return point_of(model, window, answer(model, window))


def point_of(model: "Forecaster", window: Window, predicted: Answer) -> Float[Tensor, "batch horizon"]:
    """A forecast in the units of the network as a point in prices: of a distribution, its median."""
    if isinstance(predicted, Prediction):
        point = predicted.own_point()
        median = predicted.quantiles((LEVELS[MEDIAN],))[..., 0] if point is None else point
        return units_of(model, window).decode(median)
    return model.scaling.decode(predicted.to(window.context.dtype), window.context[..., 0])


def forecast_context(
    model: "Forecaster", context: Float[Tensor, "batch context_length channels"]
) -> Float[Tensor, "batch horizon"]:
    """The point forecast of a batch of contexts, whose targets are unknown, in prices.

    Raises:
        UserError: if the model's head stands on a rung, which needs more than a context.
    """
    require_fitted_estimator(model)
    window = window_of(context, model.horizon)
    return point_of(model, window, answer(model, window))


def window_of(context: Float[Tensor, "batch context_length channels"], horizon: int) -> Window:
    """A batch of contexts whose targets are unknown."""
    numbers = torch.zeros(len(context), dtype=torch.int64, device=context.device)
    return Window(context, context.new_full((len(context), horizon), torch.nan), numbers, numbers)
