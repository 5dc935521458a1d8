"""What chance does in training: a function of the seed and of the place in training, not of what was drawn before."""

import random
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

EPOCH, BATCH, VALIDATION = range(3)  # each has draws of its own


class SeedEachBatch(Callback):
    """Seeds torch, NumPy and Python anew for each training batch, and for what is drawn between them.

    So a fit that goes on from a checkpoint draws what it would have drawn. The seed is kept in the checkpoint.
    """

    def __init__(self) -> None:
        self.seed = 0

    @property
    def state_key(self) -> str:
        """``Noise``, this class's former name, under which checkpoints hold its state."""
        return "Noise"

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Take up the seed that was set before the model was made."""
        self.seed = torch.initial_seed()

    def state_dict(self) -> dict[str, int]:
        """The seed."""
        return {"seed": self.seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take up the seed of the fit that goes on; the order of batches follows from it too."""
        self.seed = state_dict["seed"]
        torch.manual_seed(self.seed)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed what is drawn before the first batch."""
        self._seed_for(trainer, pl_module, EPOCH, 0)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Seed what a batch draws, as dropout does."""
        self._seed_for(trainer, pl_module, BATCH, batch_idx)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed what a validation draws."""
        if trainer.training or trainer.validating:
            self._seed_for(trainer, pl_module, VALIDATION, trainer.fit_loop.batch_idx)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Let loaders that are made anew between epochs find the seed that the first ones found."""
        _seed_torch(self.seed, pl_module.device)

    def _seed_for(self, trainer: Trainer, module: LightningModule, what: int, batch: int) -> None:
        place = (self.seed, trainer.global_rank, trainer.current_epoch, what, batch)
        digest = blake2b(repr(place).encode(), digest_size=20).digest()
        _seed_torch(int.from_bytes(digest[:8]), module.device)
        random.seed(int.from_bytes(digest[8:16]))
        np.random.seed(int.from_bytes(digest[16:]))  # noqa: NPY002 (what others draw from is what is to be seeded)


def _seed_torch(seed: int, device: torch.device) -> None:
    """Seed where a model is; ``torch.manual_seed`` asks all kinds of devices, and takes two milliseconds for it."""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)
