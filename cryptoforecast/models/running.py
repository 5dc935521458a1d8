"""Means over an epoch, added up on the device."""

import functools
from typing import Any

import torch
from lightning.pytorch import LightningModule
from torch import Tensor


class RunningMean:
    """Means over all windows of an epoch, added up on the device and read once: logging each step costs as much."""

    def __init__(self) -> None:
        self._sum: Tensor | None = None
        self.count = 0

    def add(self, means: Tensor, count: int) -> None:
        """Take up the means of a batch of ``count`` windows."""
        batch = means.double() * count if means.device.type != "mps" else means * count
        self._sum = batch if self._sum is None else self._sum + batch
        self.count += count

    def take(self, module: LightningModule) -> Tensor:
        """The means over all windows of all processes; counting starts anew."""
        assert self._sum is not None
        sums = torch.cat([self._sum, self._sum.new_tensor([self.count])])
        sums = module.trainer.strategy.reduce(sums, reduce_op="sum")
        self._sum, self.count = None, 0
        return sums[:-1] / sums[-1]

    def to_state(self, module: LightningModule) -> dict[str, Any]:
        """What was added up by all processes, as a checkpoint keeps it; nothing if nothing was."""
        if self._sum is None:
            return {}
        sums = module.trainer.strategy.reduce(
            torch.cat([self._sum, self._sum.new_tensor([self.count])]), reduce_op="sum"
        )
        return {"sum": sums[:-1].clone(), "count": int(sums[-1])}

    def from_state(self, module: LightningModule, state: dict[str, Any]) -> None:
        """Go on adding up; what all processes had is the first one's now."""
        if state and module.trainer.is_global_zero:
            self._sum, self.count = state["sum"].to(module.trainer.strategy.root_device), state["count"]


class BatchTable:
    """Means over all windows of an evaluation, to the same last digit however many processes took part.

    Which process adds what would decide the last digits of a sum. So each keeps a row a batch, zero where another had
    the batch; adding zeros changes nothing, and the rows are then added up in the order of the batches.
    """

    def __init__(self) -> None:
        self._rows: list[Tensor] = []

    def add(self, means: Tensor, count: int) -> None:
        """Take up the means of a batch of ``count`` windows; of none, if the batch was another process's."""
        row = torch.cat([means * count, means.new_tensor([count])])
        self._rows.append(row.double() if row.device.type != "mps" else row)

    def take(self, module: LightningModule) -> Tensor:
        """The means over all windows of all processes; the table is empty again."""
        rows = module.trainer.strategy.reduce(torch.stack(self._rows), reduce_op="sum")
        self._rows = []
        sums = functools.reduce(torch.add, rows.unbind())
        return sums[:-1] / sums[-1]
