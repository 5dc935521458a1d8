"""Random numbers in training: a function of the seed, epoch and batch, not of what was drawn before."""

import random
from hashlib import blake2b
from typing import Any

import numpy as np
import torch
from lightning.pytorch import Callback, LightningModule, Trainer

EPOCH, BATCH, VALIDATION = range(3)  # each is seeded for itself


class SeedEachBatch(Callback):
    """Seeds torch, NumPy and Python before each training batch, each epoch and each validation.

    So a resumed fit draws the same random numbers as one that was not interrupted. Checkpoints hold the seed.
    """

    def __init__(self) -> None:
        self.seed = 0

    @property
    def state_key(self) -> str:
        """``Noise``, this class's former name, under which checkpoints hold its state."""
        return "Noise"

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Store the seed that was set before the model was created."""
        self.seed = torch.initial_seed()

    def state_dict(self) -> dict[str, int]:
        """The seed."""
        return {"seed": self.seed}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the seed of the resumed fit; the order of batches depends on it too."""
        self.seed = state_dict["seed"]
        torch.manual_seed(self.seed)

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed for what is drawn before the first batch."""
        self._seed_for(trainer, pl_module, EPOCH, 0)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Seed for what a batch draws, such as dropout."""
        self._seed_for(trainer, pl_module, BATCH, batch_idx)

    def on_validation_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed for what a validation draws."""
        if trainer.training or trainer.validating:
            self._seed_for(trainer, pl_module, VALIDATION, trainer.fit_loop.batch_idx)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Restore the initial seed, for loaders that are created again between epochs."""
        _seed_torch(self.seed, pl_module.device)

    def _seed_for(self, trainer: Trainer, module: LightningModule, what: int, batch: int) -> None:
        place = (self.seed, trainer.global_rank, trainer.current_epoch, what, batch)
        digest = blake2b(repr(place).encode(), digest_size=20).digest()
        _seed_torch(int.from_bytes(digest[:8]), module.device)
        random.seed(int.from_bytes(digest[8:16]))
        np.random.seed(int.from_bytes(digest[16:]))  # noqa: NPY002 (the global generator is the one that other code draws from)


def _seed_torch(seed: int, device: torch.device) -> None:
    """Seed torch on the CPU and on a model's device; ``torch.manual_seed`` checks all backends, which takes 2 ms."""
    torch.default_generator.manual_seed(seed)
    if device.type != "cpu":
        torch.get_device_module(device).manual_seed(seed)
