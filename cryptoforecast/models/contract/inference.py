"""Contexts for forecasting that leave no trace on the model and on random numbers."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from lightning.pytorch import LightningModule


@contextmanager
def evaluation_mode(forecaster: LightningModule, device: str | torch.device) -> Iterator[None]:
    """Put a forecaster on a device in evaluation mode, without dropout; restore device and modes afterwards."""
    home, modes = forecaster.device, {module: module.training for module in forecaster.modules()}
    try:
        forecaster.to(device).eval()
        yield
    finally:
        forecaster.to(home)
        for module, training in modes.items():
            module.training = training


@contextmanager
def random_state_kept() -> Iterator[None]:
    """Restore the states of the random generators of torch, NumPy and Python afterwards."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (the generator that models use)
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002
