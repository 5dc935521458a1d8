"""Batches of windows, gathered whole."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor

from cryptoforecast.data.windows import Window, WindowDataset


class BatchOrder:
    """Which windows make up which batch of an epoch.

    The order is a function of seed and epoch alone, never of what was drawn before.

    Args:
        positions: numbers of the windows to visit, each once an epoch.
        batch_size: windows a batch; the last one holds what is left.
        shuffle: whether each epoch has an order of its own.
        seed: another seed, other orders.
    """

    def __init__(
        self, positions: Int64[Tensor, " windows"], batch_size: int, shuffle: bool = False, seed: int = 0
    ) -> None:
        self.positions = positions
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Take up another epoch; the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self.positions) / self.batch_size)

    def __iter__(self) -> Iterator[Int64[Tensor, " batch"]]:
        return iter(torch.split(self._order(), self.batch_size))

    def _order(self) -> Int64[Tensor, " windows"]:
        if not self.shuffle:
            return self.positions
        (seed,) = np.random.SeedSequence((self.seed, self.epoch)).generate_state(1, np.uint64)
        order = torch.randperm(len(self.positions), generator=torch.Generator().manual_seed(int(seed)))
        return self.positions[order]


class WindowLoader:
    """Gathers each batch with one ``index_select`` over all series, instead of collating it item by item.

    Args:
        windows: the windows to take from.
        order: the batches to make.
    """

    def __init__(self, windows: WindowDataset, order: BatchOrder) -> None:
        self.dataset = windows
        self.sampler, self.batch_sampler = order, None  # as a DataLoader has them: the trainer calls set_epoch here

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[Window]:
        return (self.dataset[positions] for positions in self.sampler)
