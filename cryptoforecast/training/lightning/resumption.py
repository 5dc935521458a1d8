"""A callback that makes resuming from a checkpoint exact: it saves and restores what Lightning leaves out.

Lightning resumes in the middle of an epoch without the gradients accumulated so far, and forgets that training was to
stop. Written after a batch that a validation follows, a checkpoint loses that validation; written at the end of an
epoch, the step of a plateau scheduler.
"""

import warnings
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import GradientAccumulationScheduler
from lightning.pytorch.plugins.precision import DoublePrecision

from cryptoforecast.data.datamodule import datamodule_of
from cryptoforecast.errors import DataNotice
from cryptoforecast.training.changed_settings import apply_changes
from cryptoforecast.training.lightning.callback_arguments import apply_callback_changes, arguments_of
from cryptoforecast.training.lightning.kept_checkpoints import relocate_kept_checkpoints
from cryptoforecast.training.lightning.loop_state import (
    fit_loop_state,
    is_between_epochs,
    is_mid_epoch,
    num_epochs_trained,
    round_counters,
    validation_follows,
)
from cryptoforecast.training.resume_rules import Change, Rule, changes, refuse_changes, require_length
from cryptoforecast.training.resume_settings import callbacks_of, settings_of_fit, settings_of_learning
from cryptoforecast.training.stopping import still_stopped, why_nothing_is_left

MID_VALIDATION = "restarted_mid_evaluation"  # Lightning's name of the stage in which a validation runs again


class Resumption(Callback):
    """Writes what exact resuming needs into each checkpoint, and restores it."""

    def __init__(self) -> None:
        self._state: dict[str, Any] = {}
        self._settings: dict[str, Any] = {}
        self._made: list[dict[str, Any]] = []  # attributes of schedulers before they were restored
        self._given: dict[str, tuple[Callback, dict[str, Any]]] = {}  # callbacks, and their arguments
        self._changes: list[Change] = []
        self._mid_epoch = False
        self.trained = False  # whether there was anything left to train for

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Store the settings before callbacks load their states from a checkpoint."""
        if stage == "fit":
            self._state, self._changes, self.trained = {}, [], False
            self._settings = settings_of_fit(trainer, datamodule_of(trainer))
            self._given = {name: (kept, arguments_of(kept)) for name, kept in callbacks_of(trainer).items()}

    def on_save_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Write the settings and the state of the step, the epoch and the validation in progress."""
        gathered = trainer.fit_loop._should_accumulate()
        weights = pl_module.named_parameters() if gathered else ()
        checkpoint["callbacks"][self.state_key] = {
            "settings": self._settings,
            "validation_due": round_counters(trainer, fit_loop_state(checkpoint)),
            "should_stop": trainer.should_stop,
            "accumulate_grad_batches": trainer.accumulate_grad_batches,
            "gradients": {name: weight.grad.clone() for name, weight in weights if weight.grad is not None},
            "metrics": {name: value.clone() for name, value in trainer.callback_metrics.items()},
        }

    def on_load_checkpoint(self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]) -> None:
        """Restore what trainer and callbacks need before their first hook."""
        if Path(str(trainer.ckpt_path)).name.startswith("."):  # of a finder, which restores its state
            return
        self._state = checkpoint["callbacks"].get(self.state_key, {})
        loops = fit_loop_state(checkpoint)
        require_length(trainer, num_epochs_trained(loops), trainer.ckpt_path)
        self._mid_epoch = is_mid_epoch(loops)
        trainer.num_sanity_val_steps = 0  # one would be an additional validation
        callbacks: list[Callback] = trainer.callbacks  # type: ignore[attr-defined]
        if self._state and any(isinstance(callback, GradientAccumulationScheduler) for callback in callbacks):
            trainer.accumulate_grad_batches = self._state["accumulate_grad_batches"]
        if isinstance(trainer.precision_plugin, DoublePrecision):  # the weights were loaded in single precision
            pl_module.double().load_state_dict(checkpoint["state_dict"], strict=pl_module.strict_loading)
        relocate_kept_checkpoints(trainer, checkpoint)

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Compare the settings with the checkpoint's: optimizers exist now, and are not restored yet.

        Raises:
            UserError: if one of them may not change.
        """
        schedulers = [config.scheduler for config in trainer.lr_scheduler_configs]
        self._settings |= settings_of_learning(trainer.optimizers, schedulers)
        self._made = [dict(vars(scheduler)) for scheduler in schedulers]
        self._changes = changes(self._state.get("settings") or self._settings, self._settings)
        refuse_changes(self._changes, trainer.ckpt_path, self._mid_epoch)
        for change in self._changes if trainer.is_global_zero else ():
            if change.rule is not Rule.FREE:
                warnings.warn(str(change), DataNotice, stacklevel=2)
        apply_callback_changes(self._changes, self._given)
        if self._state.get("should_stop") and still_stopped(trainer, self._state["metrics"], bool(self._changes)):
            trainer.should_stop = True

    def nothing_left(self, trainer: Trainer) -> str | None:
        """The end of a sentence that says why nothing was left to train; None if something was."""
        return None if self.trained else why_nothing_is_left(trainer)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore loops, gradients and metrics."""
        self.trained = True
        if data := datamodule_of(trainer):
            self._settings["data.batch_size"] = data.batch_size  # a callback may have tuned it just now
        if not self._state:
            return
        apply_changes(self._changes, trainer, self._made)
        fit_loop = trainer.fit_loop
        if held := fit_loop._combined_loader_states_to_load:  # an optimizer that asked for the count of steps had
            fit_loop._combined_loader._load_state_dicts(held)  # type: ignore[union-attr]  # loaders made too early
            fit_loop._combined_loader_states_to_load = []
        batches, progress = fit_loop.epoch_loop, fit_loop.epoch_progress.current
        if is_between_epochs(vars(progress)):  # between two epochs; with max_steps, Lightning repeats the first
            batches.restarting = False
        elif self._state["validation_due"]:
            batches.val_loop._restart_stage = MID_VALIDATION
        elif batches.batch_progress.is_last_batch and not validation_follows(trainer):
            batches.val_loop._has_run = True  # no batch and no validation is left, only the epoch's end
        trainer._logger_connector._callback_metrics.update(self._state["metrics"])
        for name, weights in pl_module.named_parameters():
            if name in self._state["gradients"]:
                weights.grad = self._state["gradients"][name].to(weights.device)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """End the restart, which Lightning does not end where no batch was left of the epoch."""
        if self._state:
            trainer.fit_loop.epoch_loop.restarting = False
            trainer.fit_loop.epoch_loop.reset_restart_stage()

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take the step of a plateau scheduler that Lightning leaves out in the epoch in which it resumes."""
        for config in trainer.lr_scheduler_configs if self._state else ():
            due = trainer.current_epoch // config.frequency
            metric = trainer.callback_metrics.get(config.monitor or "")
            plateau = config.reduce_on_plateau and config.interval == "epoch"
            if plateau and metric is not None and config.scheduler.last_epoch < due:
                pl_module.lr_scheduler_step(config.scheduler, metric)
