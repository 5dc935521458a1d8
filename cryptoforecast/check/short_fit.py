"""A few steps of training, as exact as those of ``fit``, which write nothing but the checkpoints of callbacks."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.models.contract.calibration import calibrate_on, without_validation
from cryptoforecast.models.contract.inference import evaluation_mode
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.training.exact import exact
from cryptoforecast.training.lightning.lean_loop import NoProfiler, use_lean_loop

SEED = 0
CALIBRATED_ON = 128  # of the last training windows, in the place of the validation windows of a fit


class Fitted(NamedTuple):
    """A model in a short fit or after it, its data and its trainer; the loss of each step, and the weights reached.

    ``reached`` are the names of the weights that have had a gradient other than zero.
    """

    model: Forecaster
    data: CloseDataModule
    trainer: Trainer
    losses: list[float]
    reached: set[str]


Condition = Callable[[Fitted], bool]


def short_fit(
    model: Forecaster,
    data: CloseDataModule,
    folder: Path,
    steps: int = -1,
    epochs: int = -1,
    validate: bool = False,
    until: Condition | None = None,
    every: int = 1,
    callbacks: Sequence[Callback] = (),
    ckpt_path: Path | None = None,
    **options: Any,
) -> Fitted:
    """Train a model, which then is in evaluation mode.

    Args:
        model: the model.
        data: set up for ``fit``.
        folder: for checkpoints, if a callback writes some.
        steps: of the optimizer at most; -1 for no limit.
        epochs: at most; -1 for no limit.
        validate: whether each epoch is followed by its validation.
        until: ends training once it returns True; called in evaluation mode.
        every: count of the steps after which it is called.
        callbacks: further ones.
        ckpt_path: a checkpoint to go on from.
        options: further ones of the Trainer's.
    """
    watch = _Watch(until, every)
    trainer = Trainer(
        **exact(
            default_root_dir=folder,
            accelerator="cpu",
            devices=1,
            max_steps=steps,
            max_epochs=epochs if learns(model) else 1,
            limit_val_batches=1.0 if validate else 0,
            num_sanity_val_steps=0,
            logger=False,
            callbacks=[watch, *callbacks],
            enable_checkpointing=any(isinstance(callback, ModelCheckpoint) for callback in callbacks),
            enable_progress_bar=False,
            enable_model_summary=False,
            profiler=NoProfiler(),
            **options,
        )
    )
    use_lean_loop(trainer)
    watch.fitted = fitted = Fitted(model, data, trainer, [], set())
    seed_everything(SEED, verbose=False)
    if not validate:
        without_validation(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(model, datamodule=data, ckpt_path=ckpt_path)
    model.eval()
    if not validate:
        calibrate_on(model, data.windows[data.fold.train[-CALIBRATED_ON:]])
    return fitted


def learns(model: Forecaster) -> bool:
    """Whether a model has weights that gradients change."""
    return model._learns()


class _Watch(Callback):
    """Notes the loss of each step and which weights have had a gradient, and ends training when a condition holds."""

    fitted: Fitted

    def __init__(self, until: Condition | None, every: int) -> None:
        self.until, self.every = until, every

    def on_before_optimizer_step(self, trainer: Trainer, pl_module: LightningModule, optimizer: Any) -> None:
        for name, weights in pl_module.named_parameters():
            if name not in self.fitted.reached and weights.grad is not None and bool(weights.grad.any()):
                self.fitted.reached.add(name)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        if isinstance(loss, torch.Tensor) and loss.numel() == 1:
            self.fitted.losses.append(float(loss))
        if self.until is not None and trainer.global_step % self.every == 0:
            with evaluation_mode(pl_module, "cpu"), torch.no_grad():
                trainer.should_stop = trainer.should_stop or self.until(self.fitted)
