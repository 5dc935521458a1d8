"""Model, data and trainer from a command line, by Lightning's CLI."""

from argparse import SUPPRESS
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from jsonargparse import ArgumentError, Namespace
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch import Trainer
from lightning.pytorch.cli import ArgsType, LightningArgumentParser

from cryptoforecast.data.sources import Source
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.distribution.adaptive import ADAPTIVE_STEP
from cryptoforecast.models import Forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from cryptoforecast.models.checkpoints.load import load_forecaster
from cryptoforecast.training.exact import as_list
from cryptoforecast.training.lightning.cli import VerbCLI
from cryptoforecast.training.processes import single_process_in_slurm
from cryptoforecast.training.resume import find_last_checkpoint
from cryptoforecast.training.run_folder import LAST
from cryptoforecast.training.run_record import RunRecord
from cryptoforecast.training.setting_errors import setting_errors_in_one_sentence, value_errors_in_one_sentence
from cryptoforecast.training.settings.arguments import (
    COUNT,
    LINKED_SETTINGS,
    count_sources,
    refuse_options_of_a_list,
    with_tokens_replaced,
)
from cryptoforecast.training.settings.checks import refuse_ignored_options, set_modes
from cryptoforecast.training.settings.command_words import read_words
from cryptoforecast.training.settings.complaints import complaint, with_missing_source
from cryptoforecast.training.settings.data_class import DATA_CLASS, DATA_CLASS_HELP, class_of_data
from cryptoforecast.training.settings.defaults import (
    VERBS,
    drop_default_clipping,
    name_run,
    set_monitor,
    set_trainer_defaults,
)
from cryptoforecast.training.settings.parser import (
    PROGRAM,
    ForecastParser,
    UsageError,
    option_names,
)
from cryptoforecast.training.train import options_for_fit
from cryptoforecast.user_code.exception_origin import is_raised_by_user

FILES = "forecasts.csv, scores.json, forecast.png, changes.png and errors.png"
FOLDER = ("output_dir", f"Folder for {FILES}; by default the checkpoint's run folder.")
OUTPUT = ("output", "CSV file for the forecasts; by default they are printed.")
PLOT = ("plot", "Figure of the forecasts, such as fan.png; the suffix chooses PNG, SVG or PDF.")
NAME = "Name of the run's folder in runs; by default the configuration's with the model's, such as btc-LSTM."
# Beside the options of Lightning's Trainer.
OPTIONS_OF_VERB = {"validate": (FOLDER,), "test": (FOLDER,), "predict": (OUTPUT, PLOT)}

JUDGING = {"validate", "test"}
ADAPTIVE_HELP = "Whether the model's quantiles are judged once more, moved as adaptive conformal inference moves them."
STEP_HELP = "How fast their levels follow what was seen."
METRICS_HELP = "Functions of one model's forecast rows, such as my_metrics.hits, whose values stand in the tables."
BASELINES_HELP = "Classes of models without training by gradients, such as my_baselines.Momentum, beside the model."


class CommandLine(VerbCLI):
    """Lightning's CLI, which parses and checks a command line and builds what it names; it runs nothing.

    Args:
        objects: options of the trainer that a call from Python gives as objects, by name.
        progress: whether a line is printed for each epoch.
        options: those of ``LightningCLI``.
    """

    def __init__(self, *, objects: Mapping[str, Any] | None = None, progress: bool = True, **options: Any) -> None:
        self.objects, self.progress = objects or {}, progress
        self.typed = [str(word) for word in options["args"]]
        self.read = read_words(self.typed, OPTIONS_OF_VERB)
        self.beside: dict[str, list[Any]] = {"metrics": [], "baselines": []}  # what stands in the tables of a verdict
        super().__init__(datamodule_class=class_of_data(self.read.words), **options)

    def __deepcopy__(self, memo: dict[int, Any]) -> "CommandLine":
        """The same instance: a model's optimizer factory refers to it, and copies of the model need no other."""
        return self

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The verbs, each with the arguments of the Trainer's method that are no options."""
        of_evaluation = {"model", "dataloaders", "datamodule", "verbose", "return_predictions"}
        of_fit = {"model", "train_dataloaders", "val_dataloaders", "datamodule"}
        return {"fit": of_fit, "validate": of_evaluation, "test": of_evaluation, "predict": of_evaluation}

    def setup_parser(
        self, add_subcommands: bool, main_kwargs: dict[str, Any], subparser_kwargs: dict[str, Any]
    ) -> None:
        """Add the options that Lightning's verbs do not have."""
        super().setup_parser(add_subcommands, main_kwargs, subparser_kwargs)
        for verb in OPTIONS_OF_VERB.keys() & self.verbs:
            for option, meaning in OPTIONS_OF_VERB[verb]:
                self.verb_parsers[verb].add_argument(f"--{option}", type=str | None, default=None, help=meaning)
        for verb in JUDGING & self.verbs:
            judge = self.verb_parsers[verb]
            judge.add_argument("--judge.adaptive", type=bool, default=False, help=ADAPTIVE_HELP)
            judge.add_argument("--judge.adaptive_step", type=float, default=ADAPTIVE_STEP, help=STEP_HELP)
            judge.add_argument("--judge.metrics", type=list[str], default=[], help=METRICS_HELP)
            judge.add_argument("--judge.baselines", type=list[str | dict[str, Any]], default=[], help=BASELINES_HELP)

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Link what the model takes from the data, and add ``name``, which a configuration may have."""
        parser.add_argument("--name", type=str | None, default=None, help=NAME)
        parser.add_argument(f"--{DATA_CLASS}", type=str | None, default=SUPPRESS, help=DATA_CLASS_HELP)
        for setting in LINKED_SETTINGS:
            parser.link_arguments(f"data.{setting}", f"model.init_args.{setting}")
        parser.link_arguments("data.source", f"model.init_args.{COUNT}", count_sources)

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Parse a command line, on top of the data of the checkpoint that it judges, if it does."""
        read = self.read
        self.checkpoint, self.tokens, self.rename = read.checkpoint, read.tokens, read.rename
        self.words = read.words
        if self.checkpoint is not None:
            refuse_ignored_options(read.verb, self.typed)
            self.restored = load_forecaster(self.checkpoint)
        if read.verb in VERBS:
            set_trainer_defaults(self.verb_parsers[read.verb], read.words, self.objects)
        try:
            self.config = self.parse_words(read.words)
        except ArgumentError as problem:
            message = with_missing_source(problem, read.verb, lambda further: self.parse_words([*read.words, *further]))
            raise UsageError(complaint(message, option_names(self.verb_parsers[read.verb]))) from None
        chosen = self.config[self.config.subcommand]
        refuse_options_of_a_list(chosen.get("data.source"), read.words)
        if read.verb in VERBS:
            set_monitor(chosen, read.words, self.objects)
        set_modes(chosen)
        if read.verb in VERBS:
            name_run(chosen, self.typed)
        for kind, named in self.beside.items():
            named += chosen.get(f"judge.{kind}") or []
        named = chosen.get("ckpt_path")
        if read.verb not in OPTIONS_OF_VERB and named not in (None, LAST):
            self.checkpoint = read_checkpoint(named, self.rename)
            chosen["ckpt_path"] = str(self.checkpoint.path)

    def instantiate_classes(self) -> None:
        """Build model and data; a value that one of them refuses becomes a ``UserError``."""
        self.parser.add_instantiator(self._make_source, Source)
        with setting_errors_in_one_sentence(), value_errors_in_one_sentence():
            super().instantiate_classes()
        if self.checkpoint is not None and self.subcommand in OPTIONS_OF_VERB:
            self.model = self.restored  # in the place of what stood in for it

    def _make_source(self, cls: type[Source], *args: Any, **arguments: Any) -> Source:
        """Build a source from its arguments, with the tokens of a checkpoint replaced."""
        return cls(*args, **{name: with_tokens_replaced(value, self.tokens) for name, value in arguments.items()})

    def after_instantiate_classes(self) -> None:
        """Find the checkpoint that ``last`` means: logger and callbacks, which know the folders, are built by now."""
        chosen = self.config_init[self.subcommand]
        if self.subcommand not in OPTIONS_OF_VERB and chosen.get("ckpt_path") == LAST:
            self.checkpoint = find_last_checkpoint(chosen, self.rename)
            self.config[self.subcommand]["ckpt_path"] = chosen["ckpt_path"]

    def set_seed(self) -> None:
        """Seed everything; a seed that is out of range is an error of the user's."""
        try:
            super().set_seed()
        except ValueError as problem:
            raise UserError(f"seed_everything: {problem}") from None

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Build the trainer: for ``fit`` one that logs and saves, for the other verbs one that writes nothing."""
        if self.subcommand in VERBS:
            for options in (self.config, self.config_init):
                drop_default_clipping(options[self.subcommand].trainer, self.model, self.words)
        try:
            return super().instantiate_trainer(**self._surroundings(), **kwargs)
        except (ValueError, TypeError, MisconfigurationException) as problem:  # Lightning's words for a bad option
            if isinstance(problem, UserError) or is_raised_by_user(problem):
                raise
            raise UserError(f"trainer: {problem}") from None

    @property
    def verb_options(self) -> Namespace:
        """The options of the verb, parsed."""
        options: Namespace = self.config[self.subcommand]
        return options

    @property
    def given_callbacks(self) -> list[Any]:
        """The callbacks that the user has named or given as objects, in that order."""
        return as_list(self.instantiated("trainer").callbacks)

    def run_verb(self, verb: str) -> None:
        """Do nothing: the function of the verb uses what is built here."""

    def _surroundings(self) -> dict[str, Any]:
        options = self.instantiated("trainer")
        for name, value in self.objects.items():
            options[name] = [*as_list(options[name]), *value] if isinstance(value, list) else value
        if options.overfit_batches:
            raise UserError("trainer.overfit_batches: batches are gathered here; set trainer.limit_train_batches.")
        if self.subcommand != "fit":
            self.save_config_callback = None
            around: dict[str, Any] = {"logger": False, "callbacks": [], "enable_checkpointing": False}
        else:
            around = options_for_fit(options, self.progress)
            if not around.get("logger", options.logger):  # no folder takes the options, and writing them takes long
                self.save_config_kwargs = {"is_run": False, "configuration": ""}
        return {
            **around,
            "plugins": [*as_list(around.get("plugins", options.plugins)), *single_process_in_slurm(options)],
        }


Kind = TypeVar("Kind", bound=CommandLine)


def make(words: Sequence[str], kind: type[Kind], **arguments: Any) -> Kind:
    """The model, data and trainer that a command line asks for; nothing is read or trained yet.

    Args:
        words: the command line, which begins with the verb.
        kind: what reads it: :class:`CommandLine`, or a subclass for a verb of its own.
        arguments: further arguments of ``kind``, such as the ``objects`` of a call from Python.

    Raises:
        UserError: if it cannot be understood, or what it names is not as it should be.

    >>> made = make(["fit", "--model=LSTM", "--data.source=SimulatedSource"], CommandLine)  # doctest: +SKIP
    >>> made.model, made.datamodule, made.trainer, made.checkpoint  # doctest: +SKIP
    """
    return kind(
        model_class=Forecaster,
        save_config_callback=RunRecord,
        trainer_defaults={"devices": 1, "enable_model_summary": False},
        subclass_mode_model=True,
        auto_configure_optimizers=False,
        parser_class=ForecastParser,
        parser_kwargs={"prog": " ".join(PROGRAM)},
        args=list(words),
        **arguments,
    )
