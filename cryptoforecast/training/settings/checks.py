"""Settings of a fit that cannot work, or work against their purpose: seen before a run folder is made."""

import warnings
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice, UsageError, UserError
from cryptoforecast.models import Forecaster
from cryptoforecast.models.contract.optimizers import build

# By the verbs that judge or forecast; callbacks, where their hooks are of the verb.
HONOURED = ("accelerator", "devices", "num_nodes", "strategy", "deterministic", "benchmark", "callbacks")
OPTION = "--trainer."
# Which way each of our curves is better.
MODES = {
    "train/loss": "min",
    "val/loss": "min",
    "val/rmse": "min",
    "val/skill": "max",
}


def refuse_ignored_options(verb: str, words: list[str]) -> None:
    """Refuse options of the trainer that a verb which trains nothing would ignore.

    What a configuration file says of the trainer is about the fit, and is no mistake.

    Args:
        verb: the verb.
        words: its command line.

    Raises:
        UsageError: naming the first.
    """
    for word in words:
        option = word.split("=")[0].rstrip("+")
        if option.startswith(OPTION) and option.removeprefix(OPTION).split(".")[0] not in HONOURED:
            raise UsageError(
                f"{option}: {verb} trains nothing; of the trainer's options it takes {', '.join(HONOURED)}."
            )


def set_modes(chosen: Any) -> None:
    """Let callbacks and schedulers that monitor a curve of ours know which way it is better.

    Their own default is that all is to be small, with which the epoch of the lowest skill would be the best.

    Args:
        chosen: the options of ``fit``, parsed, changed in place.

    Raises:
        UserError: if a mode that is no default is the wrong one.
    """
    callbacks = chosen.trainer.callbacks
    monitoring = [("trainer.callbacks", one) for one in (callbacks if isinstance(callbacks, list) else [callbacks])]
    monitoring.append(("model.scheduler", (chosen.get("model.init_args") or {}).get("scheduler")))
    for setting, spec in monitoring:
        settings: Any = getattr(spec, "init_args", None) or {}
        mode = MODES.get(str(settings.get("monitor")))
        if mode is None or settings.get("mode", mode) == mode:
            continue
        name = f"{setting}: {spec.class_path.rsplit('.', 1)[-1]} monitors {settings.monitor}"
        if mode == "min":
            raise UserError(f"{name}, which is to be small; with mode {settings.mode} it would choose the worst epoch.")
        warnings.warn(f"{name}, which is to be large: its mode is max, not {settings.mode}.", DataNotice, stacklevel=2)
        settings.mode = mode


def require_settings_that_work(trainer: Trainer, model: Forecaster, data: CloseDataModule) -> None:
    """Try what Lightning would stumble over after a run has begun.

    Args:
        trainer: what is to train.
        model: what is to be trained.
        data: set up for ``fit``.

    Raises:
        UserError: naming the setting.
    """
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
    """Move a learning rate once, of one weight: some schedulers stumble over their arguments only then."""
    assert model._scheduler is not None
    optimizer = build("optimizer", model._optimizer, torch.nn.Linear(1, 1).parameters())
    scheduler = build("scheduler", model._scheduler, optimizer)
    try:
        optimizer.step()
        scheduler.step(*([torch.zeros(())] if isinstance(scheduler, ReduceLROnPlateau) else []))
    except (ValueError, TypeError, ArithmeticError, LookupError) as problem:
        raise UserError(f"model.scheduler: {type(scheduler).__name__}: {type(problem).__name__}: {problem}.") from None
