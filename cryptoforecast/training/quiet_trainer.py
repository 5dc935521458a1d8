"""A trainer beside that of the user: on the same device, in the same precision, and without output."""

import copy
from pathlib import Path
from typing import Any

from lightning.fabric.plugins.environments.lightning import LightningEnvironment
from lightning.pytorch import Trainer
from lightning.pytorch.loggers.logger import DummyLogger


def quiet_trainer(trainer: Trainer, folder: Path, **settings: Any) -> Trainer:
    """A trainer of one process on the device and in the precision of another, which prints nothing.

    Args:
        trainer: the other.
        folder: its ``default_root_dir``.
        settings: further arguments of the Trainer.
    """
    device = trainer.strategy.root_device
    return Trainer(
        default_root_dir=folder,
        accelerator=device.type if device.type in ("cuda", "mps") else "cpu",
        devices=[device.index or 0] if device.type == "cuda" else 1,
        plugins=[LightningEnvironment(), copy.deepcopy(trainer.precision_plugin)],
        enable_progress_bar=False,
        enable_model_summary=False,
        **settings,
    )


class SilentLogger(DummyLogger):
    """Has the methods of a logger, and writes nothing: for code that expects a logger where nothing is logged.

    Args:
        folder: its ``save_dir`` and ``log_dir``.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = str(folder)

    @property
    def save_dir(self) -> str:
        """The folder."""
        return self.folder

    @property
    def log_dir(self) -> str:
        """The folder."""
        return self.folder
