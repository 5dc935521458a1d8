"""Options of ``fit`` that were parsed, as bytes: parsing takes longer than a small fit, and is done once for many."""

import pickle
from typing import Any

from cryptoforecast.training.settings.command_line import CommandLine
from cryptoforecast.training.settings.data_class import DATA_CLASS

KEPT = ("config", "tokens", "rename", "checkpoint")  # what parsing sets


def parsed_options(made: CommandLine) -> bytes | None:
    """What a command line of ``fit`` has parsed; None if a value can only be made from its text again.

    Args:
        made: the command line.
    """
    kept: dict[str, Any] = {name: getattr(made, name) for name in KEPT}
    try:
        return pickle.dumps((kept, made.dumped))
    except (pickle.PicklingError, AttributeError, TypeError):
        return None


def words_beside(parsed: bytes) -> list[str]:
    """The words of a command line whose other options were parsed: the class of the data, which comes before them.

    Args:
        parsed: what :func:`parsed_options` returned.
    """
    kept, _ = pickle.loads(parsed)
    named = kept["config"]["fit"].get(DATA_CLASS)
    return [f"--{DATA_CLASS}={named}"] if named else []


def take_parsed_options(made: CommandLine, parsed: bytes) -> None:
    """Set what parsing would set.

    Args:
        made: a command line that has parsed nothing.
        parsed: what :func:`parsed_options` returned.
    """
    kept, dumped = pickle.loads(parsed)
    for name, value in kept.items():
        setattr(made, name, value)
    made.typed = made.words = ["fit"]  # the options name files, such as configurations, and these are not read again
    made.take_dumped(dumped)
