"""A model's errors on a batch of windows, beside the random walk's."""

import copy
import warnings
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.data.windows import Window, to_device
from cryptoforecast.models.contract.checks import require_forecast, require_target
from cryptoforecast.models.contract.curves import evaluation_curves, log_over_epochs
from cryptoforecast.models.contract.inference import random_state_kept
from cryptoforecast.models.contract.signatures import takes_one_argument

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster


def errors_on(model: "Forecaster", window: Window) -> Float[Tensor, " means"]:
    """Means over a batch: two losses, then a squared error in price for each series, the model's and the walk's.

    A loss that would mean nothing is NaN: the model's where its forecasts have no scaled value, such as the logarithm
    of a negative price, and the random walk's where the loss reads more than the forecast that it is given.

    Args:
        model: attached to a trainer.
        window: one batch; of no window at all where it is another process's.

    Returns:
        The layout that ``evaluation_curves`` reads; zeros for a batch of no window.
    """
    if model.trainer.sanity_checking:
        window = _of_training(model, window)
    members, context = _members(model, window), window.context
    if not len(window.target):
        return members.new_zeros(2 + 3 * len(members))
    require_target(model, window.target)
    forecast, scaled = _forecast(model, context)
    walk, target = context[:, -1:, 0].expand_as(forecast), model.scaled(window.target, context)
    loss = model._loss(scaled, target)
    if model._walk_has_a_loss is None:
        model._walk_has_a_loss = not model._overrides("loss") or depends_only_on_arguments(model, window)
    walk_loss = torch.full_like(loss, torch.nan)
    if model._walk_has_a_loss:
        with model._curves.paused():  # a loss that draws a curve draws the model's
            walk_loss = model._loss(model.scaled(walk, context), target)
    errors = [(members * (one - window.target).square().mean(dim=1)).mean(dim=1) for one in (forecast, walk)]
    return torch.cat([torch.stack([loss, walk_loss]), *errors, members.mean(dim=1)])


def add_errors(model: "Forecaster", window: Window) -> None:
    """Add a batch's losses and squared price errors, the model's and the random walk's, to those of the evaluation."""
    model._evaluation.add(errors_on(model, window), len(window.target))


def log_errors(model: "Forecaster", stage: str) -> None:
    """Log the curves of an evaluation: the inherited ones, unless a variant's step has added nothing, and its own.

    Args:
        model: attached to a trainer.
        stage: ``val`` or ``test``.
    """
    curves = model._curves.take(model, stage)
    if len(model._evaluation):
        means, data = model._evaluation.take(model), datamodule_of(model.trainer)
        for name in (f"{stage}/loss", f"{stage}/loss_random_walk"):  # of an earlier epoch; this one may have none
            model.trainer.callback_metrics.pop(name, None)
        names = [one.closes.name for one in data.series] if data else []
        curves |= evaluation_curves(stage, means, not model._overrides("forecast"), names)
    if curves:
        log_over_epochs(model, curves)


def _forecast(model: "Forecaster", context: Tensor) -> tuple[Tensor, Tensor]:
    """A forecast in prices, and what the loss is to see of it: what ``forward`` returned, if that is one."""
    if not model._overrides("forecast"):
        scaled = model.network_forecast(context)
        return model._to_prices(scaled, context), scaled
    forecast = require_forecast(model, "forecast", model.forecast(context), context, model.horizon)
    if model._overrides("forward") and takes_one_argument(model.forward):
        scaled = model(model.network_inputs(context))
        if isinstance(scaled, Tensor) and scaled.shape == forecast.shape:
            return forecast, scaled
    return forecast, model.scaled(forecast, context)


def depends_only_on_arguments(model: "Forecaster", window: Window) -> bool:
    """Whether a model's loss is the same whatever the model has looked at before.

    A loss may read what ``forward`` has left on the model, such as quantiles. Then it says nothing of another
    forecast: given the random walk's, it is the model's own.

    Args:
        model: stays as it is; a copy is asked.
        window: a batch to ask it about.
    """
    context = window.context
    ramp = torch.linspace(1.0, 1.1, context.shape[1], dtype=context.dtype, device=context.device)
    shared = {id(weights): weights for weights in model.parameters()}
    with random_state_kept(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of self.log, which a copy without a trainer does not take
        try:
            asked = copy.deepcopy(model, shared)
            walk = asked.scaled(context[:, -1:, 0].expand_as(window.target), context)
            target, losses = asked.scaled(window.target, context), []
            for seen in (context, context * ramp.unsqueeze(-1)):
                torch.manual_seed(0)  # a loss may draw
                asked.forecast(seen)
                losses.append(asked.loss(walk, target))
        except Exception:  # nothing is known of a loss that cannot be asked by itself
            return False
    return torch.equal(*losses) or all(bool(loss.isnan().all()) for loss in losses)


def _of_training(model: "Forecaster", window: Window) -> Window:
    """Training windows in the place of those to be validated.

    A check before the first epoch is not to be the first look of layers that learn from what they see first.
    """
    data, device = datamodule_of(model.trainer), window.context.device
    return window if data is None else to_device(data.windows[data.fold.train[: len(window.target)]], device)


def _members(model: "Forecaster", window: Window) -> Tensor:
    """One where a window is of a series, else zero: (series, batch); a product with it adds in a fixed order."""
    data = datamodule_of(model.trainer)
    if data is None:
        return torch.ones_like(window.target[:, 0]).unsqueeze(0)
    numbers = torch.arange(len(data.series), device=window.series.device)
    return (window.series == numbers.unsqueeze(1)).to(window.target.dtype)
