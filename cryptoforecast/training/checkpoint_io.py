"""Checkpoints as files: written whole or not at all, and read without running any code."""

import os
from pathlib import Path
from typing import Any, BinaryIO, cast

import torch
from lightning.fabric.plugins.io import TorchCheckpointIO

from cryptoforecast.atomic import write_atomically
from cryptoforecast.errors import UserError
from cryptoforecast.user_code.exception_origin import is_raised_by_user


class AtomicCheckpointIO(TorchCheckpointIO):
    """Reads and writes the trainer's checkpoints.

    Whatever ends a process while it writes, the file that was there before stays as it was. Each checkpoint tells the
    way from its folder to that of its ``run``, if there is one.
    """

    def __init__(self) -> None:
        self.run: Path | None = None

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None) -> None:
        """Write a checkpoint in the place of the one before.

        Raises:
            UserError: if it cannot be written.
        """
        path, refused = Path(path), list[OSError]()
        if self.run is not None and "cryptoforecast" in checkpoint:
            checkpoint["cryptoforecast"]["run"] = _way_to(self.run, path.parent)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file: torch.save(checkpoint, cast(BinaryIO, _Noting(file, refused))))
        except (OSError, RuntimeError) as problem:  # torch has words of its own for a file that cannot grow
            if (not refused and not isinstance(problem, OSError)) or is_raised_by_user(problem):
                raise
            reason = refused[0] if refused else problem
            raise UserError(
                f"{path}: cannot be written ({getattr(reason, 'strerror', reason)}); what was saved before is kept."
            ) from None

    def load_checkpoint(
        self, path: str | Path, map_location: Any = None, weights_only: bool | None = True
    ) -> dict[str, Any]:
        """Read a checkpoint; numbers and texts only, whatever is asked for."""
        content: dict[str, Any] = torch.load(path, map_location=map_location or "cpu", weights_only=True)
        return content


def _way_to(run: Path, folder: Path) -> str:
    """The path of a run's folder, seen from another folder; from another drive, the whole path."""
    try:
        return Path(os.path.relpath(run.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return run.resolve().as_posix()


class _Noting:
    """A file that notes what the system said when it refused to write."""

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
