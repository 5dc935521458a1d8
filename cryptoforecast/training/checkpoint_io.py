"""Checkpoint files: written atomically, and read without running any code."""

import os
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO

from cryptoforecast.atomic import write_atomically
from cryptoforecast.errors import UserError
from cryptoforecast.user_code.exception_origin import is_raised_by_user


class AtomicCheckpointIO(TorchCheckpointIO):
    """Reads and writes a trainer's checkpoints.

    If a process ends while it writes, the previous file is still there, unchanged. Each checkpoint holds the relative
    path from its folder to the folder of its ``run``, if there is one.
    """

    def __init__(self) -> None:
        self.run: Path | None = None

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint, in one step, over the previous one.

        Raises:
            UserError: if it cannot be written.
        """
        path, refused = Path(path), list[OSError]()
        if self.run is not None and "cryptoforecast" in checkpoint:
            checkpoint["cryptoforecast"]["run"] = _way_to(self.run, path.parent)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: torch.save(checkpoint, cast(BinaryIO, _Noting(file, refused))))
        except (OSError, RuntimeError) as problem:  # torch raises RuntimeError for a file that cannot grow
            if (not refused and not isinstance(problem, OSError)) or is_raised_by_user(problem):
                raise
            reason = refused[0] if refused else problem
            raise UserError(
                f"{path}: cannot be written ({getattr(reason, 'strerror', reason)}); what was saved before is kept."
            ) from None

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read a checkpoint with ``weights_only=True``, whatever the caller passes."""
        content: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return content


def _way_to(run: Path, folder: Path) -> str:
    """The path of a run's folder relative to another folder; absolute if it is on another drive."""
    try:
        return Path(os.path.relpath(run.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return run.resolve().as_posix()


class _Noting:
    """A file that stores the OSErrors which its writes raise."""

    def __init__(self, file: BinaryIO, refused: list[OSError]) -> None:
        self._file, self._refused = file, refused

    def write(self, content: bytes | memoryview) -> int:
        try:
            return self._file.write(content)
        except OSError as problem:
            self._refused.append(problem)
            raise

    def flush(self) -> None:
        self._file.flush()
