"""Batches of windows: their order in each epoch, and each process's share of them."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.utils.data import DataLoader

from cryptoforecast.data.processes import Process
from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.errors import UserError


class BatchOrder:
    """The order of windows in an epoch, cut into batches, and this process's share of each batch.

    Iterating gives, batch by batch, the numbers of the windows that this process gathers: an int64 tensor each. The
    order is a function of seed and epoch alone, and the same in all processes.

    All processes iterate the same number of batches. Shared: each gets an equal slice of every batch. By turns: batch
    ``i`` goes to process ``i % world_size``; the others get an empty batch.

    Args:
        positions: numbers of the windows to visit, each once an epoch.
        batch_size: windows in a batch, those of all processes together; the last batch holds what is left.
        shuffle: whether each epoch has another order; else it is that of ``positions``.
        seed: of the orders of all epochs.
        process: which of the processes this is.
        by_turns: whether the processes take turns at the batches, instead of sharing each.
        drop_last: whether a last batch of fewer windows is left out; which windows are in it differs from epoch to
            epoch.

    Raises:
        UserError: if ``drop_last`` leaves no batch.

    >>> order = BatchOrder(torch.arange(10), batch_size=4)
    >>> [batch.tolist() for batch in order]
    [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    >>> second = BatchOrder(torch.arange(10), batch_size=4, process=Process(rank=1, world_size=2))
    >>> [batch.tolist() for batch in second], [second.weight(batch) for batch in range(3)]
    ([[2, 3], [6, 7], [9]], [1.0, 1.0, 1.0])
    """

    def __init__(
        self,
        positions: Int64[Tensor, " windows"],
        batch_size: int,
        shuffle: bool = False,
        seed: int = 0,
        process: Process = Process(),  # noqa: B008 (it is a tuple)
        by_turns: bool = False,
        drop_last: bool = False,
    ) -> None:
        if drop_last and len(positions) < batch_size:
            raise UserError(
                f"data.drop_last leaves none of the {len(positions)} windows; a batch has {batch_size}; "
                "set data.batch_size to a smaller number."
            )
        self.positions = positions
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.process = process
        self.by_turns = by_turns
        self.drop_last = drop_last
        self.epoch = 0
        self.first = 0  # number of the batch to begin the epoch with

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch whose order is iterated next; the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        batches = len(self.positions) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self) -> Iterator[Int64[Tensor, " batch"]]:
        """The numbers of this process's windows, batch by batch.

        A batch of fewer windows than processes gives those without a share a window whose :meth:`weight` is 0.
        """
        order = self._order()
        for batch in range(self.first, len(self)):
            share = self.share(batch)
            if not len(share) and not self.by_turns:  # this process still takes part in adding up gradients
                share = range(share.start, share.start + 1)
            places = slice(share.start, share.stop)
            yield self.positions[places] if order is None else self.positions.index_select(0, order[places])

    def share(self, batch: int) -> range:
        """The places of this process's windows in the order of the epoch, counted from its first window."""
        (rank, world_size), places = self.process, self._places(batch)
        if self.by_turns:
            return places if batch % world_size == rank else places[:0]
        return places[len(places) * rank // world_size : len(places) * (rank + 1) // world_size]

    def weight(self, batch: int) -> float:
        """The factor of this process's mean loss, such that the mean over processes is the mean over the batch."""
        return len(self.share(batch)) * self.process.world_size / len(self._places(batch))

    def _places(self, batch: int) -> range:
        return range(len(self.positions))[batch * self.batch_size : (batch + 1) * self.batch_size]

    def _order(self) -> Tensor | None:
        """The order of the epoch, as places in ``positions``; None where they are not shuffled."""
        if not self.shuffle:
            return None
        (seed,) = np.random.SeedSequence((self.seed, self.epoch)).generate_state(1, np.uint64)
        generator = torch.Generator().manual_seed(int(seed))
        return torch.randperm(len(self.positions), generator=generator, dtype=torch.int32)  # half the memory of int64


class OneBatch:
    """A loader of one batch."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Window]:
        yield self.window


class WindowLoader:
    """A loader that gathers each batch of windows with one ``index_select`` over all series.

    It is not a ``DataLoader``: the trainer would replace the sampler of one by its own, which drops or repeats windows
    so that all processes have equally many. Its state says how far an epoch has come, so that training can go on from
    the middle of one.

    Args:
        windows: the windows of all series.
        order: which of them make up each batch.
        num_workers: processes that gather batches; with 0 this process does.
    """

    def __init__(self, windows: WindowDataset, order: BatchOrder, num_workers: int = 0) -> None:
        self.dataset = windows
        self.sampler, self.batch_sampler = order, None  # as a DataLoader has them: the trainer calls set_epoch here
        self._workers: DataLoader[Window] | None = None
        if num_workers > 0:
            self._workers = DataLoader(
                dataset=windows, sampler=order, batch_size=None, num_workers=num_workers, persistent_workers=True
            )
        self._place = 0  # count of this epoch's batches that were given
        self._resumed: tuple[int | None, int] | None = None  # an epoch, and the number of its batch to begin with

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[Window]:
        """The batches of the epoch; the first is chosen when it is asked for, as the epoch is set after ``iter``."""
        self.sampler.first = self._place = self._first_batch()
        for batch in self._workers or (self.dataset[positions] for positions in self.sampler):
            self._place += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """The epoch, the count of its batches that were given (``place``), and of all its batches."""
        return {"epoch": self.sampler.epoch, "place": self._place, "batches": len(self)}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Begin the epoch of the state after the batches that were given, and any other epoch with its first batch.

        Raises:
            UserError: if the state is from the middle of an epoch with another count of batches.
        """
        if state["place"] and state["batches"] != len(self):
            raise UserError(
                f"the checkpoint is from the middle of an epoch of {state['batches']:,} batches, and now an epoch has "
                f"{len(self):,}; go on with the same closes and data.batch_size."
            )
        place = (
            state["place"] if "epoch" in state else state["place"] % state["batches"]
        )  # an older checkpoint has no epoch
        self._resumed = state.get("epoch"), place

    def _first_batch(self) -> int:
        resumed, self._resumed = self._resumed, None
        if resumed is None:
            return 0
        epoch, place = resumed
        return place if epoch is None or epoch == self.sampler.epoch else 0
