"""From the options of ``fit`` to model, data and trainer of a backtest: made and checked, and not trained."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptoforecast.data.sources.loaded_once import Loaded, loaded_once
from cryptoforecast.errors import UsageError, UserError
from cryptoforecast.models.contract.answers import says_distribution
from cryptoforecast.training.forkserver import require_importable
from cryptoforecast.training.preflight import check_before_fit
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.parser import to_yaml
from cryptoforecast.training.settings.yaml_texts import load_yaml


class BacktestCommandLine(CommandLine):
    """The command line of ``fit``, whose trainer logs nothing.

    Attributes:
        loaded: the closes that it has loaded, for the processes that fit the folds.
    """

    loaded: Loaded

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """``fit`` alone: making a parser for each verb takes longer than a small fit."""
        return {"fit": CommandLine.subcommands()["fit"]}

    def _surroundings(self) -> dict[str, Any]:
        self.save_config_callback = None  # nothing is trained here
        return {**super()._surroundings(), "logger": False}

    @cached_property
    def text(self) -> str:
        """All options of ``fit``, as a configuration file holds them."""
        return to_yaml(self.verb_parsers["fit"], self.config["fit"])

    @property
    def settings(self) -> dict[str, Any]:
        """All options of ``fit``."""
        settings: dict[str, Any] = load_yaml(self.text)
        return settings

    @property
    def seed(self) -> int:
        """The first seed; 0 where none is set."""
        seed = self.option("seed_everything")
        return 0 if isinstance(seed, bool) or seed is None else int(seed)

    @property
    def folder(self) -> Path:
        """The folder of a backtest where none is named: beside the runs."""
        logger = self.settings["trainer"]["logger"]
        named = logger.get("init_args", {}) if isinstance(logger, dict) else {}
        return Path(named.get("save_dir") or "runs", named.get("name") or "", "backtest")


def make_backtest(words: Sequence[str], objects: Mapping[str, Any] | None = None) -> BacktestCommandLine:
    """What the options of ``fit`` ask for, tried before a folder is made.

    Args:
        words: the options of ``fit``.
        objects: options of the trainer that no text can stand for, by name; none of them can be handed on.

    Raises:
        UserError: if they cannot be understood, or what they name is not as it should be.
    """
    if objects:
        name, value = next(iter(objects.items()))
        kind = type(value[0] if isinstance(value, list) else value).__name__
        raise UserError(
            f"trainer.{name}: a {kind} cannot be handed on to the processes that fit the folds; name its class, as in "
            f'{name}=[{{"class_path": "my_models.{kind}"}}].'
        )
    made = make(["fit", *words], BacktestCommandLine)
    if made.option("ckpt_path") is not None:
        raise UsageError("backtest takes no --ckpt_path: each fold is fitted from scratch.")
    require_importable(made.text)
    with loaded_once() as made.loaded:
        made.datamodule.setup("fit")
        made.datamodule.setup("test")
        check_before_fit(made.model, made.datamodule, made.trainer)
        if says_distribution(made.model) is not False:
            made.datamodule.bars()  # asks for High and Low, which the ladder takes wherever there are any
    return made
