"""The files that checkpoint callbacks have kept, found by a resumed fit after its run folder was moved."""

import functools
import os
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor


def relocate_kept_checkpoints(trainer: Trainer, checkpoint: dict[str, Any]) -> None:
    """Correct the paths in the states of checkpoint callbacks, and let them overwrite files of the interrupted fit.

    Args:
        trainer: resumes from a checkpoint.
        checkpoint: its content; the callbacks' states are changed in place.
    """
    here = Path(str(trainer.ckpt_path)).resolve()
    kept, held = [], set[Path]()
    for callback in trainer.checkpoint_callbacks:
        state = checkpoint["callbacks"].get(callback.state_key)
        if not isinstance(callback, ModelCheckpoint) or state is None:
            continue
        if _folder_of(callback) in here.parents:
            kept.append(callback)
            held |= _move(state, str(callback.dirpath))
        elif Path(str(state["dirpath"])).resolve() == _folder_of(callback):
            _move(state, str(callback.dirpath))
    _write_over(kept, held, here)


def _folder_of(callback: ModelCheckpoint) -> Path | None:
    return None if callback.dirpath is None else Path(callback.dirpath).resolve()


def _move(state: dict[str, Any], folder: str) -> set[Path]:
    """Change the paths in a checkpoint callback's state to the present folder, since it deletes some of these files.

    Args:
        state: the callback's, changed in place.
        folder: the folder in which it keeps its files now.

    Returns:
        The files.
    """
    before = Path(str(state["dirpath"]))

    def moved(path: str) -> str:
        """The path below ``folder``, joined as Lightning does; a metric's name with a slash makes a folder."""
        inside = Path(path).relative_to(before) if Path(path).is_relative_to(before) else Path(Path(path).name)
        inside = Path(inside.name) if ".." in inside.parts else inside
        return os.path.join(folder, inside) if path else path  # noqa: PTH118

    for name in ("best_model_path", "kth_best_model_path", "last_model_path"):
        state[name] = moved(state[name])
    best: dict[str, Tensor] = {moved(path): score for path, score in state["best_k_models"].items()}
    state.update(dirpath=folder, best_k_models=best)
    return {Path(path).resolve() for path in (state["best_model_path"], state["last_model_path"], *best) if path}


def _write_over(callbacks: list[ModelCheckpoint], held: set[Path], resumed: Path) -> None:
    """Let callbacks overwrite the files that were written after the checkpoint from which the fit resumes.

    Otherwise Lightning gives the new files other names (``last-v1.ckpt``), and the old ones look like the newest.

    Args:
        callbacks: those that keep checkpoints in the run.
        held: files that the state of one of them names.
        resumed: the checkpoint; it may be overwritten too if no state names it.
    """
    written_until, asked = resumed.stat().st_mtime_ns, set(held)

    def left_behind(path: Path) -> bool:
        """Whether a file is left from the interrupted fit; True only the first time, since it is overwritten then."""
        if path in asked:
            return False
        asked.add(path)
        return path.is_file() and path.stat().st_mtime_ns >= written_until

    def exists(callback: ModelCheckpoint, path: str | Path, trainer: Trainer) -> bool:
        found = trainer.is_global_zero and callback._fs.exists(path) and not left_behind(Path(path).resolve())
        return trainer.strategy.reduce_boolean_decision(found, all=False)  # every process asks

    for callback in callbacks:
        callback.file_exists = functools.partial(exists, callback)  # type: ignore[method-assign]
