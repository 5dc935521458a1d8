"""From the words of ``check`` to the model that they name; data and trainer of a command line are not used."""

from collections.abc import Callable, Sequence

from lightning.pytorch import Trainer

from cryptoforecast.check.result import CheckResult, Line
from cryptoforecast.check.run import check
from cryptoforecast.check.subject import CONTEXT_LENGTH
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.errors import UsageError
from cryptoforecast.models.forecaster import Forecaster
from cryptoforecast.training.settings.arguments import value_of
from cryptoforecast.training.settings.command_line import CommandLine, make
from cryptoforecast.training.settings.configuration import CONFIG

VERB = "check"
CLOSES = (
    "--data.source=SimulatedSource",
    f"--data.context_length={CONTEXT_LENGTH}",
)  # a configuration replaces them


def check_words(words: Sequence[str], on_line: Callable[[Line], object] | None = None) -> CheckResult:
    """The examination of the model that the words of a command line name.

    Args:
        words: ``check``, the model's class, and options of the model and the data, such as ``--model.hidden_size=8``.
        on_line: called with each line as soon as it is tried.

    Raises:
        UserError: if the words cannot be understood, or the model cannot be made.
    """
    made = make(with_option(words), CheckCommandLine, trainer_class=CheckTrainer)
    return check(made.model, quick=bool(made.verb_options["quick"]), on_line=on_line)


def with_option(words: Sequence[str]) -> list[str]:
    """The words with the class as an option, after the options of made-up closes, which others replace.

    Raises:
        UsageError: if no class is named.

    >>> with_option(["check", "my_gru.GRU", "--quick=true"])[3:]
    ['--model=my_gru.GRU', '--quick=true']
    """
    verb, *rest = words
    if rest and not rest[0].startswith("-"):
        rest = [f"--model={rest[0]}", *rest[1:]]
    elif value_of("--model", rest) is None and not any(value_of(option, rest) for option in CONFIG):
        raise UsageError("check needs the class of a model: python -m cryptoforecast check my_gru.GRU.")
    return [verb, *CLOSES, *rest]


class CheckTrainer(Trainer):
    """A trainer with a method of the verb's name, from which the command line takes the verb's options."""

    def check(self, model: Forecaster, datamodule: CloseDataModule, quick: bool = False) -> None:
        """Try what the framework relies on.

        Args:
            model: what is examined.
            datamodule: its lengths and columns.
            quick: whether to leave out what trains for long, and compilation and export.
        """


class CheckCommandLine(CommandLine):
    """The command line of ``fit``, for a verb that takes the model alone."""

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The verb, with those arguments that are not options."""
        return {VERB: {"model", "datamodule"}}
