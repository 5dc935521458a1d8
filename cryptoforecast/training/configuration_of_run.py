"""The configuration that a run, its folder or a checkpoint stands for."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptoforecast.errors import UserError
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.training.run_folder import CONFIGURATION, run_folder_of
from cryptoforecast.training.settings.configuration import require_own
from cryptoforecast.user_folders import expand_home


def configuration_of_run(run: Any) -> Any:
    """The configuration file of a run.

    Args:
        run: a ``Run``, a run folder or a checkpoint. A configuration, which is a file, a dictionary or None, is
            returned as it is.

    Raises:
        UserError: if it has no configuration, or that belongs to another user.

    >>> configuration_of_run("runs/btc/version_0")  # doctest: +SKIP
    PosixPath('runs/btc/version_0/config.yaml')
    """
    folder = folder_of_run(run)
    if folder is None:
        return run
    file = folder / CONFIGURATION
    if not file.is_file():
        raise UserError(f"{folder}: holds no {CONFIGURATION}, which fit writes into a run folder.")
    require_own(file)
    return file


def folder_of_run(run: Any) -> Path | None:
    """The folder of a run, of a checkpoint, or a folder itself; None of a configuration.

    Raises:
        UserError: if a run or a checkpoint has no folder.
    """
    if hasattr(run, "checkpoint"):  # a Run
        if run.folder is None:
            raise UserError("the run has no folder, so its configuration is not known; fit it with trainer.logger.")
        return Path(run.folder)
    if run is None or isinstance(run, Mapping):
        return None
    path = expand_home(str(run))
    if path.suffix != ".ckpt":
        return path if path.is_dir() else None
    folder = run_folder_of(read_checkpoint(path))
    if folder is None:
        raise UserError(f"{path}: lies in no run folder, so its configuration is not known; name that instead.")
    return folder
