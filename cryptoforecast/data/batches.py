"""Batches of windows, gathered whole, and shared out among the processes that train together."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Int64
from torch import Tensor
from torch.utils.data import DataLoader

from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.errors import UserError


class Process(NamedTuple):
    """One of the processes that work together: its number, and how many there are."""

    rank: int = 0
    of: int = 1


class BatchOrder:
    """Which windows make up which batch of an epoch, and which of them are this process's.

    The order is a function of seed and epoch alone, never of what was drawn before; nor does it depend on the process.
    Each process has something to say of every batch, so that all of them count the same: of a batch that it shares
    with others its share, as even as can be; of one that another process has whole, no window at all.

    Args:
        positions: numbers of the windows to visit, each once an epoch.
        batch_size: windows a batch, those of all processes together; the last one holds what is left.
        shuffle: whether each epoch has an order of its own.
        seed: another seed, other orders.
        process: which of the processes this is.
        whole: whether the processes take turns at whole batches, instead of sharing each.
        drop_last: whether a last batch of fewer windows is left out; which ones they are differs from epoch to epoch.
    """

    def __init__(
        self,
        positions: Int64[Tensor, " windows"],
        batch_size: int,
        shuffle: bool = False,
        seed: int = 0,
        process: Process = Process(),  # noqa: B008 (it is a tuple)
        whole: bool = False,
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
        self.whole = whole
        self.drop_last = drop_last
        self.epoch = 0
        self.first = 0  # batch of an epoch to begin with

    def set_epoch(self, epoch: int) -> None:
        """Take up another epoch; the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        batches = len(self.positions) / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self) -> Iterator[Int64[Tensor, " batch"]]:
        """This process's windows of each batch; where its share is none, one that weighs nothing."""
        order = self._order()
        for batch in range(self.first, len(self)):
            own = self.own(batch)
            if not len(own) and not self.whole:  # it still takes part in adding up gradients
                own = range(own.start, own.start + 1)
            places = slice(own.start, own.stop)
            yield self.positions[places] if order is None else self.positions.index_select(0, order[places])

    def own(self, batch: int) -> range:
        """This process's places in the order of the epoch; places are counted over all batches."""
        (rank, of), places = self.process, self._places(batch)
        if self.whole:
            return places if batch % of == rank else places[:0]
        return places[len(places) * rank // of : len(places) * (rank + 1) // of]

    def weight(self, batch: int) -> float:
        """What the mean over this process's windows counts for, if the mean over all processes is to be the batch's."""
        return len(self.own(batch)) * self.process.of / len(self._places(batch))

    def _places(self, batch: int) -> range:
        return range(len(self.positions))[batch * self.batch_size : (batch + 1) * self.batch_size]

    def _order(self) -> Tensor | None:
        """The order of the epoch, as places in ``positions``; None for the one they stand in."""
        if not self.shuffle:
            return None
        (seed,) = np.random.SeedSequence((self.seed, self.epoch)).generate_state(1, np.uint64)
        generator = torch.Generator().manual_seed(int(seed))
        return torch.randperm(len(self.positions), generator=generator, dtype=torch.int32)  # half the memory of int64


class OneBatch:
    """A loader of a single batch."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def __len__(self) -> int:
        return 1

    def __iter__(self) -> Iterator[Window]:
        yield self.window


class WindowLoader:
    """Gathers each batch with one ``index_select`` over all series, instead of collating it item by item.

    It is no ``DataLoader``, which the trainer would take apart to put a sampler of its own in: that one drops or
    repeats windows so that all processes have as many. It knows its place in an epoch, so that training can go on
    from the middle of one.

    Args:
        windows: the windows to take from.
        order: the batches to make.
        num_workers: processes that gather them; by default this one does.
    """

    def __init__(self, windows: WindowDataset, order: BatchOrder, num_workers: int = 0) -> None:
        self.dataset = windows
        self.sampler, self.batch_sampler = order, None  # as a DataLoader has them: the trainer calls set_epoch here
        self._workers: DataLoader[Window] | None = None
        if num_workers > 0:
            self._workers = DataLoader(
                dataset=windows, sampler=order, batch_size=None, num_workers=num_workers, persistent_workers=True
            )
        self._place = 0  # batches of this epoch that were given
        self._resumed: tuple[int | None, int] | None = None  # an epoch, and the batch to begin with in it

    def __len__(self) -> int:
        return len(self.sampler)

    def __iter__(self) -> Iterator[Window]:
        """Batch by batch; where they begin is decided with the first, when the trainer has said which epoch it is."""
        self.sampler.first = self._place = self._first_batch()
        for batch in self._workers or (self.dataset[positions] for positions in self.sampler):
            self._place += 1
            yield batch

    def state_dict(self) -> dict[str, int]:
        """Which epoch it is, how many of its batches were given, and of how many."""
        return {"epoch": self.sampler.epoch, "place": self._place, "batches": len(self)}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Begin the epoch that was under way after those of its batches that were given; any other from its first.

        Raises:
            UserError: if an epoch has another count of batches now.
        """
        if state["place"] and state["batches"] != len(self):
            raise UserError(
                f"the checkpoint is from the middle of an epoch of {state['batches']:,} batches, and now an epoch has "
                f"{len(self):,}; go on with the same closes and data.batch_size."
            )
        place = state["place"] if "epoch" in state else state["place"] % state["batches"]  # once no epoch was written
        self._resumed = state.get("epoch"), place

    def _first_batch(self) -> int:
        resumed, self._resumed = self._resumed, None
        if resumed is None:
            return 0
        epoch, place = resumed
        return place if epoch is None or epoch == self.sampler.epoch else 0
