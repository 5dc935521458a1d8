"""The clock as a callback, for whatever trains with Lightning."""

from typing import Any

from clock import Clock

try:
    from lightning.pytorch import Callback
except ImportError:  # the same under its older name
    from pytorch_lightning import Callback


class Ticking(Callback):
    """Tells when the first step ended, and each epoch began."""

    def __init__(self) -> None:
        self.clock = Clock()

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        """A step begins."""
        self.clock.begin()

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """A step has ended."""
        self.clock.end()

    def on_train_end(self, trainer: Any, pl_module: Any) -> None:
        """The last epoch has ended."""
        self.clock.tell()
