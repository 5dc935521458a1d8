"""Call the evaluation steps and hooks that a variant or a callback overrides, in addition to the scores."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, ProgressBar

from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.models import Forecaster
from cryptoforecast.models.contract.signatures import is_overridden
from cryptoforecast.training.lightning.trainer_state import uses_inference_mode
from cryptoforecast.training.quiet_trainer import SilentLogger, quiet_trainer

STAGES = {
    "validate": "validation",
    "test": "test",
    "predict": "predict",
}  # Lightning's stages by verb
MOMENTS = ("start", "epoch_start", "batch_start", "batch_end", "epoch_end", "end")
INHERITED = ("loss", "loss_random_walk", "rmse", "rmse_random_walk", "skill", "skill_random_walk")
OF_TRAINING = (Checkpoint, EarlyStopping, ProgressBar)  # their evaluation hooks have no effect outside a fit


def call_evaluation_hooks(
    verb: str, model: Forecaster, data: CloseDataModule, trainer: Trainer, callbacks: Sequence[Callback], folder: Path
) -> dict[str, float]:
    """Run Lightning's evaluation of a model if the model or a callback overrides one of its steps or hooks.

    Args:
        verb: ``validate``, ``test`` or ``predict``.
        model: ready to forecast.
        data: set up for the verb.
        trainer: determines device, precision and limits of batches.
        callbacks: those of the command line.
        folder: the logger's folder, into which hooks may write.

    Returns:
        The logged values by name.
    """
    given = [
        callback
        for callback in callbacks
        if not isinstance(callback, OF_TRAINING) and _overrides_evaluation(callback, Callback, verb)
    ]
    if not given and not _overrides_evaluation(model, Forecaster, verb):
        return {}
    evaluating = quiet_trainer(
        trainer,
        folder,
        limit_val_batches=trainer.limit_val_batches,
        limit_test_batches=trainer.limit_test_batches,
        limit_predict_batches=trainer.limit_predict_batches,
        inference_mode=uses_inference_mode(trainer),
        logger=SilentLogger(folder),
        callbacks=given,
        enable_checkpointing=False,
    )
    if verb == "predict":
        evaluating.predict(model, datamodule=data, return_predictions=False)
    else:
        getattr(evaluating, verb)(model, datamodule=data, verbose=False)
    logged = {name: float(value) for name, value in evaluating.callback_metrics.items() if name != "step"}
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


def _overrides_evaluation(owner: Any, base: type, verb: str) -> bool:
    stage = STAGES[verb]
    hooks = [f"on_{stage}_{moment}" for moment in MOMENTS]
    steps = [f"{stage}_step", f"on_{stage}_model_eval"] if base is Forecaster else []
    return any(is_overridden(owner, name, base) for name in hooks + steps)
