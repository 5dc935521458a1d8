"""One fit of a backtest: a fold with a seed, from its data to its forecast rows, in a process of its own."""

import multiprocessing
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import ArgsType, LightningArgumentParser
from lightning.pytorch.loggers import TensorBoardLogger

from cryptoforecast.atomic import write_atomically
from cryptoforecast.backtest.folds import FoldDates
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.forecasts import rows_beside_baselines, to_csv
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.training.commands import ForecastCLI, run
from cryptoforecast.training.console import quiet_console
from cryptoforecast.training.fit_entries import mark_as_counted
from cryptoforecast.training.lightning.loggers import continue_logger
from cryptoforecast.training.run_folder import CHECKPOINTS, LAST
from cryptoforecast.training.train import best_checkpoint
from cryptoforecast.user_code.source_files import changed_files, say_changed

ROWS, LOG = "forecasts.csv", "log.txt"  # what a finished fit's folder holds, beside what fit leaves


class Fit(NamedTuple):
    """What to fit, and where.

    ``words`` are the options of ``fit`` for all folds; ``sha256`` are the fingerprints of the closes within the
    fold's reach, series by series; ``folder`` is what the fit fills, and none else; ``code`` are the hashes of the
    files it is written in, None where they may change.
    """

    fold: FoldDates
    seed: int
    words: list[str]
    sha256: list[str]
    folder: Path
    code: dict[str, str] | None = None


def last_of(fit: Fit) -> Path:
    """The checkpoint that an interrupted fit goes on from."""
    return fit.folder / CHECKPOINTS / f"{LAST}.ckpt"


class FoldCLI(ForecastCLI):
    """``fit`` on one fold, which ends with the forecast rows of its test part."""

    def __init__(self, fit: Fit, **arguments: Any) -> None:
        self.of = fit
        super().__init__(**arguments)

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Go on from the last checkpoint, if the fit was interrupted after it had written one."""
        super().parse_arguments(parser, args)
        chosen, last = self.config["fit"], last_of(self.of)
        chosen["ckpt_path"] = str(last) if last.is_file() else None
        self.checkpoint = read_checkpoint(last) if last.is_file() else None

    def _surroundings(self) -> dict[str, Any]:
        """Curves, checkpoints and records go into the fit's own folder; nothing if nothing is to be logged."""
        around = super()._surroundings()
        for callback in around["callbacks"]:
            if isinstance(callback, ModelCheckpoint):
                callback.dirpath = None  # two fits would overwrite each other's
        logs = self.instantiated("trainer").logger is not False
        logger = TensorBoardLogger(self.of.folder, name="", version="", default_hp_metric=False) if logs else False
        own = {"logger": logger, "default_root_dir": str(self.of.folder), "devices": 1, "enable_progress_bar": False}
        return {**around, **own}

    def before_fit(self) -> None:
        """See that the closes are those the backtest began with."""
        self.datamodule.setup("fit")
        self.datamodule.setup("test")
        code = mark_as_counted(self.trainer, self.model, self.datamodule)  # the backtest is in the ledger
        if self.of.code is not None and (files := changed_files(self.of.code, code.hashes)):
            raise UserError(f"{say_changed(files)} the backtest began.")
        for one, expected in zip(self.datamodule.series, self.of.sha256, strict=True):
            if one.provenance.sha256 != expected:
                raise UserError(f"{one.closes.name}: the closes have changed since the backtest began.")
        if self.checkpoint is not None:
            for logger in self.trainer.loggers:
                continue_logger(logger, self.of.folder, self.checkpoint.epoch or 0)

    def after_fit(self) -> None:
        """Forecast the test part with the best checkpoint, beside the baselines."""
        path = best_checkpoint(self.trainer, self.instantiated("trainer").callbacks)
        forecaster: Forecaster = load_forecaster(path) if path else self.model
        device = self.trainer.strategy.root_device
        rows = rows_beside_baselines(forecaster, self.datamodule, "test", device)
        rows["fold"] = self.of.fold.number
        text = to_csv(rows)
        assert text is not None
        write_atomically(self.of.folder / ROWS, lambda file: file.write(text.encode()))


def fit_fold(fit: Fit) -> None:
    """Fit a fold, from scratch or from where it was interrupted, and write its rows.

    Raises:
        UserError: if the closes have changed, or the fit cannot be carried out.
    """
    if not last_of(fit).is_file():
        shutil.rmtree(fit.folder, ignore_errors=True)
    fit.folder.mkdir(parents=True, exist_ok=True)
    dates = [f"--data.{name}={date}" for name, date in fit.fold.settings().items()]
    words = ["fit", *fit.words, f"--seed_everything={fit.seed}", *dates]
    run(words, FoldCLI, fit=fit)


def work(fit: Fit, home: Path, environment: dict[str, str]) -> None:
    """Be the process that fits a fold: one thread, all that is said into its log, no life without its parent.

    Args:
        fit: what to do.
        home: the working folder of the command.
        environment: that of the command; which GPU is seen is part of it.
    """
    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is asked too, and ends its children
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    with fit.folder.with_suffix(".log").open("w") as log:
        sys.stdout.flush()
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    torch.set_num_threads(1)
    quiet_console()
    try:
        fit_fold(fit)
    except (UserError, OSError) as problem:
        sys.exit(f"error: {problem}")
    sys.stdout.flush()
    fit.folder.with_suffix(".log").replace(fit.folder / LOG)


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
