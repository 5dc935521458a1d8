"""Losses and squared errors on a batch of windows, of the model and of the random walk."""

import copy
import warnings
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.data.windows import Window, to_device
from cryptoforecast.models.contract.answers import Answer, answer, forecast_window, point_of, scaled_target
from cryptoforecast.models.contract.calibration import collect_errors, finish_calibration
from cryptoforecast.models.contract.calls import call_loss, require_forecast
from cryptoforecast.models.contract.checks import require_target
from cryptoforecast.models.contract.curves import evaluation_curves, log_over_epochs
from cryptoforecast.models.contract.distribution import price_quantiles
from cryptoforecast.models.contract.distribution_errors import COUNT, distribution_curves, distribution_means
from cryptoforecast.models.contract.inference import random_state_kept
from cryptoforecast.models.contract.signatures import takes_one_argument
from cryptoforecast.models.contract.units import units_of
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.quantiles import MEDIAN

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


def errors_on(model: "Forecaster", window: Window) -> Float[Tensor, " means"]:
    """Means over a batch of losses and of squared errors in price, of the model and of the random walk.

    A loss is NaN where it is undefined: the model's if its forecasts have no scaled value, as the logarithm of a
    negative price; the random walk's if the loss depends on more than its two arguments.

    Args:
        model: attached to a trainer.
        window: one batch; without windows where the batch is another process's.

    Returns:
        ``2 + 3 * series + COUNT`` numbers: the two losses; for each series the squared errors of the model, those of
        the random walk, and the share of the windows; and those of :func:`distribution_means`. Zeros for a batch
        without windows.
    """
    if model.trainer.sanity_checking:
        window = _training_windows(model, window)
    membership, context = _membership(model, window), window.context
    if not len(window.target):
        return membership.new_zeros(2 + 3 * len(membership) + COUNT)
    require_target(model, window.target)
    forecast, predicted, quantiles = _forecast(model, window)
    collect_errors(model, forecast, window)
    walk, target = (
        context[:, -1:, 0].expand_as(forecast),
        scaled_target(model, window, predicted),
    )
    loss = call_loss(model, predicted, target, window)
    if model._walk_has_a_loss is None:
        usual, no_head = not model._overrides("loss"), not isinstance(predicted, Prediction)
        model._walk_has_a_loss = no_head and (usual or depends_only_on_arguments(model, window))
    walk_loss = torch.full_like(loss, torch.nan)
    if model._walk_has_a_loss:
        with model._curves.paused():  # curves logged in the loss are the model's
            walk_loss = call_loss(model, model.scaled(walk, context), target, window)
    squared = [(prices - window.target).square().mean(dim=1) for prices in (forecast, walk)]
    errors = [(membership * values).mean(dim=1) for values in squared]
    further = distribution_means(model, window, quantiles)
    return torch.cat([torch.stack([loss, walk_loss]), *errors, membership.mean(dim=1), further])


def add_errors(model: "Forecaster", window: Window) -> None:
    """Add the losses and squared errors of a batch to those of the evaluation."""
    model._evaluation.add(errors_on(model, window), len(window.target))


def log_errors(model: "Forecaster", stage: str) -> None:
    """Log the curves of an evaluation: those of the model, and loss, RMSE and skill unless its own step added none.

    Args:
        model: attached to a trainer.
        stage: ``val`` or ``test``.
    """
    curves = _curves_of_errors(model, stage) | model._curves.take(model, stage)
    if curves:
        log_over_epochs(model, curves)
    if stage == "val":
        finish_calibration(model)


def _curves_of_errors(model: "Forecaster", stage: str) -> dict[str, Tensor]:
    """The inherited curves; none where a variant's own step has added no errors, in whichever process."""
    monitored = [model.monitor] if model.monitor.startswith(f"{stage}/") else []
    for name in (f"{stage}/loss", f"{stage}/loss_random_walk", *monitored):  # of an earlier epoch; this may have none
        model.trainer.callback_metrics.pop(name, None)
    if not len(model._evaluation):
        return {}
    means, data = model._evaluation.take(model), datamodule_of(model.trainer)
    means, further = means[:-COUNT], means[-COUNT:]
    names = [series.closes.name for series in data.series] if data else []
    curves = evaluation_curves(stage, means, not model._overrides("forecast"), names)
    return curves | distribution_curves(stage, further)


def _forecast(model: "Forecaster", window: Window) -> tuple[Tensor, Answer, Tensor | None]:
    """The point forecast in prices, the forecast that the loss is taken of, and the quantiles in prices if any."""
    context = window.context
    if not model._overrides("forecast"):
        predicted = answer(model, window)
        if not isinstance(predicted, Prediction) or not predicted.has_distribution:
            return point_of(model, window, predicted), predicted, None
        quantiles, point = price_quantiles(units_of(model, window), predicted), predicted.own_point()
        return quantiles[..., MEDIAN] if point is None else point_of(model, window, predicted), predicted, quantiles
    forecast = require_forecast(model, "forecast", model.forecast(context), context, model.horizon)
    if model._overrides("forward") and takes_one_argument(model.forward):
        scaled = model(model.network_inputs(context))
        if isinstance(scaled, Tensor) and scaled.shape == forecast.shape:
            return forecast, scaled, None
    return forecast, model.scaled(forecast, context), None


def depends_only_on_arguments(model: "Forecaster", window: Window) -> bool:
    """Whether a model's loss depends on its two arguments alone, and not on what ``forward`` has stored on the model.

    A loss that reads stored values, such as quantiles, scores the model even when it is given the forecast of the
    random walk.

    Args:
        model: stays as it is; a copy is used.
        window: a batch to compute losses on.
    """
    context = window.context
    ramp = torch.linspace(1.0, 1.1, context.shape[1], dtype=context.dtype, device=context.device)
    shared = {id(weights): weights for weights in model.parameters()}
    with random_state_kept(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # self.log of a copy without a trainer
        try:
            copied = copy.deepcopy(model, shared)
            walk = copied.scaled(context[:, -1:, 0].expand_as(window.target), context)
            target, losses = copied.scaled(window.target, context), []
            for bars in (context, context * ramp.unsqueeze(-1)):
                torch.manual_seed(0)  # a loss may use random numbers
                forecast_window(copied, window._replace(context=bars))
                losses.append(call_loss(copied, walk, target, window))
        except Exception:  # a loss that fails on the copy tells nothing
            return False
    return torch.equal(*losses) or all(bool(loss.isnan().all()) for loss in losses)


def _training_windows(model: "Forecaster", window: Window) -> Window:
    """Training windows instead of validation windows, for Lightning's sanity check before the first epoch.

    Layers that learn from their first input, as some normalisations do, must not learn from validation windows.
    """
    data, device = datamodule_of(model.trainer), window.context.device
    return window if data is None else to_device(data.windows[data.fold.train[: len(window.target)]], device)


def _membership(model: "Forecaster", window: Window) -> Tensor:
    """1 where a window belongs to a series, else 0: (series, batch); products with it are summed in a fixed order."""
    data = datamodule_of(model.trainer)
    if data is None:
        return torch.ones_like(window.target[:, 0]).unsqueeze(0)
    numbers = torch.arange(len(data.series), device=window.series.device)
    return (window.series == numbers.unsqueeze(1)).to(window.target.dtype)
