"""Checks of settings that cannot work, or do the opposite of what they are for, before a run folder is made."""

import warnings
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice, UsageError, UserError
from cryptoforecast.models import Forecaster
from cryptoforecast.models.contract.optimizers import build

# Options of the trainer that matter to verbs that judge or forecast; callbacks, for their hooks of these verbs.
OPTIONS_OF_JUDGING = ("accelerator", "devices", "num_nodes", "strategy", "deterministic", "benchmark", "callbacks")
TRAINER_PREFIX = "--trainer."
# Whether a lower or a higher value of a curve is better.
MODE_OF_CURVE = {
    "train/loss": "min",
    "val/loss": "min",
    "val/rmse": "min",
    "val/skill": "max",
    "val/crps": "min",
    "val/density_skill": "max",
}


def refuse_ignored_options(verb: str, words: list[str]) -> None:
    """Refuse typed options that a verb which trains nothing would ignore; those in a file are about the fit.

    Args:
        verb: the verb.
        words: its command line.

    Raises:
        UsageError: naming the first.
    """
    for word in words:
        option = word.split("=")[0].rstrip("+")
        if option == "--name":
            raise UsageError(f"--name names the run of a fit; {verb} writes where --output_dir or --output say.")
        if (
            option.startswith(TRAINER_PREFIX)
            and option.removeprefix(TRAINER_PREFIX).split(".")[0] not in OPTIONS_OF_JUDGING
        ):
            raise UsageError(
                f"{option}: {verb} trains nothing; of the trainer's options it takes {', '.join(OPTIONS_OF_JUDGING)}."
            )


def set_modes(chosen: Any) -> None:
    """Set the mode of callbacks and schedulers that monitor one of our curves.

    Their default is ``min``, by which the epoch of the lowest skill would be the best.

    Args:
        chosen: the options of ``fit``, parsed, changed in place.

    Raises:
        UserError: if a mode that is no default is the wrong one.
    """
    callbacks = chosen.trainer.callbacks
    monitoring = [
        ("trainer.callbacks", callback) for callback in (callbacks if isinstance(callbacks, list) else [callbacks])
    ]
    monitoring.append(("model.scheduler", (chosen.get("model.init_args") or {}).get("scheduler")))
    for setting, spec in monitoring:
        settings: Any = getattr(spec, "init_args", None) or {}
        mode = MODE_OF_CURVE.get(str(settings.get("monitor")))
        if mode is None or settings.get("mode", mode) == mode:
            continue
        name = f"{setting}: {spec.class_path.rsplit('.', 1)[-1]} monitors {settings.monitor}"
        if mode == "min":
            raise UserError(f"{name}, which is to be small; with mode {settings.mode} it would choose the worst epoch.")
        warnings.warn(f"{name}, which is to be large: its mode is max, not {settings.mode}.", DataNotice, stacklevel=2)
        settings.mode = mode


def require_settings_that_work(trainer: Trainer, model: Forecaster, data: CloseDataModule) -> None:
    """Refuse settings that Lightning or torch would refuse only after a run has begun.

    Args:
        trainer: about to train.
        model: about to be trained.
        data: set up for ``fit``.

    Raises:
        UserError: naming the setting.
    """
    for callback in trainer.early_stopping_callbacks:
        if not trainer.limit_val_batches and callback.strict and callback.monitor.startswith("val/"):
            raise UserError(
                f"trainer.limit_val_batches is 0, and EarlyStopping monitors {callback.monitor}; set trainer.callbacks "
                "without it, such as --trainer.callbacks=null."
            )
    every, batches = trainer.val_check_interval, len(data.train_dataloader())
    limit = trainer.limit_train_batches
    seen = min(batches, limit) if isinstance(limit, int) else max(1, int(batches * limit)) if limit else 0
    if isinstance(every, int) and every > seen > 0 and trainer.check_val_every_n_epoch is not None:
        raise UserError(
            f"trainer.val_check_interval is {every}, and an epoch has {seen} batches; set at most {seen}, or "
            "trainer.check_val_every_n_epoch to null, which counts batches over epochs."
        )
    if model._scheduler is not None and any(weights.requires_grad for weights in model.parameters()):
        _take_a_step(model)


def _take_a_step(model: Forecaster) -> None:
    """Take one step of the scheduler on a single weight: some refuse their arguments only then."""
    assert model._scheduler is not None
    optimizer = build("optimizer", model._optimizer, torch.nn.Linear(1, 1).parameters())
    scheduler = build("scheduler", model._scheduler, optimizer)
    try:
        optimizer.step()
        scheduler.step(*([torch.zeros(())] if isinstance(scheduler, ReduceLROnPlateau) else []))
    except (ValueError, TypeError, ArithmeticError, LookupError) as problem:
        raise UserError(f"model.scheduler: {type(scheduler).__name__}: {type(problem).__name__}: {problem}.") from None
