"""Checks of what a model is given; an error says what to write instead."""

from typing import Any

from lightning.pytorch import Trainer
from torch import Tensor, nn

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.heads.head import Point
from cryptoforecast.models.heads.rung_head import RungHead
from cryptoforecast.models.scaling import RelativeLog

SHARED_SETTINGS = ("context_length", "horizon", "columns", "across")  # the same in model and data


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
    """Check that a model uses its head and its scaling.

    Raises:
        UserError: if a head has no part in its forecasts; if it has a scaling and a head that stands on a rung, which
            replaces the scaling; or if it has a method ``quantiles`` and no ``point``.
    """
    head, scaling, name = model.output_head, model.scaling, type(model).__name__
    if has_method(model, "quantiles") and not has_method(model, "point"):
        raise UserError(
            f"{name} has a method quantiles, which reads what forward returned, and no point that does: write "
            "`def point(self, output)` too, or call quantiles something else."
        )
    if isinstance(head, Point | RungHead):
        return
    if has_method(model, "point"):
        raise UserError(f"{name} has a point(output) of its own, in which a head has no part; leave model.head out.")
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


def _in_words(setting: int | tuple[str, ...]) -> str:
    return f"[{', '.join(setting)}]" if isinstance(setting, tuple) else str(setting)
