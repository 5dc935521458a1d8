"""Calls of a variant's ``forward`` and ``loss``, and checks of what its methods return."""

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.distributions import Distribution

from cryptoforecast.data.windows import Window
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.signatures import has_method, names_argument
from cryptoforecast.models.heads.prediction import Prediction

BATCH_NORM_ERROR = "Expected more than 1 value per channel"  # torch's words for a batch of one window


def call_forward(model: nn.Module, x: Tensor, given: Mapping[str, Tensor | None]) -> Any:
    """What ``model(x, ...)`` returns, checked: numbers, or a distribution; or anything, if the model has a ``point``.

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
    if has_method(model, "point") and answer is not None:
        return answer
    if isinstance(answer, Distribution):
        return _require_distribution(model, answer, len(x))
    return require_forecast(model, "forward", answer, x, model.outputs)  # type: ignore[arg-type]


def call_loss(model: Any, predicted: Tensor | Prediction, target: Tensor, window: Window) -> Tensor:
    """The mean over a batch of what ``model.loss(output, target)`` returns, checked.

    Args:
        model: a forecaster.
        predicted: its forecast of a batch. Of a conformal head, the loss is given the points. A loss that a variant
            overrides is given a distribution, or another output, as ``forward`` returned it.
        target: the scaled targets.
        window: the batch, for a loss that names it.

    Raises:
        UserError: if it is not a tensor of one number, or for a model with ``weight(window)`` of one for each window.
    """
    answer = returned_loss(model, predicted, target, window)
    return answer.mean() if answer.dim() > 0 else answer


def returned_loss(model: Any, predicted: Tensor | Prediction, target: Tensor, window: Window) -> Tensor:
    """What ``model.loss(output, target)`` returns: the mean loss, or with ``weight(window)`` the loss of each window.

    Args and errors are those of :func:`call_loss`.
    """
    output: Any = predicted
    if isinstance(predicted, Prediction):
        if predicted.point is not None:
            output = predicted.point
        elif predicted.output is not None and model._overrides("loss"):
            output = predicted.output
    named = names_argument(getattr(model.loss, "__func__", model.loss), "window")
    answer = model.loss(output, target, window=window) if named else model.loss(output, target)
    if not isinstance(answer, Tensor):
        hint = "return a tensor, as torch's losses are" if answer is not None else "is a return statement missing?"
        raise _mistake(model, "loss", f"gave {_described(answer)}, not the mean over the batch; {hint}")
    is_weighted = has_method(model, "weight")
    if answer.dim() > 0 and not (is_weighted and answer.shape == (len(target),)):
        advice = "with weight(window), return one for each window, (batch,)" if is_weighted else "end it with .mean()"
        raise _mistake(model, "loss", f"gave {tuple(answer.shape)}, not one number; {advice}")
    return answer


@contextmanager
def noting_calls(model: nn.Module, name: str) -> Iterator[list[str]]:
    """A context with a list that grows by each call of a model's method, if it has one of that name."""
    calls: list[str] = []
    before, method = vars(model).get(name), getattr(model, name, None)

    def noting(*arguments: Any, **named: Any) -> Any:
        calls.append(name)
        return method(*arguments, **named)  # type: ignore[misc]

    if callable(method):
        vars(model)[name] = noting  # which comes before the method of the class
    try:
        yield calls
    finally:
        vars(model).pop(name, None)
        if before is not None:
            vars(model)[name] = before


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
        if method == "forward" and answer is not None and not (isinstance(answer, Tensor) and answer.dim() == 2):
            hint = "; for an output of your own, write also point(output) and loss(output, target)."
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


def _require_distribution(model: Any, answer: Distribution, windows: int) -> Distribution:
    """A distribution that ``forward`` returned, if it is one of a number for each window and step."""
    batch, event, wanted = tuple(answer.batch_shape), tuple(answer.event_shape), (windows, model.horizon)
    if batch != wanted or event:
        kind = f"a {type(answer).__name__} of batch shape {batch} and event shape {event}"
        raise _mistake(model, "forward", f"gave {kind}, not of batch shape (batch, horizon), which is {wanted}")
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
