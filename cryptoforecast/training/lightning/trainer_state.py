"""What a trainer knows and tells nobody: functions with plain names over its undocumented attributes."""

import signal
import sys
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Timer
from lightning.pytorch.core.optimizer import _configure_optimizers


def configured_optimizers(module: LightningModule) -> tuple[list[Any], list[Any]]:
    """The optimizers and schedulers that ``configure_optimizers`` of a module returns, whatever form it returns.

    Raises:
        RuntimeError: if it needs a trainer, as do AttributeError and TypeError.
    """
    configured: Any = module.configure_optimizers() or []
    optimizers, schedulers, _ = _configure_optimizers(configured)
    return optimizers, [config["scheduler"] if isinstance(config, dict) else config for config in schedulers]


def duration_of(timer: Timer) -> float | None:
    """The seconds after which a timer stops training; None where it does not."""
    return timer._duration


def uses_inference_mode(trainer: Trainer) -> bool:
    """Whether a trainer evaluates in inference mode, as ``Trainer(inference_mode=...)`` has set it."""
    return trainer.validate_loop.inference_mode


def has_started_an_epoch(trainer: Trainer) -> bool:
    """Whether a trainer has begun an epoch, in this process or before the checkpoint that it goes on from."""
    return bool(trainer.fit_loop.epoch_progress.current.ready)


def goes_on_within_an_epoch(trainer: Trainer) -> bool:
    """Whether training goes on from a checkpoint of the middle of an epoch."""
    return trainer.fit_loop.restarted_mid_epoch


def kill_launched_processes(trainer: Trainer) -> None:
    """Kill the processes that this one has started for the same fit."""
    launcher = trainer.strategy.launcher
    if launcher is not None:
        launcher.kill(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
