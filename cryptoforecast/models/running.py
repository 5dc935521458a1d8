"""Means over an epoch, added up on the device."""

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
