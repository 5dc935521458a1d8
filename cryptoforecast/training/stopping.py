"""The reason for which a fit stopped, and whether it still holds when the fit is resumed."""

from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import EarlyStopping, Timer
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from torch import Tensor


def still_stopped(trainer: Trainer, metrics: Mapping[str, Tensor], changed: bool) -> bool:
    """Whether a resumed fit that had been stopped has to stay stopped.

    It has if no setting has changed. Otherwise early stopping holds if the patience or a threshold of a callback says
    so; a timer checks the time by itself.

    Args:
        trainer: its callbacks have loaded their states.
        metrics: the latest metrics.
        changed: whether any setting has changed.
    """
    return not changed or any(_has_stopped(callback, metrics) for callback in _of_kind(trainer, EarlyStopping))


def why_nothing_is_left(trainer: Trainer) -> str:
    """The end of a sentence that says why a fit has nothing left to train, and which setting lets it go on."""
    for callback in _of_kind(trainer, EarlyStopping):
        if _has_stopped(callback, trainer.callback_metrics):
            waited = f"EarlyStopping has seen {callback.monitor} no better {callback.wait_count} times"
            return f": {waited}; more patience than {callback.patience}, or leaving it out, lets it go on"
    for timer in _of_kind(trainer, Timer):
        if (left := timer.time_remaining()) is not None and left <= 0:
            return f": {timer.time_elapsed():.0f} seconds have gone into it; a longer trainer.max_time lets it go on"
    if trainer.max_steps != -1 and trainer.global_step >= trainer.max_steps:
        return f": trainer.max_steps is {trainer.max_steps}"
    if trainer.max_epochs not in (None, -1) and trainer.current_epoch >= trainer.max_epochs:
        return f": trainer.max_epochs is {trainer.max_epochs}"
    return ""


def _has_stopped(callback: EarlyStopping, metrics: Mapping[str, Tensor]) -> bool:
    """Whether a callback's state is a reason to stop with its present patience and thresholds."""
    if callback.stopping_reason is EarlyStoppingReason.PATIENCE_EXHAUSTED:
        return callback.wait_count >= callback.patience
    if callback.stopping_reason is EarlyStoppingReason.NOT_STOPPED or callback.monitor not in metrics:
        return False
    last, reached = metrics[callback.monitor].detach().cpu(), callback.monitor_op
    reasons = {
        EarlyStoppingReason.STOPPING_THRESHOLD: callback.stopping_threshold is not None
        and reached(last, callback.stopping_threshold),
        EarlyStoppingReason.DIVERGENCE_THRESHOLD: callback.divergence_threshold is not None
        and reached(-last, -callback.divergence_threshold),
        EarlyStoppingReason.NON_FINITE_METRIC: callback.check_finite and not last.isfinite(),
    }
    return bool(reasons[callback.stopping_reason])


def _of_kind(trainer: Trainer, kind: type[Any]) -> list[Any]:
    return [callback for callback in trainer.callbacks if isinstance(callback, kind)]  # type: ignore[attr-defined]
