"""What a model is given and what its methods return, checked: each mistake is one sentence that says what to write."""

import inspect
from typing import Any

from lightning.pytorch import Trainer
from torch import Tensor, nn

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.signatures import takes_one_argument

LENGTHS = ("context_length", "horizon", "columns")  # of a model; of data they must be the same
ALONE = "Expected more than 1 value per channel"  # what BatchNorm says of a batch of one


def require_lengths(model: nn.Module, data: CloseDataModule) -> None:
    """See that a model and the data that it works on agree about lengths and columns.

    Raises:
        UserError: naming the first that differs.
    """
    name = type(model).__name__
    for setting in LENGTHS:
        took, given = getattr(model, setting), getattr(data, setting)
        if took != given:
            raise UserError(
                f"{name} has {setting} {_said(took)}, and data.{setting} is {_said(given)}: let its __init__ take "
                f"**kwargs and pass them on to super().__init__, and from Python say {name}({setting}={given!r})."
            )


def require_precision(trainer: Trainer) -> None:
    """See that a trainer does not compute everything in sixteen bits.

    Raises:
        UserError: naming the setting.
    """
    if trainer.precision in ("16-true", "bf16-true"):
        raise UserError(f"trainer.precision {trainer.precision} rounds prices away; use 16-mixed or bf16-mixed.")


def require_bars(model: nn.Module, bars: Tensor) -> None:
    """See that bars are as many, and have the columns, that a model was made for.

    Args:
        model: a forecaster.
        bars: what it is asked about, (batch, context_length, channels).

    Raises:
        UserError: if they are not.
    """
    name = type(model).__name__
    if bars.shape[-1] != model.channels:
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
    """See that targets are as many as a model forecasts: torch would repeat one forecast for all of them.

    Args:
        model: a forecaster.
        target: what came true, (batch, horizon).

    Raises:
        UserError: if they are not.
    """
    if target.shape[-1] != model.horizon:
        raise UserError(
            f"{type(model).__name__} has horizon {model.horizon}, and the data {target.shape[-1]}; give model and data "
            "the same horizon."
        )


def require_forecast(model: nn.Module, method: str, answer: Any, given: Tensor, horizon: int) -> Tensor:
    """What ``forward`` or ``forecast`` returned, if it is a tensor of numbers (batch, horizon) on the right device.

    Args:
        model: whose method it is.
        method: its name.
        answer: what it returned.
        given: what it was given: bars, (batch, context_length, channels).
        horizon: count of closes to be forecast.

    Raises:
        UserError: saying what it returned instead.
    """
    wanted = (len(given), horizon)
    if not isinstance(answer, Tensor) or answer.shape != wanted:
        shape = tuple(answer.shape) if isinstance(answer, Tensor) else _described(answer)
        hint = "; is a return statement missing?" if answer is None else "."
        raise UserError(f"{type(model).__name__}.{method} gave {shape}, not (batch, horizon), which is {wanted}{hint}")
    if not answer.is_floating_point():
        kind = str(answer.dtype).removeprefix("torch.")
        raise _mistake(model, method, f"gave numbers of type {kind}, not floating point ones; end it with .float()")
    if answer.device != given.device:
        here = f"gave a tensor on {answer.device}, and what it was given is on {given.device}"
        raise _mistake(model, method, f"{here}; make tensors with device=x.device")
    return answer


def require_loss(model: nn.Module, answer: Any) -> Tensor:
    """What ``loss`` returned, if it is one number.

    Raises:
        UserError: saying what it is instead.
    """
    if not isinstance(answer, Tensor):
        hint = "return a tensor, as torch's losses are" if answer is not None else "is a return statement missing?"
        raise _mistake(model, "loss", f"gave {_described(answer)}, not the mean over the batch; {hint}")
    if answer.dim() > 0:
        raise _mistake(model, "loss", f"gave {tuple(answer.shape)}, not one number; end it with .mean()")
    return answer


def require_gradient(model: nn.Module, loss: Tensor) -> None:
    """See that a loss can be learned from.

    Raises:
        UserError: if no weight has a part in it.
    """
    if not loss.requires_grad:
        raise UserError(
            f"The training loss of {type(model).__name__} does not depend on its weights, so nothing can be learned "
            "from it: do not detach, convert or recompute outside torch what forward and loss return."
        )


def explain_failed_call(model: nn.Module, problem: Exception, windows: int) -> None:
    """Raise a sentence if a call of ``forward`` failed for how it is written; return if the failure is its code's.

    Args:
        model: whose ``forward(x)`` was called.
        problem: what it raised.
        windows: in the batch.

    Raises:
        UserError: if it takes other arguments than ``x``, or has a BatchNorm that was given one window.
    """
    if isinstance(problem, TypeError) and not takes_one_argument(model.forward):
        names = ", ".join(inspect.signature(model.forward).parameters)
        raise UserError(
            f"{type(model).__name__}.forward({names}) is given one argument, the scaled bars: write "
            "`def forward(self, x)`, with a default for whatever else it takes."
        ) from None
    if windows == 1 and model.training and ALONE in str(problem):
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


def _said(setting: int | tuple[str, ...]) -> str:
    return f"[{', '.join(setting)}]" if isinstance(setting, tuple) else str(setting)
