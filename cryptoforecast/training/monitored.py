"""The curve by which the best checkpoint is chosen, which a phase of training may not log."""

import difflib
import warnings
from functools import partial
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint, StochasticWeightAveraging

from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.models import Forecaster
from cryptoforecast.models.contract.signatures import is_overridden

ALIKE = 0.8  # of two names, one of which is then a slip of the other
HOOKS = ("on_validation_end", "on_train_epoch_end")
LOGGING_HOOKS = ("on_validation_batch_end", "on_validation_epoch_end")  # of callbacks that may log a curve
OF_VALIDATION = "val/"


def choose_where_logged(trainer: Trainer, model: Forecaster) -> None:
    """Let checkpoints be chosen, and training be stopped, only by validations that log the curve ``model.monitor``.

    A variant that learns another loss in its first epochs does not log it there. Callbacks that monitor another curve
    stay as they are.

    Args:
        trainer: about to train.
        model: about to be trained.
    """
    for callback in _monitoring(trainer, model):
        for hook in HOOKS:
            setattr(callback, hook, partial(_where_logged, callback, hook))


def require_monitor(model: Forecaster, trainer: Trainer) -> None:
    """Check in the rehearsal of a fit that the curve ``model.monitor`` is logged; give a notice if it is not yet.

    Args:
        model: a copy that has been trained for a batch and validated, attached to its own trainer.
        trainer: about to train the model.

    Raises:
        UserError: if a curve is logged whose name is nearly the same.
    """
    name, logged = type(model).monitor, _curves_of_validation(model.trainer)
    if name in logged or not name.startswith(OF_VALIDATION) or not trainer.limit_val_batches:
        return
    if not _monitoring(trainer, model) or any(_may_log(callback) for callback in _callbacks(trainer)):
        return
    begin = f"{type(model).__name__}.monitor is {name}, which the first validation does not log"
    if nearest := difflib.get_close_matches(name, logged, n=1, cutoff=ALIKE):
        raise UserError(f"{begin}; the nearest is {nearest[0]}.")
    warnings.warn(f"{begin}: no checkpoint is chosen until one does.", DataNotice, stacklevel=2)


def require_chosen(trainer: Trainer, model: Forecaster) -> None:
    """Check after a fit that the curve ``model.monitor`` was logged, so that a checkpoint was chosen by it.

    Raises:
        UserError: naming the nearest curve that was.
    """
    kept = [callback for callback in _monitoring(trainer, model) if isinstance(callback, ModelCheckpoint)]
    trained = trainer.limit_val_batches and trainer.global_step
    if not trained or not kept or any(callback.best_model_path for callback in kept):
        return
    name = type(model).monitor
    raise UserError(
        f"{type(model).__name__}.monitor is {name}, which no validation has logged"
        f"{nearest_of(name, _curves_of_validation(trainer))}. No best checkpoint was chosen; last.ckpt is kept."
    )


def keep_averaged_weights(trainer: Trainer) -> None:
    """Write the weights that StochasticWeightAveraging has averaged over the best checkpoint, after a whole fit.

    It puts them into the model when training ends, after the last checkpoint. EMAWeightAveraging needs nothing of the
    kind: it validates and saves the averaged weights.

    Args:
        trainer: has fitted.
    """
    averaging = [callback for callback in _callbacks(trainer) if isinstance(callback, StochasticWeightAveraging)]
    averaged = any(callback.n_averaged is not None for callback in averaging)
    whole = trainer.max_epochs not in (None, -1) and trainer.current_epoch >= (trainer.max_epochs or 0)
    for callback in _callbacks(trainer) if averaged and whole else ():
        if isinstance(callback, ModelCheckpoint) and callback.monitor is not None and callback.best_model_path:
            trainer.save_checkpoint(callback.best_model_path)


def _where_logged(callback: Any, hook: str, trainer: Trainer, module: LightningModule) -> None:
    if callback.monitor in trainer.callback_metrics:
        getattr(type(callback), hook)(callback, trainer, module)


def _monitoring(trainer: Trainer, model: Forecaster) -> list[Any]:
    """The callbacks that choose checkpoints or stop training by the curve of the model's class."""
    of_kind = [callback for callback in _callbacks(trainer) if isinstance(callback, (ModelCheckpoint, EarlyStopping))]
    return [callback for callback in of_kind if callback.monitor == type(model).monitor]


def _may_log(callback: Callback) -> bool:
    """Whether a callback is the user's, and may log curves in a validation."""
    if type(callback).__module__.startswith(("cryptoforecast.", "lightning.")):
        return False
    return any(is_overridden(callback, hook, Callback) for hook in LOGGING_HOOKS)


def _callbacks(trainer: Trainer) -> list[Callback]:
    callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
    return callbacks


def _curves_of_validation(trainer: Trainer) -> list[str]:
    return [str(name) for name in trainer.callback_metrics if str(name).startswith(OF_VALIDATION)]
