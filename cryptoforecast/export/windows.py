"""Windows on which an exported model is compared with its checkpoint: the last of its data, or made-up ones."""

import warnings
from typing import NamedTuple

import numpy as np
import torch

from cryptoforecast.data.bars import Bars
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import HIGH, LOW
from cryptoforecast.data.windows import Window
from cryptoforecast.models.checkpoints.file import Checkpoint
from cryptoforecast.models.checkpoints.load import recipe_of_data
from cryptoforecast.models.contract.following import follow
from cryptoforecast.models.forecaster import Forecaster

COUNT = 64  # of windows
DEVIATION = 0.03  # of the log changes of made-up closes


class Compared(NamedTuple):
    """Windows and where they come from, in words."""

    windows: Window
    origin: str


def windows_to_compare(checkpoint: Checkpoint, model: Forecaster) -> Compared:
    """The last windows of the data that a checkpoint was fitted on; made-up ones where they cannot be read here."""
    if checkpoint.data is not None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                data: CloseDataModule = recipe_of_data(checkpoint).make()
                data.setup("test")
                windows = follow(model, data)[data.fold.test[-COUNT:]]
        except Exception:  # a file that is elsewhere, a vendor that is out of reach, a source that is the user's
            pass
        else:
            return Compared(windows, f"the last {len(windows.context)} windows of its data")
    return Compared(made_up(model), f"{COUNT} made-up windows, as its data cannot be read here")


def made_up(model: Forecaster) -> Window:
    """Windows of simulated prices with all that a model takes, the same windows each time.

    Args:
        model: has lengths and columns; the rung that its head stands on follows each window from its first bar on.
    """
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    length, horizon = model.context_length, model.horizon
    closes = 100 * (DEVIATION * normal(COUNT, length).cumsum(dim=1)).exp()
    swing = (DEVIATION * normal(COUNT, length).abs() + 0.001).exp()
    known = {HIGH: closes * swing, LOW: closes / swing}
    further = [known.get(name, closes * normal(COUNT, length).exp()) for name in model.columns[1:]]
    origins = torch.arange(COUNT, dtype=torch.int64) * 86_400_000_000_000
    windows = Window(
        torch.stack([closes, *further], dim=-1),
        torch.full((COUNT, horizon), torch.nan, dtype=torch.float64),
        origins,
        torch.zeros(COUNT, dtype=torch.int64),
        times=origins[:, None] + torch.arange(1 - length, 1) * 86_400_000_000_000,
        future=normal(COUNT, horizon, len(model.future)).float(),
        identity=torch.zeros(COUNT, dtype=torch.int64),
    )
    base = model.output_head.base
    if base is None:
        return windows
    ranges = (known[HIGH].numpy(), known[LOW].numpy()) if HIGH in model.columns else ([None] * COUNT, [None] * COUNT)
    follows = np.arange(length) > 0
    states = [
        base.rung.follow(Bars("", np.arange(length), bars, high, low, follows, np.zeros(length, dtype=bool)))[-1]
        for bars, high, low in zip(closes.numpy(), *ranges, strict=True)
    ]
    return windows._replace(state=torch.from_numpy(np.stack(states)))
