"""The folder of a run: its path during a fit, and how it is found from a checkpoint later.

During a fit it is ``save_dir/name/version`` of the first logger, the folder in which Lightning makes ``checkpoints``.
Later it is recognised by the files that it holds.
"""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import Logger

from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.models.checkpoints.file import Checkpoint, read_checkpoint
from cryptoforecast.training.checkpoint_io import AtomicCheckpointIO
from cryptoforecast.training.lightning.loggers import chosen_version

CONFIGURATION, PROVENANCE = "config.yaml", "provenance.json"  # files of each run
CHECKPOINTS, LAST = "checkpoints", "last"
MAX_PARENTS = 6  # folders searched above a checkpoint; a metric in its file name makes one more


def run_folder(trainer: Trainer) -> Path | None:
    """The folder of a trainer's run; None where nothing is logged, since there is no folder then.

    Involves this process only; ``trainer.log_dir`` waits for all processes.
    """
    files = checkpoint_io_of(trainer)
    if files is not None and files.run is not None:
        return files.run
    if not trainer.loggers or trainer.fast_dev_run:  # type: ignore[attr-defined]
        return None
    first = trainer.loggers[0]
    return _root_of(first, trainer.default_root_dir) / version_of(first)


def keep_checkpoints_in(trainer: Trainer, run: Path) -> None:
    """Have a trainer write its checkpoints into a run's folder, unless the user has set another one.

    Args:
        trainer: has not written anything yet.
        run: the folder.
    """
    if files := checkpoint_io_of(trainer):
        files.run = run
    for callback in trainer.checkpoint_callbacks:
        if isinstance(callback, ModelCheckpoint) and callback.dirpath is None:
            callback.dirpath = str(run / CHECKPOINTS)


def checkpoint_io_of(trainer: Trainer) -> AtomicCheckpointIO | None:
    """The plugin that writes a trainer's checkpoints, if it is an :class:`AtomicCheckpointIO`."""
    files = trainer.strategy.checkpoint_io
    return files if isinstance(files, AtomicCheckpointIO) else None


def version_of(logger: Logger) -> str:
    """The name of the folder of a logger's run, such as ``version_0``."""
    return logger.version if isinstance(logger.version, str) else f"version_{logger.version}"


def run_folder_of(checkpoint: Checkpoint) -> Path | None:
    """The folder of a checkpoint's run: by the path in the checkpoint, else the nearest parent that holds a run.

    Args:
        checkpoint: holds a path relative to its own folder, which is still right if both were moved together.

    Returns:
        The folder, relative to the working folder if the checkpoint's path is; None if there is none.
    """
    above = list(checkpoint.path.absolute().parents)
    if checkpoint.run is not None:
        told = (above[0].resolve() / checkpoint.run).resolve()
        if holds_a_run(told):
            typed = next((folder for folder in above if folder.resolve() == told), told)
            return _as_typed(typed, checkpoint.path)
    for inner, folder in zip(["", *(folder.name for folder in above)], above[:MAX_PARENTS], strict=False):
        if holds_a_run(folder) or (inner == CHECKPOINTS and (folder / CONFIGURATION).is_file()):
            return _as_typed(folder, checkpoint.path)
    return None


def holds_a_run(folder: Path) -> bool:
    """Whether a folder is one of a run: it holds a configuration and a provenance."""
    return (folder / CONFIGURATION).is_file() and (folder / PROVENANCE).is_file()


def folder_of_results(checkpoint: Checkpoint) -> Path:
    """The folder for results of a checkpoint: that of its run, else the checkpoint's."""
    folder = checkpoint.path.parent
    return run_folder_of(checkpoint) or (folder.parent if folder.name == CHECKPOINTS else folder)


def newest_checkpoint(trainer: Any) -> Path | None:
    """The checkpoint to resume from: the last one of the newest run that has any, wherever its checkpoints are kept.

    Args:
        trainer: the trainer's options, with logger and callbacks instantiated.

    Returns:
        The newest whose name begins with ``last``; in a run that has none, the newest. Checkpoints with weights only
        are skipped if there are others, and so, with a notice, are damaged ones. None if there is no checkpoint at all.
    """
    files = sorted({file for place in checkpoint_folders(trainer) for file in _within(place)}, key=_written)
    if not files:
        return None
    newest = _place_of(files[-1])
    of_run = [file for file in reversed(files) if _place_of(file) == newest]
    of_run.sort(key=lambda file: not file.stem.startswith(LAST))  # stable: the newest of either first
    damaged: list[str] = []
    for file in of_run:
        try:
            whole = read_checkpoint(file).epoch is not None
        except UserError as problem:
            damaged.append(str(problem).rstrip("."))
            continue
        if whole:
            for problem_of_another in damaged:
                notice = f"{problem_of_another}; it is passed over for {file}, with which the fit goes on."
                warnings.warn(notice, DataNotice, stacklevel=2)
            return file
    return of_run[0]


def checkpoint_folders(trainer: Any) -> list[Path]:
    """The folders with checkpoints of a trainer's runs, of all versions of its first logger.

    Args:
        trainer: the trainer's options, with logger and callbacks instantiated.
    """
    callbacks = trainer.callbacks if isinstance(trainer.callbacks, list) else [trainer.callbacks]
    kept = [callback for callback in callbacks if isinstance(callback, ModelCheckpoint)]
    places = [_as_typed(Path(callback.dirpath), Path()) for callback in kept if callback.dirpath is not None]
    return [*places, *_usual_places(trainer)]


def runs_root_of(trainer: Any) -> Path:
    """The parent folder of the runs of a trainer's first logger.

    Args:
        trainer: the trainer's options, with the logger instantiated.
    """
    first = trainer.logger[0] if isinstance(trainer.logger, list) and trainer.logger else trainer.logger
    home = trainer.default_root_dir or ""
    return _root_of(first, home) if isinstance(first, Logger) else Path(home, "lightning_logs")  # Lightning's own


def _usual_places(trainer: Any) -> list[Path]:
    if trainer.logger is False or trainer.logger == []:
        return [Path(trainer.default_root_dir or "", CHECKPOINTS)]
    first = trainer.logger[0] if isinstance(trainer.logger, list) else trainer.logger
    version = "*" if chosen_version(first) is None else version_of(first)
    return list(runs_root_of(trainer).glob(f"{version}/{CHECKPOINTS}"))


def _root_of(logger: Logger, home: str | Path) -> Path:
    return Path(home if logger.save_dir is None else logger.save_dir, str(logger.name))


def _within(place: Path) -> Iterator[Path]:
    return (file for file in place.rglob("*.ckpt") if file.is_file() and not file.name.startswith("."))


def _written(file: Path) -> int:
    return file.stat().st_mtime_ns


def _place_of(file: Path) -> Path:
    """The ``checkpoints`` folder above a file; a metric in a file name may have made a folder between."""
    return next((folder for folder in file.parents if folder.name == CHECKPOINTS), file.parent)


def _as_typed(folder: Path, path: Path) -> Path:
    """A folder relative to the working folder if another path is relative."""
    here = Path(os.getcwd())  # noqa: PTH109 (as Path.absolute has it)
    within = not path.is_absolute() and folder.is_relative_to(here) and folder != here
    return folder.relative_to(here) if within else folder
