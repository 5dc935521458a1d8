"""Checks before a run folder is created: a copy of the model trains, validates, saves and reloads a checkpoint."""

import contextlib
import copy
import io
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.nn.parameter import is_lazy

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.evaluation.beside_baselines import require_name_not_of_baseline
from cryptoforecast.formatting import join_names
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.load import make_forecaster
from cryptoforecast.models.checkpoints.reload_check import require_reloadable
from cryptoforecast.models.contract.calls import noting_calls
from cryptoforecast.models.contract.checks import require_lengths
from cryptoforecast.models.contract.inference import random_state_kept
from cryptoforecast.models.contract.signatures import has_method
from cryptoforecast.models.contract.unused import unused_settings
from cryptoforecast.training.few_windows import FewWindows
from cryptoforecast.training.fit_entries import without_ledger
from cryptoforecast.training.monitored import require_monitor
from cryptoforecast.training.quiet_trainer import SilentLogger, quiet_trainer

NUM_WINDOWS = 1024  # training windows of the check, for models that are fitted on all of them before the first step


def check_before_fit(model: Forecaster, data: CloseDataModule, trainer: Trainer) -> None:
    """Train a copy of a model for one batch, validate it, write its checkpoint, and load that again.

    All windows are training windows, so that nothing is learned from others. Model, data, trainer and random state do
    not change; callbacks and loggers of the trainer are not called, and nothing is printed or kept. A notice tells each
    setting that has no part in the model's forecasts.

    Args:
        model: the model to be trained.
        data: set up for ``fit``.
        trainer: will train it.

    Raises:
        UserError: naming what does not work. Exceptions of the model's own code are raised unchanged.
    """
    name = type(model).__name__
    if "scaling" not in vars(model).get("_modules", {}):
        raise UserError(f"{name}.__init__ must call super().__init__(**kwargs).")
    require_lengths(model, data)
    require_name_not_of_baseline(model)
    with _without_output(), random_state_kept(), tempfile.TemporaryDirectory() as folder:
        try:
            trained = _try_out(model, FewWindows(data, trainer, NUM_WINDOWS), trainer, Path(folder))
        except UserError:
            raise
        except Exception:  # perhaps there were too few windows for a model that is fitted on all of them
            if len(data.fold.train) <= NUM_WINDOWS:
                raise
            every = FewWindows(data, trainer, len(data.fold.train))
            trained = _try_out(model, every, trainer, Path(folder))
        unused = unused_settings(trained, data, trained.trainer.optimizers)
    for sentence in unused:
        warnings.warn(sentence, DataNotice, stacklevel=2)
    require_monitor(trained, trainer)
    _notice_unseen_future(model, data)
    if trainer.world_size > 1 and not trained._learns():
        raise UserError(f"{name} has no weights for {trainer.world_size} processes to train; set trainer.devices to 1.")


def _try_out(model: Forecaster, data: FewWindows, trainer: Trainer, folder: Path) -> Forecaster:
    """Run the checks on some windows.

    Returns:
        The copy that was trained.
    """
    name, trained = type(model).__name__, _copied(model)
    small = _small_trainer(trainer, folder, data.batches)
    try:
        with without_ledger(), noting_calls(trained, "weight") as weighed:
            small.fit(trained, datamodule=data)
    except RuntimeError as problem:
        if "primitive" not in str(problem):  # in oneDNN's error for a precision that the processor cannot compute in
            raise
        raise UserError(f"trainer.precision {trainer.precision}: this processor cannot compute {name} in it.") from None
    if has_method(trained, "weight") and trained._learns() and not weighed:
        raise UserError(
            f"{name}.weight is never called in training, as {name} has a loss or a training_step of its own: let the "
            "loss return that of each window, (batch,), of which the weighted mean is taken then; or multiply the loss "
            "of each window by self.weight(window) there (a loss may name window too), or take weight out."
        )
    if unreached := [layer for layer, weights in trained.named_parameters() if is_lazy(weights)]:
        raise UserError(f"{name}: its forward never comes by {', '.join(unreached)}; take these layers out.")
    if all(weights.isfinite().all() for weights in trained.parameters()):  # else training ends with an error here
        require_reloadable(small, trained, data)
    return trained


def _copied(model: Forecaster) -> Forecaster:
    shared = [model._optimizer, model._scheduler]  # they hold a parser, which must not be copied
    try:
        return copy.deepcopy(model, {id(factory): factory for factory in shared})
    except Exception:  # it holds an object that cannot be copied, such as a connection
        made = make_forecaster(model.record(), f"a copy of {type(model).__name__}")
        made.load_state_dict(model.state_dict())
        return made


def _small_trainer(trainer: Trainer, folder: Path, batches: int) -> Trainer:
    """A trainer with the settings of another, for a few batches, without its callbacks and loggers."""
    deterministic: Any = torch.are_deterministic_algorithms_enabled()
    if deterministic and torch.is_deterministic_algorithms_warn_only_enabled():
        deterministic = "warn"
    return quiet_trainer(
        trainer,
        folder,
        max_epochs=trainer.max_epochs,
        max_steps=trainer.max_steps,
        limit_train_batches=trainer.limit_train_batches,
        limit_val_batches=1 if trainer.limit_val_batches else 0,  # there is one batch; a fraction of it would be none
        num_sanity_val_steps=0,
        accumulate_grad_batches=trainer.accumulate_grad_batches,
        gradient_clip_val=trainer.gradient_clip_val,
        gradient_clip_algorithm=trainer.gradient_clip_algorithm,
        inference_mode=False,  # as in the validation of a fit
        deterministic=deterministic,
        logger=SilentLogger(folder) if trainer.loggers else False,
        callbacks=[_Stop(batches), ModelCheckpoint(dirpath=folder, save_top_k=0)],
    )


def _notice_unseen_future(model: Forecaster, data: CloseDataModule) -> None:
    """Give a notice where a model is trained without what ``data.future`` names, as its ``forward`` does not ask."""
    if data.future and "future" not in model.names_in_forward and model._learns():
        name = type(model).__name__
        warnings.warn(
            f"data.future names {join_names(data.future)}, and {name} does not see it: its forward has no argument "
            "future; give it one, as in `def forward(self, x, future)`.",
            DataNotice,
            stacklevel=3,
        )


class _Stop(Callback):
    """Ends training after some batches."""

    def __init__(self, batches: int) -> None:
        self.batches = batches

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        trainer.should_stop = batch_idx + 1 >= self.batches


@contextlib.contextmanager
def _without_output() -> Iterator[None]:
    """Hide what the model's code prints, since the training that follows prints it too; show it if a check fails."""
    printed = io.StringIO()
    try:
        with (
            contextlib.redirect_stdout(printed),
            warnings.catch_warnings(),
            torch.compiler.set_stance("force_eager"),  # compiling for one batch takes longer than the batch
        ):
            warnings.simplefilter("ignore")
            yield
    except UserError:
        raise
    except BaseException:
        print(printed.getvalue(), end="")
        raise
