"""What tests of fits called from Python share."""

import functools
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

import cryptoforecast as cf

LAST: dict[str, Any] = {"class_path": "ModelCheckpoint", "filename": "last"}
BEST: dict[str, Any] = {"class_path": "ModelCheckpoint", "monitor": "val/loss", "filename": "best"}
PATIENT: dict[str, Any] = {"class_path": "EarlyStopping", "monitor": "val/loss", "patience": 9}
ADAM = functools.partial(torch.optim.Adam, lr=0.02)
SMALL: dict[str, Any] = {"model": cf.LSTM, "hidden_size": 2, "dropout": 0.3, "context_length": 6, "batch_size": 16}


class Interrupting(Callback):
    """Ends a fit as Ctrl-C does, within an epoch."""

    def __init__(self, at: int) -> None:
        self.at = at

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        if trainer.global_step == self.at:
            raise KeyboardInterrupt


def fit(**options: Any) -> cf.Run:
    """The fit of the commands in ``tests.cli.helpers``."""
    logger = {"class_path": "TensorBoardLogger", "save_dir": "runs"}
    usual = {"source": cf.CsvSource("COIN-USD.csv"), "seed": 7, "max_epochs": 3, "accelerator": "cpu", "logger": logger}
    return cf.fit(**{**SMALL, **usual, "optimizer": ADAM, "callbacks": [LAST, BEST, PATIENT], **options})
