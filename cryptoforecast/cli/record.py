"""A run's record: its whole configuration, and what it was computed from and with."""

import json
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from jsonargparse import Namespace
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser

from cryptoforecast import __version__
from cryptoforecast.cli.parser import to_yaml
from cryptoforecast.data.cache import write_whole
from cryptoforecast.data.datamodule import CloseDataModule, closes_of
from cryptoforecast.data.loading import to_record
from cryptoforecast.errors import UserError

CONFIGURATION = "config.yaml"
PACKAGES = ("torch", "lightning", "jsonargparse", "numpy", "pandas", "yfinance")


class RunRecord(Callback):
    """Writes ``config.yaml``, which can be run again as it is, and ``provenance.json`` into the run folder.

    It keeps no parser, only the text: callbacks that average weights copy the model, and with it all that a trainer
    holds.

    Args:
        parser: of the verb's options.
        config: the options, parsed.
    """

    def __init__(self, parser: LightningArgumentParser, config: Namespace) -> None:
        config = config.clone()
        config["ckpt_path"] = None  # run again, it begins anew
        self.configuration: str = to_yaml(parser, config)

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Write the configuration, and ``provenance.json`` beside it; nothing where there is no run folder."""
        folder, data = run_folder(trainer) if trainer.is_global_zero else None, closes_of(trainer)
        if folder is None:
            return
        Path(folder).mkdir(parents=True, exist_ok=True)
        write_whole(Path(folder, CONFIGURATION), lambda file: file.write(self.configuration.encode()))
        if data is not None:
            record = json.dumps(provenance(data), indent=2) + "\n"
            write_whole(Path(folder, "provenance.json"), lambda file: file.write(record.encode()))


def run_folder(trainer: Trainer) -> str | None:
    """Where this process logs, if it does; ``trainer.log_dir`` would wait until all processes ask."""
    return trainer.loggers[0].log_dir if trainer.loggers else None


def claim_run(trainer: Trainer, configuration: str) -> Path | None:
    """Make the run's folder this fit's own: of several that start at once, the first to write its configuration has it.

    Of several processes of one fit, the first one sees to it.

    Args:
        trainer: whose first logger says where the folder is; without a version, the next that is free.
        configuration: the content of ``config.yaml``.

    Returns:
        The folder; None where nothing is logged.

    Raises:
        UserError: if the logger's version is another run's.
    """
    logger = trainer.loggers[0] if trainer.loggers and trainer.is_global_zero else None
    free_to_choose = getattr(logger, "_version", "") is None
    while logger is not None and logger.log_dir is not None:
        folder = Path(logger.log_dir)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with (folder / CONFIGURATION).open("x", encoding="utf-8") as file:
                file.write(configuration)
            return folder
        except FileExistsError:
            if not free_to_choose:
                raise UserError(
                    f"{folder}: there is a run here already; set another trainer.logger.init_args.version."
                ) from None
            logger._version = None  # type: ignore[attr-defined]
    return None


def provenance(data: CloseDataModule) -> dict[str, Any]:
    """Which closes, which packages, which commit of the working folder, and how many threads: bits depend on it."""
    return {
        "series": [to_record(one) for one in data.series],
        "versions": {"cryptoforecast": __version__, **{package: version(package) for package in PACKAGES}},
        "git_commit": git_commit(),
        "threads": torch.get_num_threads(),
    }


def git_commit() -> str | None:
    """The working folder's commit, marked where files differ from it; None outside a repository."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("-dirty" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()
