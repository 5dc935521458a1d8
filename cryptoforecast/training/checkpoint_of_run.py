"""The checkpoint that a run, its folder or a path stands for."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch

from cryptoforecast.errors import UserError
from cryptoforecast.training.run_folder import CHECKPOINTS, LAST
from cryptoforecast.user_folders import expand_home

BEST = "best"


def checkpoint_of_run(run: Any, last: bool = False) -> Path:
    """The best checkpoint of a run, or the last one.

    Args:
        run: a ``Run``, a run folder, or the path of a checkpoint, which is returned as it is.
        last: whether the last one is wanted, as to go on with a fit.

    Raises:
        UserError: if there is none.

    >>> checkpoint_of_run("runs/btc/version_0")  # doctest: +SKIP
    PosixPath('runs/btc/version_0/checkpoints/best.ckpt')
    """
    kept = getattr(run, "checkpoint", None)
    folder = getattr(run, "folder", None)
    if kept is not None and not (last and folder is not None):
        return Path(kept)
    if hasattr(run, "checkpoint") and folder is None:
        raise UserError(f"{run!r}: has kept no checkpoint; fit with trainer.logger and trainer.enable_checkpointing.")
    place = expand_home(str(run if folder is None else folder))
    if not place.is_dir():
        return place
    files = [file for file in (place / CHECKPOINTS).rglob("*.ckpt") if not file.name.startswith(".")]
    if not files:
        raise UserError(f"{place}: holds no checkpoint of a fit.")
    files.sort(key=lambda file: file.stat().st_mtime_ns, reverse=True)
    newest = next((file for file in files if file.stem.startswith(LAST)), files[0])
    return newest if last else _best(files, newest)


def _best(files: list[Path], newest: Path) -> Path:
    """The best of the checkpoints: the one that is called so, else the one that the newest knows as the best."""
    named = [file for file in files if file.stem.startswith(BEST)]
    if len(named) == 1 or len(files) == 1:
        return [*named, *files][0]
    return next((file for name in _known_as_best(newest) for file in files if file.name == name), newest)


def _known_as_best(checkpoint: Path) -> Iterable[str]:
    """The names of the files that a checkpoint's callbacks have found to be the best."""
    states = torch.load(checkpoint, map_location="cpu", weights_only=True).get("callbacks", {}).values()
    kept = [state for state in states if isinstance(state, dict) and state.get("best_model_path")]
    judging = [state for state in kept if state.get("monitor") is not None]
    return [Path(state["best_model_path"]).name for state in judging]
