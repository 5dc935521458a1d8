"""Settings that have no part in a model's forecasts, each in a sentence for a notice before the fit."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.distributions import Distribution
from torch.optim import Optimizer

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.windows import Window
from cryptoforecast.formatting import join_names
from cryptoforecast.models.contract.answers import forecast_window, inputs
from cryptoforecast.models.contract.arguments import arguments_of
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.contract.inference import evaluation_mode, random_state_kept
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.models.contract.optimizers import build, is_same_optimizer, is_usual_optimizer

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

TRIED = 2  # windows that are forecast to see which columns matter


def unused_settings(model: "Forecaster", data: CloseDataModule, optimizers: Sequence[Optimizer]) -> list[str]:
    """A sentence for each setting that has no part in a model's forecasts or its training.

    A setting that several variants share may be meant for others, so it is no error.

    Args:
        model: made ready for a fit, on the CPU.
        data: set up for ``fit``.
        optimizers: that the model has been trained with.
    """
    name, sentences = type(model).__name__, list[str]()
    if not model._learns():  # a baseline need not see all columns
        return sentences
    if unseen := unseen_columns(model, data):
        sentences.append(
            f"data.columns names {join_names(unseen)}, and no forecast of {name} depends on "
            f"{'it' if len(unseen) == 1 else 'them'}; let forward use all channels of x, or leave "
            f"{'it' if len(unseen) == 1 else 'them'} out."
        )
    if (unused := _unused_optimizer(model, optimizers)) is not None:
        sentences.append(
            f"model.optimizer is {unused}, and {name}.configure_optimizers returns another; let it use "
            "super().configure_optimizers(), or leave model.optimizer out."
        )
    return sentences


def unseen_columns(model: "Forecaster", data: CloseDataModule) -> list[str]:
    """The columns on which no forecast of a model depends, whatever its weights are.

    A NaN in a column reaches all that depends on it, also through weights that are zero. Nothing is found for an
    estimator, for a model that forecasts all series at once, or for one that takes no NaN or replaces it.

    Args:
        model: made ready for a fit, on the CPU.
        data: set up for ``fit``.
    """
    if len(model.columns) < 2 or model.across or is_estimator(type(model)):
        return []
    window = follow(model, data)[data.fold.train[:TRIED]]
    with evaluation_mode(model, "cpu"), torch.no_grad(), random_state_kept():
        try:
            if _is_finite_without(model, window, 0):
                return []
            further = enumerate(model.columns[1:], start=1)
            return [name for number, name in further if _is_finite_without(model, window, number)]
        except Exception:  # of a model that takes no NaN
            return []


def _is_finite_without(model: "Forecaster", window: Window, column: int) -> bool:
    """Whether a model's forecast of a batch is finite with NaN in a column."""
    if model._overrides("forecast") or model._overrides("network_forecast"):
        context = window.context.clone()
        context[..., column] = torch.nan
        return bool(forecast_window(model, window._replace(context=context)).isfinite().all())
    x = inputs(model, window).clone()
    x[..., column] = torch.nan
    return all(bool(part.isfinite().all()) for part in _tensors_of(model(x, **arguments_of(model, window))))


def _tensors_of(output: Any) -> list[Tensor]:
    """The tensors that a model's ``forward`` has returned, in whatever form.

    Raises:
        TypeError: if none are found in it.
    """
    if isinstance(output, Tensor):
        return [output]
    if isinstance(output, Distribution):
        return [value for value in vars(output).values() if isinstance(value, Tensor)] or [output.mean]
    if isinstance(output, dict):
        output = list(output.values())
    if isinstance(output, list | tuple) and output:
        return [tensor for item in output for tensor in _tensors_of(item)]
    raise TypeError(type(output).__name__)


def _unused_optimizer(model: "Forecaster", optimizers: Sequence[Optimizer]) -> str | None:
    """The name of an optimizer that was asked for and is none of those that the model is trained with."""
    if not model._overrides("configure_optimizers") or not optimizers:
        return None
    asked = build("optimizer", model._optimizer, [nn.Parameter(torch.zeros(1))])
    used = any(is_same_optimizer(asked, optimizer) for optimizer in optimizers)
    return None if used or is_usual_optimizer(asked) else type(asked).__name__
