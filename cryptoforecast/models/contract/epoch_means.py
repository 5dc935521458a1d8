"""Means over the windows of an epoch, of all processes that take part."""

import functools
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor


class EpochMean:
    """Mean of a loss over the windows of an epoch, added up on the device and read once an epoch.

    ``to_state`` and ``take`` are collectives: every process calls them, whether or not it has added anything, and what
    they return depends on what all processes have. torchmetrics' ``MeanMetric`` would either look for NaN at each step,
    for which a GPU has to be waited for, or (``nan_strategy="disable"``) forget the weights.
    """

    def __init__(self) -> None:
        self._sum: Tensor | None = None  # of losses, each as often as its batch has windows
        self._count = 0

    def add(self, mean: Tensor, count: int) -> None:
        """Add the mean loss of a batch of ``count`` windows."""
        batch = (mean if mean.device.type == "mps" else mean.double()) * count
        self._sum = batch if self._sum is None else self._sum + batch
        self._count += count

    def take(self, module: LightningModule) -> Tensor | None:
        """The mean over all windows of all processes, None if there were none; counting starts anew."""
        total, count = self._by_process(module).sum(dim=0)
        self._sum, self._count = None, 0
        return total / count if count > 0 else None

    def to_state(self, module: LightningModule) -> dict[str, Any]:
        """The sums of each process, as a checkpoint keeps them."""
        return {"by_process": self._by_process(module).clone()}

    def from_state(self, module: LightningModule, state: dict[str, Any]) -> None:
        """Go on from the sums that a checkpoint holds.

        Each process takes up its own, so that the rest is added in the same order. With another count of processes, or
        from a checkpoint that has the total alone, the first process takes up the total.
        """
        held = state.get("by_process")
        if held is None:
            held = torch.tensor([[float(state["sum"]), float(state["count"])]]) if state else torch.zeros(1, 2)
        rank, processes = module.trainer.global_rank, module.trainer.world_size
        if len(held) != processes:
            held = torch.cat([held.sum(dim=0, keepdim=True), held.new_zeros(processes - 1, 2)])
        total, count = held[rank].tolist()
        self._sum, self._count = self._zero(module) + total, int(count)

    def _by_process(self, module: LightningModule) -> Tensor:
        """Sum of losses and count of windows of each process: (processes, 2)."""
        zero = self._zero(module)
        held = torch.stack([zero if self._sum is None else self._sum, zero + self._count])
        return module.trainer.strategy.all_gather(held).reshape(-1, 2)

    def _zero(self, module: LightningModule) -> Tensor:
        device = module.trainer.strategy.root_device
        return torch.zeros((), dtype=torch.float32 if device.type == "mps" else torch.float64, device=device)


class BatchTable:
    """Means over all windows of an evaluation, to the same last digit however many processes took part.

    The last digits of a sum depend on the order in which it is added up. So each process keeps a row for each batch,
    zeros where another process had the batch. Adding zeros changes nothing, and the rows are then added up in the order
    of the batches.
    """

    def __init__(self) -> None:
        self._rows: list[Tensor] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, means: Tensor, count: int) -> None:
        """Add the means of a batch of ``count`` windows; 0 if another process had the batch."""
        row = torch.cat([means * count, means.new_tensor([count])])
        self._rows.append(row.double() if row.device.type != "mps" else row)

    def take(self, module: LightningModule) -> Tensor:
        """The means over all windows of all processes; the table is empty again."""
        rows = module.trainer.strategy.reduce(torch.stack(self._rows), reduce_op="sum")
        self._rows = []
        sums = functools.reduce(torch.add, rows.unbind())
        return sums[:-1] / sums[-1]
