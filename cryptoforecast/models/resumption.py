"""What a checkpoint holds so that training goes on from it to the last bit, beside what Lightning keeps.

Lightning goes on from the middle of an epoch without the gradients gathered so far, and forgets that training was to
stop. Written after a batch that a validation follows, a checkpoint loses that validation; written at the end of an
epoch, the step of a plateau scheduler.
"""

import functools
import os
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

MID_VALIDATION = "restarted_mid_evaluation"  # Lightning's word for a validation that is to be run again


class Resumption(Callback):
    """Writes what going on takes into each checkpoint, and takes it up again."""

    def __init__(self) -> None:
        self._state: dict[str, Any] = {}
        self.trained = False  # whether there was anything left to train

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Note what is under way."""
        gathered = trainer.fit_loop._should_accumulate()
        weights = pl_module.named_parameters() if gathered else ()
        checkpoint["callbacks"][self.state_key] = {
            "validation_due": _level(trainer, checkpoint["loops"]["fit_loop"]),
            "should_stop": trainer.should_stop,
            "accumulate_grad_batches": trainer.accumulate_grad_batches,
            "gradients": {name: one.grad.clone() for name, one in weights if one.grad is not None},
            "metrics": {name: value.clone() for name, value in trainer.callback_metrics.items()},
        }

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Take up what the trainer and its callbacks are to know before they do anything."""
        self._state = checkpoint["callbacks"].get(self.state_key, {})
        if self._state:
            trainer.should_stop = self._state["should_stop"]
            trainer.accumulate_grad_batches = self._state["accumulate_grad_batches"]
        here = Path(str(trainer.ckpt_path)).resolve()
        kept = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint)]
        kept = [one for one in kept if one.state_key in checkpoint["callbacks"] and _folder_of(one) in here.parents]
        held: set[Path] = set()
        for callback in kept:
            held |= _move(checkpoint["callbacks"][callback.state_key], str(callback.dirpath))
        _write_over(kept, held, here)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Put loops, gradients and metrics where they were."""
        self.trained = True
        if not self._state:
            return
        fit_loop = trainer.fit_loop
        batches, progress = fit_loop.epoch_loop, fit_loop.epoch_progress.current
        if _between_epochs(vars(progress)):  # between two epochs; with max_steps, Lightning repeats the first
            batches.restarting = False
        elif self._state["validation_due"]:
            batches.val_loop._restart_stage = MID_VALIDATION
        elif batches.batch_progress.is_last_batch and not _validation_follows(trainer):
            batches.val_loop._has_run = True  # no batch and no validation is left, only the epoch's end
        trainer._logger_connector._callback_metrics.update(self._state["metrics"])
        for name, weights in pl_module.named_parameters():
            if name in self._state["gradients"]:
                weights.grad = self._state["gradients"][name].to(weights.device)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End the restart, which Lightning takes for unended where no batch was left of the epoch."""
        if self._state:
            trainer.fit_loop.epoch_loop.restarting = False
            trainer.fit_loop.epoch_loop.reset_restart_stage()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Make up for the step of a plateau scheduler that Lightning leaves out in the epoch it goes on from."""
        for config in trainer.lr_scheduler_configs if self._state else ():
            due = trainer.current_epoch // config.frequency
            metric = trainer.callback_metrics.get(config.monitor or "")
            plateau = config.reduce_on_plateau and config.interval == "epoch"
            if plateau and metric is not None and config.scheduler.last_epoch < due:
                pl_module.lr_scheduler_step(config.scheduler, metric)


def _level(trainer: Trainer, loops: dict[str, Any]) -> bool:
    """Make the loops' counters those of a moment between two batches or two epochs; say if a validation is due there.

    Args:
        trainer: its loops stand where the counters were taken.
        loops: the state of the fit loop, changed in place.
    """
    epoch, batch = loops["epoch_progress"], loops["epoch_loop.batch_progress"]
    validation = loops["epoch_loop.val_loop.batch_progress"]
    batches = trainer.fit_loop.epoch_loop
    place = batch["current"]["processed"]
    if _between_epochs(epoch["current"]):  # the epoch is over, but for its bookkeeping
        _complete(epoch)
        batch["current"] = dict.fromkeys(batch["current"], 0)
        batch["is_last_batch"], validation["total"] = False, dict.fromkeys(validation["total"], 0)
        place, due = 0, False
    else:
        after_batch = batch["current"]["completed"] < place  # nothing that follows the batch has begun
        interrupted = validation["total"]["completed"] < validation["total"]["ready"]
        due = interrupted or (after_batch and _validation_follows(trainer))
        if after_batch and not due and not batches._should_accumulate():
            loops["epoch_loop.state_dict"]["_batches_that_stepped"] += 1
    _complete(batch)
    _complete(validation)
    validation["current"] = dict.fromkeys(validation["current"], 0)
    for state in loops["state_dict"].get("combined_loader", []):
        state["place"] = place
    return bool(due)


def _between_epochs(progress: dict[str, int]) -> bool:
    return progress["started"] == progress["processed"]


def _validation_follows(trainer: Trainer) -> bool:
    return bool(trainer.fit_loop.epoch_loop._should_check_val_fx(trainer.fit_loop._data_fetcher))  # type: ignore[arg-type]


def _complete(progress: dict[str, Any]) -> None:
    """Call all completed that was processed, and nothing begun that was not."""
    for part in ("total", "current"):
        progress[part] = dict.fromkeys(progress[part], progress[part]["processed"])


def _folder_of(callback: ModelCheckpoint) -> Path | None:
    return None if callback.dirpath is None else Path(callback.dirpath).resolve()


def _move(state: dict[str, Any], folder: str) -> set[Path]:
    """Let a checkpoint callback find its files where they are now.

    Args:
        state: the callback's, changed in place.
        folder: where it keeps its files.

    Returns:
        The files.
    """
    before = Path(str(state["dirpath"]))

    def moved(path: str) -> str:
        """The path below ``folder``, to the letter as Lightning joins it; a metric's name may have made folders."""
        inside = Path(path).relative_to(before) if Path(path).is_relative_to(before) else Path(path).name
        return os.path.join(folder, inside) if path else path  # noqa: PTH118

    for name in ("best_model_path", "kth_best_model_path", "last_model_path"):
        state[name] = moved(state[name])
    best: dict[str, Tensor] = {moved(path): score for path, score in state["best_k_models"].items()}
    state.update(dirpath=folder, best_k_models=best)
    return {Path(path).resolve() for path in (state["best_model_path"], state["last_model_path"], *best) if path}


def _write_over(callbacks: list[ModelCheckpoint], held: set[Path], resumed: Path) -> None:
    """Let callbacks overwrite what the fit has written after the checkpoint that it goes on from.

    Lightning would give the new files other names (``last-v1.ckpt``), and the old ones would seem to be the newest.

    Args:
        callbacks: those that keep checkpoints in the run.
        held: files that one of them still counts on.
        resumed: the checkpoint; it is overwritten too, if no callback counts on it.
    """
    written_until, asked = resumed.stat().st_mtime_ns, set(held)

    def left_behind(path: Path) -> bool:
        """Whether a file is from before, and asked about for the first time: then it is written over at once."""
        if path in asked:
            return False
        asked.add(path)
        return path.is_file() and path.stat().st_mtime_ns >= written_until

    def exists(callback: ModelCheckpoint, path: str | Path, trainer: Trainer) -> bool:
        there = trainer.is_global_zero and callback._fs.exists(path) and not left_behind(Path(path).resolve())
        return trainer.strategy.reduce_boolean_decision(there, all=False)  # every process asks

    for callback in callbacks:
        callback.file_exists = functools.partial(exists, callback)  # type: ignore[method-assign]
