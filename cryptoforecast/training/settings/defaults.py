"""The trainer of ``fit``, ``backtest`` and ``audit`` where the user sets nothing else, and the name of a run."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch.cli import LightningArgumentParser
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger

from cryptoforecast.errors import UsageError
from cryptoforecast.evaluation.ledger import RUNS
from cryptoforecast.models import Forecaster
from cryptoforecast.recipe.class_paths import import_named
from cryptoforecast.training.settings.arguments import configured, values_of
from cryptoforecast.training.settings.checks import MODE_OF_CURVE
from cryptoforecast.training.settings.configuration import CONFIG
from cryptoforecast.user_folders import expand_home

VERBS = ("fit", "audit")  # backtest has the parser of fit
CALLBACKS = [
    {"class_path": "EarlyStopping", "init_args": {"monitor": Forecaster.monitor, "patience": 10}},
    {"class_path": "ModelCheckpoint", "init_args": {"monitor": Forecaster.monitor, "filename": "best"}},
    {"class_path": "ModelCheckpoint", "init_args": {"filename": "last"}},
    {"class_path": "cryptoforecast.evaluation.figures.tensorboard.ForecastFigure"},
]
LOGGER = {
    "class_path": "TensorBoardLogger",
    "init_args": {"save_dir": RUNS, "name": None, "default_hp_metric": False},
}
TRAINER = {"max_epochs": 50, "gradient_clip_val": 1.0, "logger": LOGGER, "callbacks": CALLBACKS}
REPLACED = ("logger", "callbacks")  # what the user sets of these replaces the default instead of being laid over it
NAMED_BY_FOLDER = (TensorBoardLogger, CSVLogger)  # their ``name`` is a folder; that of WandbLogger is not


def set_trainer_defaults(parser: LightningArgumentParser, words: Sequence[str], objects: Collection[str] = ()) -> None:
    """Set the defaults of the trainer's options, without those that a command line replaces.

    A parser lays a list over a default of the same length member by member, and the user's ``EarlyStopping`` would
    have the patience of ours.

    Args:
        parser: that of a verb which trains.
        words: the command line, with its configurations.
        objects: options that a call from Python gives as objects.
    """
    replaced = {setting for setting in REPLACED if setting in objects or _is_replaced(setting, words)}
    parser.set_defaults({f"trainer.{name}": None if name in replaced else value for name, value in TRAINER.items()})


def _is_replaced(setting: str, words: Sequence[str]) -> bool:
    if values_of(f"--trainer.{setting}", words):
        return True
    given = [configured(path, "trainer") for path in values_of(CONFIG, words)]
    held = [trainer[setting] for trainer in given if isinstance(trainer, dict) and setting in trainer]
    return any(not isinstance(value, dict) or "class_path" in value for value in held)


def set_monitor(options: Namespace, words: Sequence[str], objects: Collection[str] = ()) -> None:
    """Let the default callbacks monitor the curve by which the model's class says that the best epoch is chosen.

    Args:
        options: of a verb which trains, parsed, changed in place.
        words: the command line, with its configurations.
        objects: options that a call from Python gives as objects.
    """
    model: Any = import_named(options.model.class_path)
    if model.monitor == Forecaster.monitor or REPLACED[1] in objects or _is_replaced(REPLACED[1], words):
        return
    mode = MODE_OF_CURVE.get(model.monitor, model.monitor_mode)
    for callback in options.trainer.callbacks[: len(CALLBACKS)]:
        if callback.init_args.get("monitor") is not None:
            callback.init_args.monitor, callback.init_args.mode = model.monitor, mode


def drop_default_clipping(settings: Namespace, model: Forecaster, words: Sequence[str]) -> None:
    """Take the default of ``gradient_clip_val`` away where a model optimizes manually, which Lightning refuses.

    Args:
        settings: of the trainer, changed in place.
        model: that it is to train.
        words: the command line, with its configurations.
    """
    name = "gradient_clip_val"
    given = [configured(path, "trainer") for path in values_of(CONFIG, words)]
    configured_too = any(isinstance(trainer, dict) and name in trainer for trainer in given)
    if not (model.automatic_optimization or configured_too or values_of(f"--trainer.{name}", words)):
        settings[name] = None


def name_run(options: Namespace, typed: Sequence[str]) -> None:
    """Let the loggers of a fit write into ``runs/NAME``, and take ``name`` out of its options, changed in place.

    ``runs`` is in the working folder, or in ``trainer.default_root_dir`` where that is set.

    The name is that of ``--name``; else of the last configuration file and the model's class, such as ``btc-LSTM``; a
    logger that has a name keeps it.

    Args:
        options: of ``fit``, parsed.
        typed: the command line as the user has typed it.

    Raises:
        UsageError: if a name is given that is no folder's, or there is no logger that could have it.
    """
    name = options.pop("name", None)
    loggers = options.trainer.logger if isinstance(options.trainer.logger, list) else [options.trainer.logger]
    named = [logger for logger in loggers if isinstance(logger, Namespace) and _is_named_by_folder(logger.class_path)]
    if name is not None:
        if not name or Path(name).is_absolute() or ".." in Path(name).parts:
            raise UsageError(f"--name {name!r} is no name of a folder under runs, such as small.")
        if not named:
            raise UsageError("--name names the folder of a TensorBoardLogger or CSVLogger, and trainer.logger is none.")
    home = options.trainer.default_root_dir
    for logger in named:
        if home is not None and logger.init_args.name is None and logger.init_args.save_dir == RUNS:  # the default
            logger.init_args["save_dir"] = str(Path(home, RUNS))
        if name is not None or logger.init_args.name is None:
            logger.init_args["name"] = name if name is not None else default_name(options.model.class_path, typed)


def default_name(model: str, typed: Sequence[str]) -> str:
    """The name of a run that the user has not named.

    >>> default_name("cryptoforecast.LSTM", ["fit", "--model=LSTM"])
    'LSTM'
    """
    paths = [expand_home(word) for word in values_of(CONFIG, typed) if "\n" not in word]
    stems = [path.stem for path in paths if path.is_file()]
    return "-".join([*stems[-1:], model.rpartition(".")[2]])


def _is_named_by_folder(class_path: str) -> bool:
    found: Any = import_named(class_path)
    return isinstance(found, type) and issubclass(found, Logger) and issubclass(found, NAMED_BY_FOLDER)
