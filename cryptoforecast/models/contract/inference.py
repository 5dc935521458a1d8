"""A model lent out for forecasting: on another device, without dropout, and afterwards as it was."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from lightning.pytorch import LightningModule


@contextmanager
def evaluation_mode(forecaster: LightningModule, device: str | torch.device) -> Iterator[None]:
    """A forecaster without dropout on another device, and afterwards as it was."""
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
    """Leave the random numbers of torch, NumPy and Python as if nobody had drawn any meanwhile."""
    of_python, of_numpy = random.getstate(), np.random.get_state()  # noqa: NPY002 (what others draw from)
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(of_python)
        np.random.set_state(of_numpy)  # noqa: NPY002
