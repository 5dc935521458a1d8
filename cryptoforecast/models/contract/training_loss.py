"""The loss of a training batch: what the step returns, or the mean over windows with their weights."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import torch
from jaxtyping import Float
from torch import Tensor

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.data.times import say_time
from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.answers import Answer, answer_and_target
from cryptoforecast.models.contract.calls import call_loss, noting_calls, returned_loss
from cryptoforecast.models.contract.checks import require_gradient, require_target
from cryptoforecast.models.contract.optimizers import batch_weight
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.heads.prediction import Prediction

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

CURVE = "train/loss"


def inherited_step(model: "Forecaster", window: Window, batch_index: int) -> Float[Tensor, ""]:
    """The mean loss of a batch, which is added to that of the epoch.

    If a training step of the variant's own calls this one, the loss is kept until it is known what that step returns.

    Args:
        model: attached to a trainer.
        window: the batch, or the share of this process.
        batch_index: its number in the epoch.

    Raises:
        UserError: if the targets have another horizon, or a weight is negative or not finite.
    """
    require_target(model, window.target)
    loss = training_loss(model, window, batch_index)
    if model._overrides("training_step"):
        model._inherited_loss = loss.detach()
    else:
        model._curves.add(CURVE, loss.detach(), _windows_of(model, window, batch_index))
    return loss


def training_loss(model: "Forecaster", window: Window, batch_index: int) -> Float[Tensor, ""]:
    """The mean loss of a batch; with a ``weight(window)`` of the model's, the mean by these weights.

    A ``loss`` that the model overrides may return a single number: then it has weighted the windows itself.

    Args:
        model: attached to a trainer.
        window: the batch, or the share of this process.
        batch_index: its number in the epoch.

    Raises:
        UserError: if a weight is negative or not finite, or all are zero; or if a loss of the model's own returns that
            of each window and has called ``weight``.
    """
    predicted, target = answer_and_target(model, window)
    if not has_method(model, "weight"):
        return call_loss(model, predicted, target, window)
    if model._overrides("loss"):
        with noting_calls(model, "weight") as weighed:
            losses = returned_loss(model, predicted, target, window)
        if losses.dim() == 0:  # it weighs the windows itself, as is seen before the fit
            return losses
        if weighed:
            name = type(model).__name__
            raise UserError(
                f"{name}.loss calls self.weight(window) and returns the loss of each window, which would be weighted a "
                "second time: return the losses of the windows without their weights, or the weighted mean."
            )
    else:
        losses = _losses_by_window(predicted, target)
    weights = _weights(model, window)
    return (losses * (weights / _mean_weight(model, weights, batch_index)).to(losses)).mean()


def add_returned_loss(model: "Forecaster", outputs: Any, batch: Any, batch_index: int) -> None:
    """Add the loss that the variant's own training step returned, or if it returned none, that of the inherited step.

    Args:
        model: attached to a trainer; nothing is done if it inherits its training step.
        outputs: what the trainer made of the returned loss or dictionary.
        batch: the batch.
        batch_index: its number in the epoch.
    """
    if not model._overrides("training_step"):
        return
    inherited, model._inherited_loss = model._inherited_loss, None
    returned = outputs.get("loss") if isinstance(outputs, Mapping) else outputs
    if isinstance(returned, Tensor):
        loss = returned.detach().float().mean() * model.trainer.accumulate_grad_batches  # the trainer has divided it
    elif inherited is not None:
        loss = inherited
    else:
        return
    model._curves.add(CURVE, loss, _windows_of(model, batch, batch_index))


def weighted_by_share(model: "Forecaster", loss: Tensor) -> Tensor:
    """The loss of a step as gradients are taken of it: where processes share a batch, times the share of this one.

    Raises:
        UserError: if it does not depend on the weights of the network.
    """
    require_gradient(model, loss)
    share = batch_weight(model.trainer, model.trainer.fit_loop.batch_idx)
    return loss if share == 1 else loss * share


def _windows_of(model: "Forecaster", batch: Any, batch_index: int) -> int:
    """The count of this process's windows; 0 where it only takes part in adding up gradients."""
    if not batch_weight(model.trainer, batch_index):
        return 0
    return len(batch.target) if isinstance(batch, Window) else 1


def _losses_by_window(predicted: Answer, target: Tensor) -> Float[Tensor, " batch"]:
    """The loss of each window, whose mean is the usual one."""
    losses = predicted.losses(target) if isinstance(predicted, Prediction) else (predicted - target).square()
    return losses.mean(dim=1)


def _weights(model: "Forecaster", window: Window) -> Float[Tensor, " batch"]:
    """The weights of the windows of a batch, checked, in float64."""
    weights, name = model.weight(window), type(model).__name__  # type: ignore[operator]
    wanted = (len(window.target),)
    if not isinstance(weights, Tensor) or weights.shape != wanted:
        given = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
        raise UserError(f"{name}.weight gave {given}, not a weight for each window, (batch,), which is {wanted}.")
    weights = weights.detach().to(window.context)
    if (wrong := ~(weights.isfinite() & (weights >= 0))).any():
        at = int(wrong.int().argmax())
        data, series = datamodule_of(model.trainer), int(window.series[at])
        symbol = f"series {series}" if data is None else data.windows.names[series]
        origin = say_time(pd.Timestamp(int(window.origin[at]), tz="UTC"))
        raise UserError(
            f"{name}.weight gave {weights[at].item():g} for the window of {symbol} with its origin at {origin}; a "
            "weight is a number from 0 on."
        )
    return weights


def _mean_weight(model: "Forecaster", weights: Tensor, batch_index: int) -> Tensor:
    """The mean weight of all windows of a batch, also those of other processes.

    The gradient of each process is weighted by its share of the windows and not of their weights, so all divide by the
    same number.
    """
    trainer = model.trainer
    takes_part = float(bool(batch_weight(trainer, batch_index)))
    sums = torch.stack([weights.sum(), weights.new_tensor(float(len(weights)))]) * takes_part
    if trainer.world_size > 1:
        sums = trainer.strategy.reduce(sums, reduce_op="sum")
    if not sums[0] > 0:
        raise UserError(
            f"{type(model).__name__}.weight gave 0 for all {int(sums[1])} windows of a batch, so that nothing can "
            "be learned from it; give some a weight above 0, or train on later closes with data.start."
        )
    return sums[0] / sums[1]
