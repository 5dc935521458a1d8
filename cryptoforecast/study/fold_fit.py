"""The fit of a fold or of a trial, from its data to its forecast rows."""

import shutil
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.cli import ArgsType, LightningArgumentParser
from lightning.pytorch.loggers import TensorBoardLogger

from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.figures.tensorboard import ForecastFigure
from cryptoforecast.evaluation.forecasts import to_csv
from cryptoforecast.evaluation.user_baselines import make_baselines
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.study.command import BacktestCommandLine
from cryptoforecast.study.curves import GoesOn, KeptCurves
from cryptoforecast.study.fit import Fit, last_checkpoint, rows_of
from cryptoforecast.study.parsed import take_parsed_options, words_beside
from cryptoforecast.training.fit_entries import mark_as_counted
from cryptoforecast.training.lightning.cli import VerbCLI
from cryptoforecast.training.lightning.loggers import continue_logger
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.data_class import class_of_data
from cryptoforecast.training.settings.yaml_texts import dump_yaml, load_yaml
from cryptoforecast.training.train import best_checkpoint, train
from cryptoforecast.user_code.source_files import changed_files, say_changed

_parsers: list[VerbCLI] = []  # made before they were needed, at most one


class FoldCommandLine(CommandLine):
    """The command line of ``fit``, which keeps all that it writes in the folder of one fit.

    Args:
        fit: what to do.
        goes_on: for a trial of a search, asked after each validation.
        arguments: those of ``CommandLine``.
    """

    subcommands = staticmethod(BacktestCommandLine.subcommands)

    def __init__(self, fit: Fit, goes_on: GoesOn | None = None, **arguments: Any) -> None:
        self.fold_fit = fit
        self.curves = KeptCurves(fit.objective, goes_on) if fit.objective else None
        super().__init__(**arguments)

    def setup_parser(
        self, add_subcommands: bool, main_kwargs: dict[str, Any], subparser_kwargs: dict[str, Any]
    ) -> None:
        """Take the parser that was made before, which knows the usual class of data alone, or make it."""
        if _parsers and class_of_data(self.read.words) is CloseDataModule:
            self.take_parsers(_parsers.pop())
        else:
            super().setup_parser(add_subcommands, main_kwargs, subparser_kwargs)

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Set the dates of the fold and the seed, and go on from the last checkpoint if the fit was interrupted."""
        fit = self.fold_fit
        if fit.parsed is None:
            super().parse_arguments(parser, args)
        else:
            take_parsed_options(self, fit.parsed)
        self.config["fit"]["seed_everything"] = fit.seed
        for name, date in fit.fold.settings().items() if fit.fold else ():
            self.config["fit"]["data"][name] = self.dumped["data"][name] = date
        chosen, last = self.config["fit"], last_checkpoint(fit)
        chosen["ckpt_path"] = str(last) if last.is_file() else None
        self.checkpoint = read_checkpoint(last) if last.is_file() else None

    def _surroundings(self) -> dict[str, Any]:
        """Curves, checkpoints and records go into the fit's own folder; nothing if nothing is to be logged."""
        around, folder = super()._surroundings(), self.fold_fit.folder
        for callback in around["callbacks"]:
            if isinstance(callback, ModelCheckpoint):
                callback.dirpath = None  # two fits would overwrite each other's
            elif isinstance(callback, ForecastFigure):
                # Curves of many fits are looked at, and no pictures, which take longer than a small fit.
                callback.every_n_epochs = None
        logs = self.instantiated("trainer").logger is not False
        logger = TensorBoardLogger(folder, name="", version="", default_hp_metric=False) if logs else False
        self.save_config_kwargs = {"is_run": False, "configuration": _configuration_of(self.fold_fit)}
        if not logs:
            self.save_config_callback = None  # there is no folder of a run that it would write into
        if self.curves is not None:
            around["callbacks"] = [self.curves, *around["callbacks"]]
        return {
            **around,
            "logger": logger,
            "default_root_dir": str(folder),
            "devices": 1,
            "enable_progress_bar": False,
        }


def _configuration_of(fit: Fit) -> str | None:
    """The configuration of all fits with the dates and the seed of this one; None where it is not known as text."""
    if not fit.settings:
        return None
    options = load_yaml(fit.settings) | {"seed_everything": fit.seed, "ckpt_path": None}
    options["data"] |= fit.fold.settings() if fit.fold else {}
    version_of_lightning = "".join(line for line in fit.settings.splitlines(keepends=True) if line.startswith("#"))
    return version_of_lightning + dump_yaml(options)


class ParserOnly(BacktestCommandLine):
    """The command line of ``fit``, which parses nothing and builds nothing."""

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Choose the verb alone."""
        self.config = Namespace(subcommand="fit")  # type: ignore[no-untyped-call]

    def set_seed(self) -> None:
        """Draw no random number."""

    def instantiate_classes(self) -> None:
        """Build nothing."""

    def after_instantiate_classes(self) -> None:
        """Look for no checkpoint."""


def make_parser() -> None:
    """Make the parser of the next fit in this process, or in each of its copies."""
    _parsers[:] = [make([], ParserOnly, load_from_checkpoint_support=False)]


def fit_fold(fit: Fit, ladders: Path | None = None, goes_on: GoesOn | None = None) -> None:
    """Fit a fold or a trial, from scratch or from where it was interrupted, and write its rows.

    Args:
        fit: what to do.
        ladders: a folder of fitted ladders, which fits share; by default the ladder is fitted anew.
        goes_on: for a trial, asked after each validation whether it goes on; by default it does.

    Raises:
        UserError: if the closes have changed, or the fit cannot be carried out.
    """
    if not last_checkpoint(fit).is_file():
        shutil.rmtree(fit.folder, ignore_errors=True)
    fit.folder.mkdir(parents=True, exist_ok=True)
    words = fit.words if fit.parsed is None else words_beside(fit.parsed)
    made = make(["fit", *words], FoldCommandLine, fit=fit, goes_on=goes_on)
    _require_unchanged(fit, made)
    if made.checkpoint is not None:
        for logger in made.trainer.loggers:
            continue_logger(logger, fit.folder, made.checkpoint.epoch or 0)
    chosen = made.config["fit"]
    train(made.trainer, made.model, datamodule=made.datamodule, ckpt_path=chosen["ckpt_path"],
          weights_only=chosen.get("weights_only"))  # fmt: skip
    _write_rows(fit, made, ladders)


def _require_unchanged(fit: Fit, made: FoldCommandLine) -> None:
    """See that code and closes are those the backtest began with; and note that the backtest is in the ledger."""
    data = made.datamodule
    data.setup("fit")
    data.setup("test")
    code = mark_as_counted(made.trainer, made.model, data)
    if fit.code is not None and (files := changed_files(fit.code, code.hashes)):
        raise UserError(f"{say_changed(files)} the backtest began.")
    for series, expected in zip(data.series, fit.sha256, strict=True):
        if series.provenance.sha256 != expected:
            raise UserError(f"{series.closes.name}: the closes have changed since the backtest began.")


def _write_rows(fit: Fit, made: FoldCommandLine, ladders: Path | None) -> None:
    """Write the forecasts by the best checkpoint: of a fold's test part, beside the baselines; of validation windows.

    A trial is chosen by its validation windows, so that nothing of the test part is looked at here.
    """
    path = best_checkpoint(made.trainer, made.instantiated("trainer").callbacks)
    forecaster: Forecaster = load_forecaster(path) if path else made.model
    device = made.trainer.strategy.root_device
    if fit.fold is not None:
        baselines = make_baselines(fit.baselines, made.datamodule)
        rows = rows_beside_baselines(forecaster, made.datamodule, "test", device, None, ladders, baselines)
        rows["fold"] = fit.fold.number
    else:
        rows = rows_beside_baselines(forecaster, made.datamodule, "val", device, None, ladders)
    text = to_csv(rows)
    assert text is not None
    write_atomically(fit.folder / rows_of(fit).name, lambda file: file.write(text.encode()))
    if made.curves is not None:
        kept = read_checkpoint(path).epoch if path else None
        made.curves.write(fit.folder, None if kept is None else kept - 1)
