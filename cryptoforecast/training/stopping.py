"""Why a fit has stopped, and whether the reason still holds when it is to go on."""

from collections.abc import Mapping
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import EarlyStopping, Timer
from lightning.pytorch.callbacks.early_stopping import EarlyStoppingReason
from torch import Tensor


def still_stopped(trainer: Trainer, metrics: Mapping[str, Tensor], changed: bool) -> bool:
    """Whether a fit that was told to stop has to stay so.

    If nothing was changed it has. Else early stopping holds as long as there is a callback whose patience or threshold
    says so; whether the time is over, a timer looks by itself.

    Args:
        trainer: its callbacks have taken up their states.
        metrics: the last there were.
        changed: whether any setting is not what it was.
    """
    return not changed or any(_has_stopped(callback, metrics) for callback in _of_kind(trainer, EarlyStopping))


def why_nothing_is_left(trainer: Trainer) -> str:
    """What has ended a fit that has nothing left to train, and what lets it go on, as the end of a sentence."""
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
    """Whether a callback's state still says to stop, with the patience and the thresholds that it has now."""
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
