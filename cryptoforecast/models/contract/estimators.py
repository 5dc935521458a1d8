"""The fit of a variant that has a ``fit(x, y)``: one call with all training windows, and one epoch to judge it."""

import inspect
from typing import TYPE_CHECKING, cast

import numpy as np
import torch
from jaxtyping import Float
from lightning.pytorch import Trainer, seed_everything
from torch import Tensor, nn

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.windows import WINDOWS_AT_A_TIME
from cryptoforecast.errors import UserError
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
        UserError: as :func:`fit_estimator`; or if its head is made of validation errors, of which there are none.
    """
    require_no_gradient(model)
    if isinstance(model.output_head, Conformal):
        raise UserError(f"{type(model).__name__} has the head Conformal, which is calibrated in a fit of its own.")
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
        model.fit(x, y)  # type: ignore[operator]
    except TypeError:
        _require_signature(model)
        raise


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
    """Check that ``fit`` takes two arguments.

    Raises:
        UserError: if it does not.
    """
    signature = inspect.signature(model.fit).replace(return_annotation=inspect.Signature.empty)  # type: ignore[arg-type]
    try:
        signature.bind(None, None)
    except TypeError:
        raise UserError(
            f"{type(model).__name__}.fit{signature} is given the scaled training windows and their scaled targets: "
            "write `def fit(self, x, y)`, with a default for whatever else it takes."
        ) from None
