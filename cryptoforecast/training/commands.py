"""Verbs of their own on Lightning's command line, for ``backtest`` and ``audit``."""

from collections.abc import Sequence
from typing import Any

from cryptoforecast.evaluation.figures.tensorboard import ForecastFigure
from cryptoforecast.models import Forecaster
from cryptoforecast.training.lightning.cli import VerbCLI
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.train import train

__all__ = ["ForecastCLI", "ForecastFigure", "run"]  # configuration files of earlier versions name the figure here


def run(args: Sequence[str], kind: type["ForecastCLI"] | None = None, **own: Any) -> "ForecastCLI":
    """Carry out a command line; if it is of another ``kind``, with what that wants to know.

    Raises:
        UserError: if it cannot be understood, or what it names is not as it should be.
    """
    return make(args, kind or ForecastCLI, **own)


class ForecastCLI(CommandLine):
    """A command line that calls its methods ``before_fit``, ``fit`` and ``after_fit``, or those of another verb."""

    def run_verb(self, verb: str) -> None:
        """Call the methods of the verb."""
        VerbCLI.run_verb(self, verb)

    def fit(self, model: Forecaster, **options: Any) -> None:
        """Train."""
        if nothing_left := train(self.trainer, model, **options):
            print(nothing_left)
