"""The record of a run: its configuration, its data, and the versions of packages and code."""

import functools
import json
import subprocess
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from jsonargparse import Namespace
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.cli import LightningArgumentParser
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from cryptoforecast._version import __version__
from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.datamodule import CloseDataModule, datamodule_of
from cryptoforecast.data.load_series import to_record
from cryptoforecast.errors import UserError
from cryptoforecast.threads import OPENBLAS, OPENMP, in_environment
from cryptoforecast.training.lightning.loggers import is_file_logger, set_version, takes_next_version
from cryptoforecast.training.run_folder import CONFIGURATION, PROVENANCE, run_folder
from cryptoforecast.training.settings.non_default_settings import non_default_settings
from cryptoforecast.training.settings.parser import to_yaml
from cryptoforecast.training.settings.yaml_texts import dump_yaml, load_yaml
from cryptoforecast.training.tensorboard import tensorboard_folder, write_settings

PACKAGES = ("torch", "lightning", "jsonargparse", "numpy", "pandas", "yfinance")


class RunRecord(Callback):
    """Writes ``config.yaml``, with which the run can be repeated, and ``provenance.json`` into the run folder.

    It keeps the configuration as text, not the parser: callbacks that average weights copy the model with its trainer
    and all callbacks.

    Args:
        parser: of the verb's options.
        config: the options, parsed.
        is_run: whether this is the fit of a run, whose settings are shown in TensorBoard, and not of a backtest's fold.
        configuration: the options as text, if the caller has it; empty where no folder takes it.
    """

    def __init__(
        self, parser: LightningArgumentParser, config: Namespace, is_run: bool = True, configuration: str | None = None
    ) -> None:
        config = config.clone()
        config["ckpt_path"] = None  # a repeated run starts from scratch
        self.configuration: str = to_yaml(parser, config) if configuration is None else configuration
        self.settings = non_default_settings(parser, config) if is_run else {}
        self.enter: Callable[[], None] | None = None

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Enter the fit in the ledger, after finders such as a batch size finder, whose results are known now.

        Finders start training for their trials, but no fit.
        """
        if self.enter is not None:
            self.enter()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write both files, now that all checks have passed; nothing if there is no run folder."""
        folder, data = run_folder(trainer) if trainer.is_global_zero else None, datamodule_of(trainer)
        if folder is None or data is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        configuration = with_tuned_values(self.configuration, pl_module, data)
        write_atomically(folder / CONFIGURATION, lambda file: file.write(configuration.encode()))
        record = json.dumps(provenance(data), indent=2) + "\n"
        write_atomically(folder / PROVENANCE, lambda file: file.write(record.encode()))
        in_tensorboard = tensorboard_folder(trainer) if self.enter is not None else None  # None: of a backtest's folds
        if in_tensorboard is not None:
            closes = ", ".join(series.closes.name for series in data.series)
            write_settings(in_tensorboard, {**self.settings, "data.series": closes})


def with_tuned_values(configuration: str, model: LightningModule, data: CloseDataModule) -> str:
    """A configuration with the batch size and the learning rate that callbacks have tuned, if they have.

    Args:
        configuration: the options of ``fit``, in YAML.
        model: will be trained next.
        data: what it is trained on.
    """
    options = load_yaml(configuration)
    of_model = (options.get("model") or {}).get("init_args") or {}
    found = [(options["data"], "batch_size", data.batch_size)]
    found += [(of_model, name, value) for name, value in model.hparams.items() if name in of_model]
    changed = [
        (settings, name, value)
        for settings, name, value in found
        if isinstance(value, int | float) and isinstance(settings[name], int | float) and settings[name] != value
    ]
    for settings, name, value in changed:
        settings[name] = value
    return dump_yaml(options) if changed else configuration


def create_run_folder(trainer: Trainer, configuration: str) -> Path | None:
    """Create the folder of a run: of several fits that start at once, the first to write its configuration gets it.

    Of several processes of one fit, the first one does this.

    Args:
        trainer: its first logger determines the path; without a version it is the next free one.
        configuration: the content of ``config.yaml``.

    Returns:
        The folder; None if nothing is logged.

    Raises:
        UserError: if the logger's version belongs to another run.
    """
    first = trainer.loggers[0] if trainer.loggers and trainer.is_global_zero else None
    free_to_choose = takes_next_version(first)
    if not is_file_logger(first):
        _ = getattr(first, "experiment", None)  # creating the experiment sets the version of other loggers
    while (folder := run_folder(trainer)) is not None and first is not None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with (folder / CONFIGURATION).open("x", encoding="utf-8") as file:
                file.write(configuration)
        except FileExistsError:
            if not free_to_choose:
                raise UserError(
                    f"{folder}: there is a run here already; set another trainer.logger.init_args.version."
                ) from None
            set_version(first, None)
            continue
        for logger in trainer.loggers[1:]:
            _share_version(logger, folder)
        return folder
    return None


def _share_version(logger: Logger, run: Path) -> None:
    """Give another logger the version of the run, so that both use one folder if they share its parent."""
    if isinstance(logger, TensorBoardLogger | CSVLogger) and takes_next_version(logger):
        place = Path(logger.root_dir, run.name)
        if place == run or not place.exists():
            set_version(logger, run.name)


def provenance(data: CloseDataModule) -> dict[str, Any]:
    """Closes, package versions, the working folder's commit, and threads; the bits of the weights depend on them.

    How threads wait changes no bit, but the time that a fit takes; ``openmp`` and ``openblas`` are what is set of it in
    the environment, and of how many threads there are.
    """
    return {
        "series": [to_record(series) for series in data.series],
        "versions": package_versions(),
        "git_commit": git_commit(),
        "threads": torch.get_num_threads(),
        "openmp": in_environment(OPENMP),
        "openblas": in_environment(OPENBLAS),
    }


@functools.cache
def package_versions() -> dict[str, str]:
    """The versions of this package and of those that results depend on; each fit of a study asks for them."""
    return {"cryptoforecast": __version__, **{package: version(package) for package in PACKAGES}}


def git_commit() -> str | None:
    """The commit of the working folder, with ``-dirty`` if files differ from it; None outside a repository."""
    try:
        commit = _git("rev-parse", "HEAD")
        return commit + ("-dirty" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(*words: str) -> str:
    return subprocess.run(["git", *words], capture_output=True, text=True, check=True).stdout.strip()
