"""A model lent out for forecasting: on another device, without dropout, and afterwards as it was."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cryptoforecast.models.forecaster import Forecaster


@contextmanager
def lent(forecaster: Forecaster, device: str | torch.device) -> Iterator[None]:
    """A forecaster without dropout on another device, and afterwards as it was."""
    home, modes = forecaster.device, {module: module.training for module in forecaster.modules()}
    try:
        forecaster.to(device).eval()
        yield
    finally:
        forecaster.to(home)
        for module, training in modes.items():
            module.training = training
