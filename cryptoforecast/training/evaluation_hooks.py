"""Steps and hooks of evaluation that a variant or a callback has written, called beside the judging."""

import copy
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, ProgressBar

from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.models import Forecaster
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.training.lightning.trainer_state import uses_inference_mode
from cryptoforecast.training.silent_logger import SilentLogger

STAGES = {"validate": "validation", "test": "test", "predict": "predict"}  # Lightning's words for what a verb does
MOMENTS = ("start", "epoch_start", "batch_start", "batch_end", "epoch_end", "end")
INHERITED = ("loss", "loss_random_walk", "rmse", "rmse_random_walk", "skill", "skill_random_walk")
OF_TRAINING = (Checkpoint, EarlyStopping, ProgressBar)  # their hooks of evaluation do nothing outside a fit


def call_evaluation_hooks(
    verb: str, model: Forecaster, data: CloseDataModule, trainer: Trainer, callbacks: Sequence[Callback], folder: Path
) -> dict[str, float]:
    """Have Lightning evaluate a model, where it or a callback has something of its own to do then.

    Args:
        verb: ``validate``, ``test`` or ``predict``.
        model: ready to forecast.
        data: set up for the verb.
        trainer: whose device, precision and limits of batches hold.
        callbacks: those of the command line.
        folder: where code that asks for a logger's folder may write.

    Returns:
        What they have logged, by name.
    """
    given = [one for one in callbacks if not isinstance(one, OF_TRAINING) and _has_something_to_do(one, Callback, verb)]
    if not given and not _has_something_to_do(model, Forecaster, verb):
        return {}
    device = trainer.strategy.root_device
    calling = Trainer(
        default_root_dir=folder,
        accelerator=device.type if device.type in ("cuda", "mps") else "cpu",
        devices=[device.index or 0] if device.type == "cuda" else 1,
        plugins=[LightningEnvironment(), copy.deepcopy(trainer.precision_plugin)],
        limit_val_batches=trainer.limit_val_batches,
        limit_test_batches=trainer.limit_test_batches,
        limit_predict_batches=trainer.limit_predict_batches,
        inference_mode=uses_inference_mode(trainer),
        logger=SilentLogger(folder),
        callbacks=given,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    if verb == "predict":
        calling.predict(model, datamodule=data, return_predictions=False)
    else:
        getattr(calling, verb)(model, datamodule=data, verbose=False)
    logged = {name: float(value) for name, value in calling.callback_metrics.items() if name != "step"}
    split = "val" if verb == "validate" else verb
    if f"{split}/rmse_random_walk" not in logged:
        return logged
    inherited = {f"{split}/{name}" for name in INHERITED}
    of_series = f"{split}/skill/"
    return {name: value for name, value in logged.items() if name not in inherited and not name.startswith(of_series)}


def keep_logged(logged: dict[str, float], scores: Path) -> None:
    """Keep what was logged in ``scores.json``; nothing if nothing was."""
    if not logged:
        return
    content = {**json.loads(scores.read_text(encoding="utf-8")), "logged": logged}
    write_atomically(scores, lambda file: file.write((json.dumps(content, indent=2) + "\n").encode()))


def _has_something_to_do(owner: Any, base: type, verb: str) -> bool:
    stage = STAGES[verb]
    hooks = [f"on_{stage}_{moment}" for moment in MOMENTS]
    steps = [f"{stage}_step", f"on_{stage}_model_eval"] if base is Forecaster else []
    return any(is_overridden(owner, name, base) for name in hooks + steps)
