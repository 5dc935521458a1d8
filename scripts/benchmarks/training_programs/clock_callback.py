"""The clock as a callback of Lightning."""

from typing import Any

from clock import Clock

try:
    from lightning.pytorch import Callback
except ImportError:  # the package's older name
    from pytorch_lightning import Callback


class ClockCallback(Callback):
    """Measures the first step and each epoch."""

    def __init__(self) -> None:
        self.clock = Clock()

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """Begin a step."""
        self.clock.begin_step()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """End a step."""
        self.clock.end_step()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """Print the times."""
        self.clock.print_times()
