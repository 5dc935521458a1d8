"""The fit of a variant that has a ``fit(x, y)``: one call with all training windows, and one epoch to judge it."""

import inspect
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from jaxtyping import Float
from lightning.pytorch import Trainer, seed_everything
from torch import Tensor, nn

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.windows import WINDOWS_AT_A_TIME, Window
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names
from cryptoforecast.models.contract.answers import input_and_target
from cryptoforecast.models.contract.arguments import require_arguments
from cryptoforecast.models.contract.column_scalings import fit_column_scalings, settle_scalings
from cryptoforecast.models.contract.inference import random_state_kept
from cryptoforecast.models.contract.learned import is_estimator
from cryptoforecast.models.contract.optimizers import build, is_usual_optimizer
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.heads.conformal import Conformal
from cryptoforecast.models.heads.head import Point

if TYPE_CHECKING:
    from cryptoforecast.models.forecaster import Forecaster

SEED = 0  # of a fit without a trainer
GIVEN_TO_FIT = ("series", "times", "future", "window")  # where ``fit`` names them
HOOKS = ("setup", "on_fit_start", "on_train_start", "on_train_epoch_start", "on_train_end", "on_fit_end")


def fit_estimator(model: "Forecaster", data: CloseDataModule) -> None:
    """Fit a model that has a ``fit`` to all training windows, and have its trainer run a single epoch of one batch.

    That epoch validates, calibrates and writes checkpoints. Where a fit goes on from a checkpoint, what that holds
    replaces what was fitted here.

    Args:
        model: attached to a trainer; its scaling is fitted. Nothing is done if it has no ``fit``.
        data: set up for ``fit``.

    Raises:
        UserError: if its head or an option asks for gradients, or there is not enough memory for all windows.
    """
    if not is_estimator(type(model)):
        return
    require_no_gradient(model)
    _limit_to_one_epoch(model.trainer)
    _call_fit(model, data)
    progress = model.trainer.fit_loop.epoch_loop.manual_optimization.optim_step_progress
    progress.increment_ready()  # it counts as one step: before the first, no checkpoint is written
    progress.increment_completed()


def fit_to_training_windows(model: "Forecaster", data: CloseDataModule) -> None:
    """Fit an estimator and its scalings to the training windows of data, without a trainer.

    Random numbers are drawn from the seed 0, and go on as before.

    Args:
        model: a class with ``fit(x, y)``; what it has learned before is forgotten.
        data: set up for ``fit``, ``validate`` or ``test``.

    Raises:
        UserError: as :func:`fit_estimator`; if its head is made of validation errors, of which there are none; or if it
            has a hook that only a trainer calls.
    """
    require_no_gradient(model)
    if isinstance(model.output_head, Conformal):
        raise UserError(f"{type(model).__name__} has the head Conformal, which is calibrated in a fit of its own.")
    if hooks := [hook for hook in HOOKS if model._overrides(hook)]:
        raise UserError(
            f"{type(model).__name__}.{hooks[0]} is called by a trainer alone, and a baseline is fitted without one: do "
            "in fit(x, y) what it does."
        )
    require_arguments(model, data, "fit")
    settle_scalings(model, data)
    with random_state_kept():
        seed_everything(SEED, verbose=False)
        model.scaling.fit(data.train_closes())
        fit_column_scalings(model, data)
        _call_fit(model, data)


def _call_fit(model: "Forecaster", data: CloseDataModule) -> None:
    x, y = training_windows(model, data)
    try:
        model.fit(x, y, **_named_in_fit(model, data))  # type: ignore[operator]
    except TypeError:
        _require_signature(model)
        raise


def _names_in_fit(model: "Forecaster") -> list[str]:
    """What ``fit`` names beside x and y of what it can be given; an argument with a value of its own keeps that."""
    named = inspect.signature(model.fit).parameters.items()  # type: ignore[arg-type]
    wanted = [(name, argument.default) for name, argument in named if name in GIVEN_TO_FIT]
    return [name for name, default in wanted if default is None or default is inspect.Parameter.empty]


def _named_in_fit(model: "Forecaster", data: CloseDataModule) -> dict[str, Window | Tensor | None]:
    """What ``fit`` is given because it names it, for all training windows in the order of x.

    Raises:
        UserError: if it names ``series`` and ``forward`` does not, or ``future`` and there is none.
    """
    names, known = _names_in_fit(model), model.known_series
    if not names:
        return {}
    if "series" in names and known is None:
        raise UserError(
            f"{type(model).__name__}.fit names series, and forward does not, so that no checkpoint would know their "
            "numbers: name it in both, as in `def forward(self, x, series)`."
        )
    if "future" in names and not data.future:
        raise UserError(f"{type(model).__name__}.fit names future, and data.future is empty; set it.")
    windows = data.windows.with_arguments(
        times="times" in names,
        future=data.known_beforehand() if "future" in names else None,
        numbers_of=known.numbers if known is not None and "series" in names else None,
    )[data.fold.train]
    future = None if windows.future is None else windows.future.to(cast(torch.dtype, model.dtype))
    found = {"series": windows.identity, "times": windows.times, "future": future, "window": windows}
    return {name: found[name] for name in names}


def _limit_to_one_epoch(trainer: Trainer) -> None:
    """Have a trainer run an epoch of one batch, with a validation after it, whatever its settings are."""
    trainer.fit_loop.max_epochs, trainer.fit_loop.epoch_loop.max_steps = 1, -1
    trainer.limit_train_batches, trainer.val_check_interval, trainer.check_val_every_n_epoch = 1, 1.0, 1


def training_windows(
    model: "Forecaster", data: CloseDataModule
) -> tuple[Float[Tensor, "windows context_length channels"], Float[Tensor, "windows horizon"]]:
    """All training windows and their targets in the units of the network, in memory as a whole.

    They are scaled in blocks, so that beside the result, which has four bytes for each number of each window, there are
    temporaries for one block only.

    Args:
        model: its scaling is fitted.
        data: set up for ``fit``.

    Raises:
        UserError: if there is not enough memory.
    """
    windows, members, dtype = data.windows, data.fold.train, cast(torch.dtype, model.dtype)
    shape = (len(members), model.context_length, model.channels)
    try:
        x = torch.empty(shape, dtype=dtype)
    except RuntimeError:
        gigabytes = 4 * shape[0] * shape[1] * shape[2] / 1e9
        raise UserError(
            f"{type(model).__name__}.fit is given all {shape[0]:,} training windows at once, and there is no memory "
            f"for their {gigabytes:,.1f} GB: set a later data.start, or a smaller data.context_length."
        ) from None
    y = torch.empty(len(members), model.horizon, dtype=dtype)
    for number, block in enumerate(torch.split(members, WINDOWS_AT_A_TIME)):
        place = slice(number * WINDOWS_AT_A_TIME, number * WINDOWS_AT_A_TIME + len(block))
        x[place], y[place] = input_and_target(model, windows[block])
    return x, y


def as_table(x: Float[Tensor, "windows context_length channels"]) -> np.ndarray:
    """The bars of each window in a row, in float64, as other libraries take them."""
    table: np.ndarray = x.flatten(1).double().cpu().numpy()
    return table


def require_no_gradient(model: "Forecaster") -> None:
    """Check that nothing that was set for a model asks for training by gradients.

    Raises:
        UserError: naming its weight, its head, its optimizer or its scheduler.
    """
    name, head = type(model).__name__, model.output_head
    if has_method(model, "weight"):
        raise UserError(
            f"{name} is fitted in one go by its fit(x, y), which weight(window) has no part in: weigh the windows in "
            "fit, and leave weight out."
        )
    if not isinstance(head, Point | Conformal):
        raise UserError(
            f"model.head is {type(head).__name__}, which is trained by gradients, and {name} is fitted in one go by "
            "its fit(x, y): leave model.head out, or set it to Conformal, which makes intervals of validation errors."
        )
    fitted = f"{name} is fitted in one go by its fit(x, y)"
    if model._scheduler is not None:
        raise UserError(f"{fitted}, without a learning rate; leave model.scheduler out.")
    if not is_usual_optimizer(build("optimizer", model._optimizer, [nn.Parameter(torch.zeros(1))])):
        raise UserError(
            f"{fitted}, without an optimizer; leave model.optimizer out, or set it to Adam, the default, where a "
            "configuration file has another."
        )


def _require_signature(model: "Forecaster") -> None:
    """Check that ``fit`` takes two arguments, and those that it is given because it names them.

    Raises:
        UserError: if it does not.
    """
    signature = inspect.signature(model.fit).replace(return_annotation=inspect.Signature.empty)  # type: ignore[arg-type]
    try:
        signature.bind(None, None, **dict.fromkeys(_names_in_fit(model)))
    except TypeError:
        raise UserError(
            f"{type(model).__name__}.fit{signature} is given the scaled training windows and their scaled targets: "
            f"write `def fit(self, x, y)`; it may name {join_names(GIVEN_TO_FIT)}, and all else needs a default."
        ) from None
