"""fit, validate, test and predict, on Lightning's own command line."""

import shlex
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

from jsonargparse import ArgumentError
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer
from lightning.pytorch.cli import ArgsType, LightningArgumentParser, LightningCLI
from rich.console import Console

from cryptoforecast.cli.arguments import (
    LINKED,
    on_top_of,
    refuse_options_of_a_list,
    refuse_settings_of_data,
    value_of,
    with_whole_lists,
)
from cryptoforecast.cli.doubts import notice_skill_too_good, notice_what_was_seen
from cryptoforecast.cli.entry import enter_fit, enter_test
from cryptoforecast.cli.fault import settings_in_one_sentence, values_in_one_sentence
from cryptoforecast.cli.parser import PROGRAM, ForecastParser, UsageError, complaint, to_yaml
from cryptoforecast.cli.record import RunRecord
from cryptoforecast.cli.rehearsal import rehearse
from cryptoforecast.cli.resume import find_checkpoint, own_run, require_to_go_on, with_configuration_of_run
from cryptoforecast.cli.training import best_of, surroundings_of_fit, train
from cryptoforecast.data.datamodule import CloseDataModule, validated
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.figures.tensorboard import ForecastFigure, save_figures
from cryptoforecast.evaluation.forecasts import next_closes, rows_beside_baselines, to_csv
from cryptoforecast.evaluation.verdict import judge, show
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoint import (
    Checkpoint,
    compare_with_training,
    load_forecaster,
    read_checkpoint,
)

__all__ = ["ForecastCLI", "ForecastFigure", "run"]  # the figure is here for YAML files to find by its short name

FILES = "forecasts.csv, scores.json, forecast.png, changes.png and errors.png"
FOLDER = ("output_dir", f"Folder for {FILES}; by default the checkpoint's run folder.")
OUTPUT = ("output", "CSV file for the forecasts; by default they are printed.")
OURS = {"validate": FOLDER, "test": FOLDER, "predict": OUTPUT}  # options beside those of Lightning's Trainer


def run(args: Sequence[str], kind: type["ForecastCLI"] | None = None, **own: Any) -> "ForecastCLI":
    """Carry out a command line; if it is of another ``kind``, with what that wants to know.

    Raises:
        UserError: if it cannot be understood, or what it names is not as it should be.
    """
    return (kind or ForecastCLI)(
        model_class=Forecaster,
        datamodule_class=CloseDataModule,
        save_config_callback=RunRecord,  # type: ignore[arg-type]  # is called as the usual one is
        trainer_defaults={"devices": 1, "enable_model_summary": False},
        subclass_mode_model=True,
        auto_configure_optimizers=False,
        parser_class=ForecastParser,
        parser_kwargs={"prog": " ".join(PROGRAM)},
        args=list(args),
        **own,
    )


class ForecastCLI(LightningCLI):
    """Lightning's command line, with verbs that judge: every score stands beside the random walk's."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "ForecastCLI":
        """Itself: the factory of a model's optimizer leads here, and a copy of the model is of the same command."""
        return self

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The verbs, each with those arguments of the Trainer's method that are not options."""
        of_evaluation = {"model", "dataloaders", "datamodule", "verbose", "return_predictions"}
        of_fit = {"model", "train_dataloaders", "val_dataloaders", "datamodule"}
        return {"fit": of_fit, "validate": of_evaluation, "test": of_evaluation, "predict": of_evaluation}

    def setup_parser(
        self, add_subcommands: bool, main_kwargs: dict[str, Any], subparser_kwargs: dict[str, Any]
    ) -> None:
        """Add our own options to Lightning's verbs."""
        super().setup_parser(add_subcommands, main_kwargs, subparser_kwargs)
        for verb in OURS.keys() & self.subcommands().keys():
            option, meaning = OURS[verb]
            self._subcommand_parsers[verb].add_argument(f"--{option}", type=str | None, default=None, help=meaning)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Lengths and columns are said once, to the data."""
        for setting in LINKED:
            parser.link_arguments(f"data.{setting}", f"model.init_args.{setting}")

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse a command line; where it names a checkpoint to judge, on top of what that holds."""
        assert isinstance(args, list)
        self.typed = [str(word) for word in args]
        words = with_whole_lists(self.typed)
        refuse_settings_of_data(words)
        verb, path = words[0] if words else "", value_of("--ckpt_path", words)
        self.checkpoint: Checkpoint | None = None
        if path is not None and verb in OURS:
            self.checkpoint = read_checkpoint(path)
            self.restored = load_forecaster(self.checkpoint)
            words = on_top_of(self.checkpoint, words)
        elif path is not None:
            words = [*with_configuration_of_run(words, path), f"--ckpt_path={path}"]  # no file unsays it
        try:
            self.config = parser.parse_args(words)
        except ArgumentError as problem:
            of_verb = self._subcommand_parsers.get(verb)
            options = [action.dest for action in of_verb._actions] if of_verb else []
            raise UsageError(complaint(str(problem), options)) from None
        chosen = self.config[self.config.subcommand]
        refuse_options_of_a_list(chosen.get("data.source"), words)
        if verb not in OURS:
            self.checkpoint = find_checkpoint(chosen)

    def _parse_ckpt_path(self) -> None:
        """Nothing: :meth:`parse_arguments` has read the checkpoint, which Lightning cannot in subclass mode."""

    def instantiate_classes(self) -> None:
        """Make model and data; a value that one of them refuses is the user's to put right."""
        with settings_in_one_sentence(), values_in_one_sentence():
            super().instantiate_classes()

    def _set_seed(self) -> None:
        try:
            super()._set_seed()
        except ValueError as problem:
            raise UserError(f"seed_everything: {problem}") from None

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """A trainer that logs and saves for ``fit``, and one that leaves no traces for the other verbs."""
        try:
            return super().instantiate_trainer(**self._surroundings(), **kwargs)
        except (ValueError, TypeError, MisconfigurationException) as problem:  # Lightning's words for a bad option
            raise UserError(f"trainer: {problem}") from None

    def _surroundings(self) -> dict[str, Any]:
        if self._get(self.config_init, "trainer").overfit_batches:
            raise UserError("trainer.overfit_batches: batches are gathered here; set trainer.limit_train_batches.")
        if self.subcommand != "fit":
            self.save_config_callback = None
            return {"logger": False, "callbacks": [], "enable_checkpointing": False}
        return surroundings_of_fit(self._get(self.config_init, "trainer"))

    def _run_subcommand(self, subcommand: str) -> None:
        with ExitStack() as self.held:
            super()._run_subcommand(subcommand)

    def before_fit(self) -> None:
        """See that all is in order before a run folder is made, or written on in."""
        self.datamodule.setup("fit")
        rehearse(self.model, self.datamodule, self.trainer)
        if self.checkpoint is not None:
            require_to_go_on(self.checkpoint, self.model, self.datamodule)
        chosen = self.config[self.subcommand]
        configuration = to_yaml(self._parser(self.subcommand), chosen)
        self.held.enter_context(own_run(self.trainer, self.checkpoint, configuration))
        enter_fit(self.trainer, self.model, self.datamodule, chosen)

    def fit(self, model: Forecaster, **options: Any) -> None:
        """Train."""
        train(self.trainer, model, **options)

    def after_fit(self) -> None:
        """Judge the best checkpoint on the validation targets, and say how to go on."""
        path = best_of(self.trainer, self._get(self.config_init, "trainer").callbacks)
        if not path and self.trainer.log_dir and self.trainer.checkpoint_callback:  # nothing to learn, nothing was best
            path = str(Path(self.trainer.log_dir, "checkpoints", "last.ckpt"))
            self.trainer.save_checkpoint(path)
        if not self.trainer.is_global_zero:
            return
        print()
        self._judge(load_forecaster(path) if path else self.model, "val")
        if path:
            print(f"\ncheckpoint: {path}\nnext: {shlex.join([*PROGRAM, 'test', '--ckpt_path', path])}")

    def validate(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Score a checkpoint and the baselines on the validation targets."""
        datamodule.setup("validate")
        self._judge(self._trained(model), "val", self._output_dir())

    def test(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Score a checkpoint and the baselines on the test targets."""
        datamodule.setup("test")
        self._judge(self._trained(model), "test", self._output_dir())
        enter_test(self.checkpoint, datamodule, self._output_dir())

    def predict(self, model: Forecaster, datamodule: CloseDataModule, **_: Any) -> None:
        """Forecast the closes after the last bar that is over."""
        chosen = self._get(self.config, "output")
        output = None if chosen is None else Path(chosen).expanduser()
        if output is not None and not output.parent.is_dir():
            raise UserError(f"{output}: there is no folder {output.parent} to write it into.")
        datamodule.setup("predict")
        if self.checkpoint is not None:
            compare_with_training(self.checkpoint, datamodule)
        rows = next_closes(self._trained(model), datamodule)
        if output is None:
            print(to_csv(rows), end="")
        else:
            to_csv(rows, output)
            print(f"wrote {output}", file=sys.stderr)

    def _trained(self, model: Forecaster) -> Forecaster:
        if self.checkpoint is not None:
            return self.restored
        if any(True for _ in model.parameters()):
            raise UserError(
                f"{self.subcommand} needs --ckpt_path: {type(model).__name__} has weights to be trained first."
            )
        return model

    def _judge(self, model: Forecaster, split: Literal["val", "test"], folder: Path | None = None) -> None:
        """Forecast, score and print; and write, if a folder is given."""
        if self.checkpoint is not None and self.subcommand in OURS:
            compare_with_training(self.checkpoint, self.datamodule)
        flattered_by = notice_what_was_seen(model, self.datamodule, split)
        trainer, simulated = self.trainer, self.datamodule.simulated
        rows = rows_beside_baselines(model, self.datamodule, split, trainer.strategy.root_device, validated(trainer))
        verdict = judge(rows, split, simulated, flattered_by=flattered_by)
        if self.subcommand == "test":
            notice_skill_too_good(rows, self.typed)
        show(verdict, Console() if sys.stdout.isatty() else Console(width=100))
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            to_csv(rows, folder / "forecasts.csv")
            verdict.write(folder / "scores.json")
            save_figures(rows, split, folder, simulated)
            print(f"\nwrote {FILES} of the {split} targets into {folder}")

    def _output_dir(self) -> Path:
        """Where ``--output_dir`` says, else the run folder that the checkpoint lies in, else the working folder."""
        chosen = self._get(self.config, "output_dir")
        if chosen is not None:
            return Path(chosen).expanduser()
        if self.checkpoint is None:
            return Path()
        home = self.checkpoint.path.parent
        return home.parent if home.name == "checkpoints" else home
