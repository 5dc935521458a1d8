"""fit, validate, test and predict, on Lightning's own command line."""

import json
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
from jsonargparse import ArgumentError
from lightning.pytorch import Trainer
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from rich.console import Console

from cryptoforecast.cli.parser import ForecastParser, UsageError, complaint
from cryptoforecast.cli.progress import EpochLines
from cryptoforecast.cli.record import RunRecord
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.evaluation.figures import ForecastFigure, save_forecast_figure
from cryptoforecast.evaluation.forecasts import forecast_rows, next_closes, to_csv
from cryptoforecast.evaluation.verdict import judge, show
from cryptoforecast.models import BASELINES, Forecaster
from cryptoforecast.models.checkpoint import Checkpoint, load_forecaster, read_checkpoint

__all__ = ["ForecastCLI", "ForecastFigure", "run"]  # the figure is here for YAML files to find by its short name

LENGTHS = ("context_length", "horizon")  # said once, to the data; a checkpoint has its own
OURS = {  # options of verbs beside those of Lightning's Trainer
    "validate": {"output_dir": "Folder for forecasts.csv, scores.json and forecast.png; by default the run's own."},
    "test": {"output_dir": "Folder for forecasts.csv, scores.json and forecast.png; by default the run's own."},
    "predict": {"output": "File for the forecasts; by default they are printed."},
}


def run(args: Sequence[str]) -> None:
    """Carry out a command line.

    Raises:
        UserError: if it cannot be understood, or what it names is not as it should be.
    """
    ForecastCLI(
        model_class=Forecaster,
        datamodule_class=CloseDataModule,
        save_config_callback=RunRecord,
        trainer_defaults={"enable_model_summary": False},
        subclass_mode_model=True,
        auto_configure_optimizers=False,
        parser_class=ForecastParser,
        args=list(args),
    )


class ForecastCLI(LightningCLI):
    """Lightning's command line, with verbs that judge: every score stands beside the random walk's."""

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The verbs, each with those arguments of the Trainer's method that are not options."""
        evaluation = {"model", "dataloaders", "datamodule", "verbose", "return_predictions"}
        return {verb: evaluation for verb in ("validate", "test", "predict")} | {
            "fit": {"model", "train_dataloaders", "val_dataloaders", "datamodule"}
        }

    def setup_parser(self, add_subcommands: bool, main_kwargs: dict[str, Any], subparser_kwargs: dict[str, Any]) -> None:
        """Add our own options to Lightning's verbs."""
        super().setup_parser(add_subcommands, main_kwargs, subparser_kwargs)
        for verb, options in OURS.items():
            for name, meaning in options.items():
                self._subcommand_parsers[verb].add_argument(f"--{name}", type=str | None, default=None, help=meaning)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Lengths are said once, to the data."""
        for length in LENGTHS:
            parser.link_arguments(f"data.{length}", f"model.init_args.{length}")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse a command line; where it names a checkpoint, on top of what that holds."""
        words = [str(word) for word in args] if isinstance(args, list) else sys.argv[1:]
        _refuse_lengths_of_model(words)
        self.checkpoint = None
        if words and words[0] in OURS and (path := _value_of("--ckpt_path", words)):
            self.checkpoint = read_checkpoint(path)
            words = _on_top_of(self.checkpoint, words)
        try:
            self.config = parser.parse_args(words)
        except ArgumentError as problem:
            verb = self._subcommand_parsers.get(words[0] if words else "")
            options = [action.dest for action in verb._actions] if verb else []
            raise UsageError(complaint(str(problem), options)) from None

    def _parse_ckpt_path(self) -> None:
        """Nothing: :meth:`parse_arguments` has read the checkpoint already, and Lightning cannot in subclass mode."""
    
    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """A trainer that logs and saves for ``fit``, and one that leaves no traces for the other verbs."""
        if self.subcommand == "fit":
            bar = self._get(self.config_init, "trainer").enable_progress_bar
            shown = sys.stdout.isatty() if bar is None else bar
            trainer = super().instantiate_trainer(enable_progress_bar=shown, **kwargs)
            trainer.callbacks.insert(0, EpochLines())
            return trainer
        self.save_config_callback = None
        return super().instantiate_trainer(logger=False, callbacks=[], enable_checkpointing=False, **kwargs)

    def before_fit(self) -> None:
        """See that the model took the lengths it was given."""
        _require_lengths(self.model, self.datamodule)

    def after_fit(self) -> None:
        """Judge the best checkpoint on the validation targets, and say how to go on."""
        best = getattr(self.trainer.checkpoint_callback, "best_model_path", "")
        model = load_forecaster(best) if best else self.model
        if self.trainer.log_dir and not best and not self.trainer.fast_dev_run:
            best = str(Path(self.trainer.log_dir, "checkpoints", "last.ckpt"))  # nothing was learned, nothing was best
            self.trainer.save_checkpoint(best)
        print()
        self._judge(model, "val", None)
        if best:
            print(f"\nbest checkpoint: {best}\nnext: python -m cryptoforecast test --ckpt_path {best}")

    def validate(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Score a checkpoint and the baselines on the validation targets."""
        datamodule.setup("validate")
        self._judge(self._forecaster(model), "val", self._output_dir())

    def test(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Score a checkpoint and the baselines on the test targets."""
        datamodule.setup("test")
        self._judge(self._forecaster(model), "test", self._output_dir())

    def predict(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Forecast the closes after the last bar that is over."""
        datamodule.setup("predict")
        self._compare_with_training()
        rows = next_closes(self._forecaster(model), datamodule)
        output = self._get(self.config, "output")
        if output is None:
            print(to_csv(rows), end="")
        else:
            to_csv(rows, _writable(Path(output)))
            print(f"wrote {output}", file=sys.stderr)

    def _forecaster(self, model: Forecaster) -> Forecaster:
        if self.checkpoint is not None:
            return load_forecaster(self.checkpoint)
        if any(True for _ in model.parameters()):
            raise UserError(f"{self.subcommand} needs --ckpt_path: {type(model).__name__} has weights, and they are not trained.")
        return model

    def _judge(self, model: Forecaster, split: Literal["val", "test"], folder: Path | None) -> None:
        """Forecast, score, print; and write, if a folder is given."""
        data, device = self.datamodule, self.trainer.strategy.root_device
        if folder is not None:
            self._compare_with_training()
        others = [baseline(context_length=data.context_length, horizon=data.horizon) for baseline in BASELINES]
        models = [model, *(other for other in others if type(other) is not type(model))]
        positions = getattr(data.fold, split)
        rows = pd.concat([forecast_rows(each, data.windows, positions, device) for each in models], ignore_index=True)
        simulated = data.series.provenance.simulated
        verdict = judge(rows, split, simulated)
        show(verdict, Console())
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            to_csv(rows, folder / "forecasts.csv")
            verdict.write(folder / "scores.json")
            save_forecast_figure(rows, split, folder / "forecast.png", simulated)
            print(f"\nwrote forecasts.csv, scores.json and forecast.png into {folder}")

    def _output_dir(self) -> Path:
        """Where ``--output_dir`` says, else the run folder that the checkpoint lies in, else the working folder."""
        chosen = self._get(self.config, "output_dir")
        if chosen is not None:
            return Path(chosen)
        if self.checkpoint is None:
            return Path()
        home = self.checkpoint.path.parent
        return home.parent if home.name == "checkpoints" else home

    def _compare_with_training(self) -> None:
        """Say so where the closes, or some of the targets, are not what the checkpoint's claim rests on."""
        record, data = self.checkpoint and self.checkpoint.data, self.datamodule
        if not record:
            return
        before, now = record["provenance"][0], data.series.provenance
        if before["simulated"] != now.simulated or before["symbol"] != now.symbol:
            warnings.warn(
                f"the checkpoint was trained on {before['symbol']}, and these closes are {now.symbol}.", DataNotice, stacklevel=1
            )
        if data.series.interval.value != record["interval"]:
            raise UserError(
                f"{now.symbol}: the bars are {now.interval} apart, and the checkpoint was trained on bars "
                f"{before['interval']} apart; forecast at the interval it knows."
            )
        if self.subcommand == "predict":
            return
        used_until = pd.Timestamp(record["selected_until" if self.subcommand == "test" else "fitted_until"])
        targets = data.fold.test if self.subcommand == "test" else data.fold.val
        first = data.series.closes.index[targets.start + data.context_length]
        if first <= used_until:
            warnings.warn(
                f"the first target is {first:%Y-%m-%d}, but the checkpoint has been fitted or chosen on closes up to "
                f"{used_until:%Y-%m-%d}: scores on these targets flatter it.",
                DataNotice,
                stacklevel=1,
            )


def _value_of(option: str, words: list[str]) -> str | None:
    """What an option is given on a command line, the last time it is."""
    value = None
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word == option:
            value = following
        elif word.startswith(f"{option}="):
            value = word.removeprefix(f"{option}=")
    return value


def _on_top_of(checkpoint: Checkpoint, words: list[str]) -> list[str]:
    """A command line that starts from a checkpoint's model and data, and cannot change its lengths.

    ``predict`` looks at all closes there are, whatever part of them the experiment used.
    """
    for word in words:
        if word.startswith("--model") or word.split("=")[0] in [f"--data.{length}" for length in LENGTHS]:
            raise UsageError(f"{word.split('=')[0]} cannot be changed: the model is the checkpoint's ({checkpoint.path}).")
    if checkpoint.data is None:
        raise UserError(f"{checkpoint.path}: was trained without a CloseDataModule; give the closes with --data.source.")
    settings = {name: value for name, value in checkpoint.data["settings"].items() if value is not None}
    if words[0] == "predict":
        settings = {name: value for name, value in settings.items() if name not in ("start", "end")}
    base = json.dumps({"model": checkpoint.model, "data": settings})
    lengths = [f"--data.{length}={settings[length]}" for length in LENGTHS]
    return [words[0], "--config", base, *words[1:], *lengths]


def _refuse_lengths_of_model(words: list[str]) -> None:
    for word in words:
        option = word.split("=")[0]
        if option.removeprefix("--model.").removeprefix("init_args.") in LENGTHS and option.startswith("--model."):
            length = option.rsplit(".", 1)[-1]
            raise UsageError(f"{option} is taken from data.{length}; set --data.{length} instead.")


def _require_lengths(model: Forecaster, data: CloseDataModule) -> None:
    for length in LENGTHS:
        if getattr(model, length) != getattr(data, length):
            raise UserError(
                f"{type(model).__name__} has {length} {getattr(model, length)}, and data.{length} is "
                f"{getattr(data, length)}: let its __init__ take **kwargs and pass them on to super().__init__."
            )


def _writable(path: Path) -> Path:
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent} to write it into.")
    return path
