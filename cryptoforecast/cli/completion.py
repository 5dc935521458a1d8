"""Completion of verbs, options, classes and files in a shell, by argcomplete; it loads no torch but for the first time.

Which options there are depends on the installed versions, so they are collected once and kept in the user's cache.
"""

import argparse
import json
import os
from collections.abc import Iterable
from importlib.metadata import version
from typing import NamedTuple

from cryptoforecast._version import __version__
from cryptoforecast.atomic import write_atomically
from cryptoforecast.cli.help import TOPICS
from cryptoforecast.cli.help_pages import PAGES
from cryptoforecast.user_folders import cache_folder


def complete(verbs: Iterable[str]) -> None:
    """Answer a shell that asks how a command line may go on, and end; do nothing without argcomplete.

    Args:
        verbs: all verbs.
    """
    try:
        import argcomplete
    except ImportError:
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    of_verb, typed = parser.add_subparsers(), os.environ.get("COMP_LINE", "").split()
    for verb in verbs:
        parser_of_verb = of_verb.add_parser(verb, add_help=False, allow_abbrev=False)
        if verb in typed and verb in PAGES:
            _add_options(parser_of_verb, verb)
        else:
            parser_of_verb.add_argument("files", nargs="*")
    argcomplete.autocomplete(parser)


def _add_options(parser: argparse.ArgumentParser, verb: str) -> None:
    options, classes = known_options()
    if verb == "check":
        parser.add_argument("class", nargs="?", choices=classes.get("model"))
    first = {option.name: option for shown in PAGES[verb].options.values() for option in shown}
    for name in dict.fromkeys([*first, "config", *options]):
        if name in first and not first[name].value:
            parser.add_argument(f"--{name}", action="store_true")
        else:
            parser.add_argument(f"--{name}", choices=classes.get(name))
    for name, chosen in classes.items():
        parser.add_argument(f"--{name}.help", choices=chosen)
    parser.add_argument("--help", choices=TOPICS)


class Known(NamedTuple):
    """The options of the model, the data and the trainer, and by option the classes that it takes by name."""

    options: list[str]
    classes: dict[str, list[str]]


def known_options() -> Known:
    """What can be completed, from the cache; collected for it where this version has not been asked before."""
    file = cache_folder("completion") / f"{__version__}-lightning-{version('lightning')}.json"
    try:
        return Known(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        found = _collected()
        write_atomically(file, lambda opened: opened.write(json.dumps(found._asdict()).encode()))
        return found


def _collected() -> Known:
    from lightning.pytorch import Trainer

    from cryptoforecast.cli.class_help import BASES
    from cryptoforecast.data.datamodule import CloseDataModule
    from cryptoforecast.recipe.jsonargparse_private import subclasses_of
    from cryptoforecast.recipe.write import argument_names
    from cryptoforecast.training.settings.arguments import TAKEN_FROM_DATA

    options = [f"{group}.{name}" for group, cls in (("data", CloseDataModule), ("trainer", Trainer))
               for name in argument_names(cls)]  # fmt: skip
    classes: dict[str, list[str]] = {}
    for option, base in BASES.items():
        found = [cls for cls in subclasses_of(base) if cls.__module__.startswith("cryptoforecast.")]
        classes[option] = sorted(cls.__name__ for cls in found if not cls.__name__.startswith("_"))
        names = [
            name for cls in found for name in argument_names(cls) if option != "model" or name not in TAKEN_FROM_DATA
        ]
        options += [f"{option}.{name}" for name in dict.fromkeys(names)]
    return Known([*options, "model.optimizer.lr"], classes)
