"""Checks of what a model is given and of what its methods return; an error says what to write instead."""

import inspect
from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Trainer
from torch import Tensor, nn
from torch.distributions import Distribution

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.models.heads.head import Point
from cryptoforecast.models.heads.prediction import Prediction
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.models.scaling import RelativeLog

SHARED_SETTINGS = ("context_length", "horizon", "columns", "across")  # the same in model and data
BATCH_NORM_ERROR = "Expected more than 1 value per channel"  # for a batch of one window


def require_lengths(model: nn.Module, data: CloseDataModule) -> None:
    """Check that a model and its data have the same context_length, horizon and columns.

    Raises:
        UserError: naming the first that differs.
    """
    name = type(model).__name__
    for setting in SHARED_SETTINGS:
        taken, given = getattr(model, setting), getattr(data, setting)
        if taken != given:
            raise UserError(
                f"{name} has {setting} {_in_words(taken)}, and data.{setting} is {_in_words(given)}: let its __init__ "
                f"take **kwargs and pass them on to super().__init__, and from Python say {name}({setting}={given!r})."
            )


def require_head(model: Any) -> None:
    """Check that a model's head is used, and its scaling.

    Raises:
        UserError: if the model has no numbers for the head, or it has a scaling beside a head that stands on a rung.
    """
    head, scaling, name = model.output_head, model.scaling, type(model).__name__
    if isinstance(head, Point | RungHead):
        return
    if model._overrides("forecast"):
        raise UserError(f"{name} has a forecast of its own, in which a head has no part; leave model.head out.")
    if head.base is not None and not (type(scaling) is RelativeLog and scaling.gain == RelativeLog().gain):
        raise UserError(
            f"model.scaling is {type(scaling).__name__}, and {type(head).__name__} stands on {head.base.name}, whose "
            "scale takes its place: leave model.scaling out, or set model.head.relative_to to none."
        )


def require_precision(trainer: Trainer) -> None:
    """Check that a trainer does not hold prices in sixteen bits.

    Raises:
        UserError: naming the setting.
    """
    if trainer.precision in ("16-true", "bf16-true"):
        raise UserError(f"trainer.precision {trainer.precision} rounds prices away; use 16-mixed or bf16-mixed.")


def require_bars(model: nn.Module, bars: Tensor) -> None:
    """Check the shape of a model's bars.

    Args:
        model: a forecaster.
        bars: must be (batch, context_length, channels), with the model's lengths.

    Raises:
        UserError: naming the length that differs.
    """
    name = type(model).__name__
    if bars.shape[-1] != len(model.columns):  # type: ignore[arg-type]
        columns = ", ".join(model.columns)  # type: ignore[arg-type]
        raise UserError(
            f"{name} has columns {columns}, and is asked about bars with {bars.shape[-1]}; give model and data the "
            "same columns."
        )
    if bars.shape[1] != model.context_length:
        raise UserError(
            f"{name} has context_length {model.context_length}, and is asked about {bars.shape[1]} closes; give model "
            "and data the same context_length."
        )


def require_target(model: nn.Module, target: Tensor) -> None:
    """Check the shape of targets: torch would broadcast a forecast of another horizon.

    Args:
        model: a forecaster.
        target: must be (batch, horizon), with the model's horizon.

    Raises:
        UserError: naming both horizons.
    """
    if target.shape[-1] != model.horizon:
        raise UserError(
            f"{type(model).__name__} has horizon {model.horizon}, and the data {target.shape[-1]}; give model and data "
            "the same horizon."
        )


def require_forecast(model: nn.Module, method: str, answer: Any, given: Tensor, horizon: int) -> Tensor:
    """``answer``, if it is a floating point tensor of shape (batch, horizon) on the device of ``given``.

    Args:
        model: the forecaster, for errors.
        method: the method that was called: ``forward`` or ``forecast``.
        answer: what the method returned.
        given: its argument: bars, (batch, context_length, channels).
        horizon: count of the numbers that are wanted for a window.

    Raises:
        UserError: saying what was returned instead.
    """
    wanted, expected = (len(given), horizon), "horizon" if horizon == model.horizon else "outputs"
    if not isinstance(answer, Tensor) or answer.shape != wanted:
        shape = tuple(answer.shape) if isinstance(answer, Tensor) else _described(answer)
        hint = "; is a return statement missing?" if answer is None else "."
        expected = f"(batch, {expected}), which is {wanted}"
        if horizon != model.horizon:
            head = type(model.output_head).__name__
            expected += f": {head} needs {horizon} numbers for a window; end the network with self.outputs of them"
        raise UserError(f"{type(model).__name__}.{method} gave {shape}, not {expected}{hint}")
    if not answer.is_floating_point():
        kind = str(answer.dtype).removeprefix("torch.")
        raise _mistake(model, method, f"gave numbers of type {kind}, not floating point ones; end it with .float()")
    if answer.device != given.device:
        devices = f"gave a tensor on {answer.device}, and what it was given is on {given.device}"
        raise _mistake(model, method, f"{devices}; make tensors with device=x.device")
    return answer


def call_loss(model: nn.Module, forecast: Tensor | Prediction, target: Tensor) -> Tensor:
    """What ``model.loss(forecast, target)`` returns, checked.

    Raises:
        UserError: if it is not a tensor of one number.
    """
    given = forecast.point if isinstance(forecast, Prediction) and forecast.point is not None else forecast
    answer = model.loss(given, target)  # type: ignore[operator]
    if not isinstance(answer, Tensor):
        hint = "return a tensor, as torch's losses are" if answer is not None else "is a return statement missing?"
        raise _mistake(model, "loss", f"gave {_described(answer)}, not the mean over the batch; {hint}")
    if answer.dim() > 0:
        raise _mistake(model, "loss", f"gave {tuple(answer.shape)}, not one number; end it with .mean()")
    return answer


def require_gradient(model: nn.Module, loss: Tensor) -> None:
    """Check that a loss depends on weights that are trained.

    Raises:
        UserError: if it does not.
    """
    if not loss.requires_grad:
        raise UserError(
            f"The training loss of {type(model).__name__} does not depend on its weights, so nothing can be learned "
            "from it: do not detach, convert or recompute outside torch what forward and loss return."
        )


def call_forward(model: nn.Module, x: Tensor, given: Mapping[str, Tensor | None]) -> Tensor | Distribution:
    """What ``model(x, ...)`` returns, checked: numbers, or a distribution.

    Args:
        model: a forecaster.
        x: its inputs, (batch, context_length, channels).
        given: what else its ``forward`` names.

    Raises:
        UserError: if ``forward`` takes other arguments, or returns something else than (batch, outputs) and a
            distribution of batch shape (batch, horizon).
    """
    try:
        answer = model(x, **given)
    except (TypeError, ValueError) as problem:
        explain_failed_call(model, problem, len(x))
        raise
    if isinstance(answer, Distribution):
        return _require_distribution(model, answer, len(x))
    return require_forecast(model, "forward", answer, x, model.outputs)  # type: ignore[arg-type]


def _require_distribution(model: Any, answer: Distribution, windows: int) -> Distribution:
    """A distribution that ``forward`` returned, if it is one of a number for each window and step."""
    batch, event, wanted = tuple(answer.batch_shape), tuple(answer.event_shape), (windows, model.horizon)
    if batch != wanted or event:
        kind = f"a {type(answer).__name__} of batch shape {batch} and event shape {event}"
        raise _mistake(model, "forward", f"gave {kind}, not of batch shape (batch, horizon), which is {wanted}")
    return answer


def require_point(model: Any, answer: Tensor | Distribution) -> Tensor:
    """What ``forward`` returned, if it is a point for each window and step.

    Raises:
        UserError: if it is a distribution, or the numbers of one.
    """
    if isinstance(answer, Distribution) or answer.shape[-1] != model.horizon or model.output_head.base is not None:
        kind = type(answer if isinstance(answer, Distribution) else model.output_head).__name__
        raise UserError(
            f"{type(model).__name__}.network_forecast is of points, and the model forecasts a {kind} distribution; in "
            "a training_step, call super().training_step(window, batch_index)."
        )
    return answer


def explain_failed_call(model: nn.Module, problem: Exception, windows: int) -> None:
    """Explain an exception of ``forward(x)`` if its cause is known; otherwise return.

    Args:
        model: the forecaster.
        problem: the exception.
        windows: number of windows in the batch.

    Raises:
        UserError: if ``forward`` takes no argument, or a BatchNorm was given one window.
    """
    if isinstance(problem, TypeError) and not inspect.signature(model.forward).parameters:
        raise UserError(
            f"{type(model).__name__}.forward() takes no argument, and is given the scaled bars: write "
            "`def forward(self, x)`."
        ) from None
    if windows == 1 and model.training and BATCH_NORM_ERROR in str(problem):
        raise UserError(
            f"{type(model).__name__} has a BatchNorm, which cannot learn from a batch of one window, and the last "
            "batch of an epoch has but one; set data.drop_last to true, or another data.batch_size."
        ) from None


def _mistake(model: nn.Module, method: str, what: str) -> UserError:
    return UserError(f"{type(model).__name__}.{method} {what}.")


def _described(answer: Any) -> str:
    if isinstance(answer, tuple):
        return f"a tuple of {len(answer)}"
    return type(answer).__name__


def _in_words(setting: int | tuple[str, ...]) -> str:
    return f"[{', '.join(setting)}]" if isinstance(setting, tuple) else str(setting)
