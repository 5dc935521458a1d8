"""Checkpoints as files: written whole or not at all, and read without running any code."""

from pathlib import Path
from typing import Any

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO

from cryptoforecast.data.cache import write_whole
from cryptoforecast.errors import UserError


class WholeCheckpoints(TorchCheckpointIO):
    """Reads and writes the trainer's checkpoints.

    Whatever ends a process while it writes, the file that was there before stays as it was.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint in the place of the one before.

        Raises:
            UserError: if it cannot be written.
        """
        path = Path(path)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, lambda file: torch.save(checkpoint, file))
        except (OSError, RuntimeError) as problem:  # torch has words of its own for a file that cannot grow
            if (said := system_error(problem)) is None:
                raise
            raise UserError(f"{path}: cannot be written ({said.strerror}); what was saved before is kept.") from None

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read a checkpoint; numbers and texts only, whatever is asked for."""
        content: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return content


def system_error(problem: BaseException | None) -> OSError | None:
    """What the system said, such as that a disk is full, wherever among an error's causes it is."""
    while problem is not None and not isinstance(problem, OSError):
        problem = problem.__cause__ or problem.__context__
    return problem
