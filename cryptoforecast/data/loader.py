"""Batches of windows, gathered whole."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.utils.data import DataLoader

from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.errors import UserError


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
        self.first = 0  # batch of an epoch to begin with

    def set_epoch(self, epoch: int) -> None:
        """Take up another epoch; the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        return math.ceil(len(self.positions) / self.batch_size)

    def __iter__(self) -> Iterator[Int64[Tensor, " batch"]]:
        return iter(torch.split(self._order(), self.batch_size)[self.first :])

    def _order(self) -> Int64[Tensor, " windows"]:
        if not self.shuffle:
            return self.positions
        (seed,) = np.random.SeedSequence((self.seed, self.epoch)).generate_state(1, np.uint64)
        order = torch.randperm(len(self.positions), generator=torch.Generator().manual_seed(int(seed)))
        return self.positions[order]


class WindowLoader:
    """Gathers each batch with one ``index_select`` over all series, instead of collating it item by item.

    It knows its place in an epoch, so that training can go on from the middle of one.

    Args:
        windows: the windows to take from.
        order: the batches to make.
        num_workers: processes that gather them; with 0 this one does.
    """

    def __init__(self, windows: WindowDataset, order: BatchOrder, num_workers: int = 0) -> None:
        self.dataset = windows
        self.sampler, self.batch_sampler = order, None  # as a DataLoader has them: the trainer calls set_epoch here
        self._workers: DataLoader[Window] | None = None
        if num_workers:
            self._workers = DataLoader(
                windows, batch_size=None, sampler=order, num_workers=num_workers, persistent_workers=True
            )
        self._first = self._place = 0  # of the next epoch, and in this one

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[Window]:
        first, self._first = self._first, 0
        return self._from(first)

    def _from(self, first: int) -> Iterator[Window]:
        """Batch by batch; their order is made with the first, when the trainer has said which epoch it is."""
        self.sampler.first = self._place = first
        for batch in self._workers or (self.dataset[positions] for positions in self.sampler):
            self._place += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """How many batches of the epoch were given, and of how many."""
        return {"place": self._place, "batches": len(self)}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Begin the next epoch after those batches of it that were given before.

        Raises:
            UserError: if an epoch has another count of batches now.
        """
        if state["place"] and state["batches"] != len(self):
            raise UserError(
                f"the checkpoint is from the middle of an epoch of {state['batches']:,} batches, and now an epoch has "
                f"{len(self):,}; go on with the same closes and data.batch_size."
            )
        self._first = state["place"]
