"""A data module with a few of the training windows of another."""

import copy
from collections.abc import Iterator
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from cryptoforecast.data.bars import Bars
from cryptoforecast.data.batches import WindowLoader
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.processes import Process
from cryptoforecast.data.training_order import training_order
from cryptoforecast.data.windows import Window

BATCH_SIZE, NUM_VALIDATED = 64, 32  # windows of the training batch, and of the validation


class FewWindows(CloseDataModule):
    """The data of a fit with some of its training windows, also in place of the validation and test windows.

    An epoch has as many batches as that of the fit, for schedulers that count them; the first are small.

    Args:
        data: set up for ``fit``; it stays as it is.
        trainer: of the fit.
        count: training windows to keep, evenly spread over all.
    """

    def __init__(self, data: CloseDataModule, trainer: Trainer, count: int) -> None:
        vars(self).update(copy.copy(vars(data)))
        fold, self.trainer = data.fold, None
        few, seen = evenly_spaced(fold.train, count), evenly_spaced(fold.train, NUM_VALIDATED)
        self.fold = fold._replace(train=few, val=seen, test=seen)
        self._all, self._complete = fold.train, data
        self._order = training_order(data, Process(world_size=trainer.world_size), seed=0)

    @property
    def batches(self) -> int:
        """Number of batches to train on: the first, and also the last if it has a single window."""
        single = len(self._all) % self._order.batch_size == 1 and len(self._order) > 1 and not self.drop_last
        return 2 if single else 1

    @property
    def complete(self) -> CloseDataModule:
        """The data of the fit."""
        return self._complete

    def train_dataloader(self) -> WindowLoader:
        """As many batches as in the fit, of a few windows each."""
        return _SmallBatches(self._on_device(), self._order)

    def train_closes(self) -> Tensor:
        """The closes of all training windows of the fit."""
        return self._complete.train_closes()

    def bars(self) -> list[Bars]:
        """The bars of the fit, marked where its training windows are: a rung of the ladder is fitted on all of them."""
        return self._complete.bars()

    def record(self) -> dict[str, Any]:
        """The record of the fit's data that a checkpoint holds."""
        return self._complete.record()


class _SmallBatches(WindowLoader):
    """A loader whose first batch is small, and whose second has one window."""

    def __iter__(self) -> Iterator[Window]:
        for number, window in enumerate(super().__iter__()):
            size = BATCH_SIZE if number == 0 else 1
            yield Window(**{name: field[:size] for name, field in window.tensors().items()})


def evenly_spaced(windows: Tensor, count: int) -> Tensor:
    """At most ``count`` windows at even distances from the first to the last, in their order."""
    if len(windows) <= count:
        return windows
    return windows[torch.linspace(0, len(windows) - 1, count).round().long()]
