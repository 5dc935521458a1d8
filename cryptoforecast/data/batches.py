"""Batches of windows: their order in each epoch, and each process's share of them."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import torch
from jaxtyping import Int64
from lightning.pytorch import Trainer
from torch import Tensor
from torch.utils.data import DataLoader

from cryptoforecast.data.processes import Process
from cryptoforecast.data.windows import Window, WindowDataset
from cryptoforecast.errors import UserError

EVAL_BATCH_SIZE = 1024  # windows in a batch of validation, test and forecasts: without gradients memory allows many
Sample = Callable[[Int64[Tensor, " windows"], int, torch.Generator], Int64[Tensor, " sampled"]]


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
        sample: chooses the windows of an epoch, in the place of shuffling: called with ``positions``, the number of the
            epoch, and a generator that depends on seed and epoch alone.
        together: count of consecutive windows that stay together when windows are shuffled.

    Raises:
        UserError: if ``drop_last`` leaves no batch; or, in an epoch, if ``sample`` chooses windows that are not among
            ``positions``, or more or fewer than in the first epoch.

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
        sample: Sample | None = None,
        together: int = 1,
    ) -> None:
        self.positions, self.sample, self.together = positions, sample, together
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.seed = seed
        self.process = process
        self.by_turns = by_turns
        self.drop_last = drop_last
        self.epoch = 0
        self.first = 0  # number of the batch to begin the epoch with
        self._count = len(positions) if sample is None else len(self._sampled())  # of the windows of each epoch
        if drop_last and self._count < self.batch_size:
            raise UserError(
                f"data.drop_last leaves none of the {self._count} windows; a batch has {self.batch_size}; "
                "set data.batch_size to a smaller number."
            )

    def set_epoch(self, epoch: int) -> None:
        """Set the epoch whose order is iterated next; the trainer calls this before each."""
        self.epoch = epoch

    def __len__(self) -> int:
        batches = self._count / self.batch_size
        return math.floor(batches) if self.drop_last else math.ceil(batches)

    def __iter__(self) -> Iterator[Int64[Tensor, " batch"]]:
        """The numbers of this process's windows, batch by batch.

        A batch of fewer windows than processes gives those without a share a window whose :meth:`weight` is 0.
        """
        positions = self.positions if self.sample is None else self._sampled()
        order = self._order()
        for batch in range(self.first, len(self)):
            share = self.share(batch)
            if not len(share) and not self.by_turns:  # this process still takes part in adding up gradients
                share = range(share.start, share.start + 1)
            places = slice(share.start, share.stop)
            yield positions[places] if order is None else positions.index_select(0, order[places])

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
        return range(self._count)[batch * self.batch_size : (batch + 1) * self.batch_size]

    def _order(self) -> Tensor | None:
        """The order of the epoch, as places in ``positions``; None where they are not shuffled."""
        if not self.shuffle or self.sample is not None:
            return None
        count = len(self.positions) // self.together
        order = torch.randperm(count, generator=self._generator(), dtype=torch.int32)  # half the memory of int64
        if self.together == 1:
            return order
        return (order.unsqueeze(1) * self.together + torch.arange(self.together, dtype=torch.int32)).flatten()

    def _generator(self) -> torch.Generator:
        (seed,) = np.random.SeedSequence((self.seed, self.epoch)).generate_state(1, np.uint64)
        return torch.Generator().manual_seed(int(seed))

    def _sampled(self) -> Int64[Tensor, " windows"]:
        """The windows that ``sample`` chooses for the epoch, in its order.

        Raises:
            UserError: if it chooses a window that is not among ``positions``, or another count than before.
        """
        assert self.sample is not None
        chosen = self.sample(self.positions, self.epoch, self._generator())
        if not isinstance(chosen, Tensor) or chosen.dtype != torch.int64 or chosen.dim() != 1 or not len(chosen):
            raise UserError("sample of the data module must return int64 numbers of windows, at least one of them.")
        if not (inside := torch.isin(chosen, self.positions)).all():
            stray = int(chosen[~inside][0])
            raise UserError(f"sample of the data module chose window {stray}, which is no training window.")
        if len(chosen) != getattr(self, "_count", len(chosen)):
            raise UserError(
                f"sample of the data module chose {len(chosen):,} windows in epoch {self.epoch}, and {self._count:,} "
                "before; choose as many in each epoch."
            )
        return chosen


def num_validated_windows(trainer: Trainer) -> int | None:
    """Count of the validation windows that a trainer uses, from the first on; None for all, also if it uses none."""
    batches = sum(trainer.num_val_batches)
    return int(batches) * EVAL_BATCH_SIZE or None


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
