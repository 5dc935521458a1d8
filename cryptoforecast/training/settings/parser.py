"""The parser of options, and its complaints in one sentence each."""

import difflib
import re
from collections.abc import Iterable
from enum import Enum
from importlib import import_module
from textwrap import shorten
from typing import Any

import yaml
from jsonargparse import Namespace, _typehints, set_dumper
from lightning.pytorch import Callback
from lightning.pytorch.cli import LightningArgumentParser
from lightning.pytorch.loggers import Logger
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from cryptoforecast.data.sources import Source
from cryptoforecast.errors import UsageError as UsageError
from cryptoforecast.models import Forecaster, Scaling
from cryptoforecast.recipe.write import argument_names
from cryptoforecast.training.settings.yaml_texts import dump_yaml, text_wanted

PROGRAM = ("python", "-m", "cryptoforecast")
CHOSEN_BY_NAME = (Forecaster, Source, Scaling, Optimizer, LRScheduler, Callback, Logger)
UNWRITABLE = "Unable to serialize instance"  # jsonargparse's words for a value that has no text
# What jsonargparse says around the one line that tells what is wrong.
SCAFFOLDING = re.compile(
    r"Parser key|Does not validate|Subtypes:|Errors:|Given value|Problem with given class_path|"
    r"Expected a <class 'NoneType'>|Expected a path but|^\s*$"
)


set_dumper("yaml", dump_yaml)
_usual_order: Any = _typehints.sort_subtypes_for_union


def _int_before_float(subtypes: Any, *others: Any) -> list[Any]:
    """The types of a union in the order in which they are tried, ``int`` before ``float``, which takes any int too.

    ``typing`` keeps the first of all equal unions that a process has made, so that an import decides whether
    ``limit_val_batches: 1`` is one batch or, as 1.0, all of them.
    """
    tried = list(_usual_order(subtypes, *others))
    if int in tried and float in tried:
        first, second = sorted((tried.index(int), tried.index(float)))
        tried[first], tried[second] = int, float
    return tried


_typehints.sort_subtypes_for_union = _int_before_float


class ForecastParser(LightningArgumentParser):
    """Lightning's parser; it raises instead of printing a wall, and accepts no abbreviations."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "exit_on_error": False, "allow_abbrev": False})


def to_yaml(parser: LightningArgumentParser, options: Namespace) -> str:
    """The options of a verb as text that can be read again: a default that cannot be written down is left out.

    So is the device of ``StochasticWeightAveraging``; the parser would write that it is not able to write it.

    Args:
        parser: the verb's.
        options: as it has parsed them.
    """
    text: str = parser.dump(options, skip_none=False)
    if UNWRITABLE not in text:
        return text
    return dump_yaml(_without_unwritable(yaml.safe_load(text)))


def with_plain_texts(options: Any) -> Any:
    """Options with texts that are members of an enumeration as the texts that they are, changed in place.

    So is the interval of ``Timer`` by default, which nothing could write down.

    Args:
        options: as a parser has parsed them, or a part of them.
    """
    members = options.items(branches=True) if isinstance(options, Namespace) else enumerate(options)
    for name, value in list(members):
        if isinstance(value, Enum) and isinstance(value, str):
            options[name] = value.value
        elif isinstance(value, list) or (isinstance(value, Namespace) and isinstance(options, list)):
            with_plain_texts(value)
    return options


def _without_unwritable(options: Any) -> Any:
    if isinstance(options, dict):
        return {name: _without_unwritable(value) for name, value in options.items() if not _is_unwritable(value)}
    if isinstance(options, list):
        return [_without_unwritable(value) for value in options if not _is_unwritable(value)]
    return options


def _is_unwritable(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(UNWRITABLE)


def complaint(message: str, options: Iterable[str]) -> str:
    """What is wrong with a command, in one sentence, with the nearest right word.

    Args:
        message: jsonargparse's own words.
        options: the names of all options of the verb, such as ``data.horizon``.
    """
    key = ".".join(dict.fromkeys(re.findall(r"Parser key \"([\w.]+)\"", message)))  # a union says each of them twice
    if match := re.search(
        r"Option '([\w.]+)' is not accepted(?:\. Got value: Namespace\(class_path='([\w.]+)')?", message
    ):
        owner = match[2] or (re.findall(r"given class_path '([\w.]+)'", message[: match.start()]) or [""])[-1]
        known = _arguments(owner) if owner else options
        whose = _short(owner) or key or "cryptoforecast, before a verb,"
        return f"{whose} has no option {match[1]}{nearest_of(match[1], known)}."
    if match := re.search(r"Subcommand '\w+' does not accept option '([\w.]+)'", message):
        return f"There is no option {match[1]}{nearest_of(match[1], options)}."
    if match := re.search(r"unrecognized arguments: (?:--)?([^\s=]+)", message):
        return f"There is no option --{match[1]}{nearest_of(match[1], options)}."
    if match := re.search(r"File does not exist: '(.*)'", message):
        return f"{match[1]}: no such configuration file."
    if match := re.search(r"expected \"subcommand\" to be one of \{(.*)\}", message):
        return f"A verb is wanted: {match[1].replace(',', ', ')}; --help tells more."
    if match := re.search(r"invalid choice: '(\S*)' \(choose from (.*)\)", message):
        verbs = re.findall(r"\w+", match[2])
        return f"There is no verb {match[1]}{nearest_of(match[1], verbs)}."
    if match := re.search(r"Expected a dot import path string: (\S+)", message):
        return f"{key}: there is no {match[1]}{nearest_of(match[1], _class_names())}."
    if match := re.search(
        r"given class_path '([\w.]+)':\s+(No module named .*|module .* has no attribute .*)", message
    ):
        return f"{key}: {match[1]} cannot be imported from the working folder: {match[2]}."
    if match := re.search(r"arguments are required: (.*)", message):
        return _missing(match[1], message, key)
    if match := re.search(r"Expected a <class 'collections.abc.Sequence'>\. Got value: (.*)", message):
        return f"{key}: {match[1]} is no list such as [Close, Volume]."
    if match := re.search(r"Expected a (?:<class '(\w+)'>|typing\.Literal\[(.*)\])\. Got value: (.*)", message):
        return f"{key}: {match[3]} is {f'not of type {match[1]}' if match[1] else f'none of {match[2]}'}."
    if wanted := text_wanted(message):
        return f"{key.removesuffix(wanted.split()[0])}{wanted}."
    return _innermost(message, key)


def _missing(names: str, message: str, key: str) -> str:
    if match := re.findall(r"given class_path '([\w.]+)'", message):
        owner = key if key.startswith("model.") else _short(match[-1])  # a factory's class is not named
        return f"{owner} needs {names}; set {key}.{names.split(', ')[0]}."
    wanted = [name.split(".", 1)[-1] for name in names.split(", ")]
    return f"{' and '.join(wanted)} must be given, in a --config file or as --{' and --'.join(wanted)}."


def _innermost(message: str, key: str) -> str:
    lines = [line.strip(" -") for line in message.splitlines() if not SCAFFOLDING.search(line)]
    sentence = shorten("; ".join(lines) or message, 300).rstrip(".")
    return f"{key}: {sentence}." if key and key not in sentence else f"{sentence}."


def nearest_of(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, or all of a few, as the end of a sentence that names a wrong one.

    >>> nearest_of("hiden_size", ["hidden_size", "dropout"])
    '; the nearest is hidden_size'
    """
    known = sorted(set(known))
    if nearest := difflib.get_close_matches(word, known, n=1, cutoff=0.5):
        return f"; the nearest is {nearest[0]}"
    return f"; there are {', '.join(known)}" if 0 < len(known) <= 20 else ""


def _short(path: str) -> str:
    return path.rsplit(".", 1)[-1]


def _arguments(path: str) -> list[str]:
    module, _, name = path.rpartition(".")
    return argument_names(getattr(import_module(module), name))


def _class_names() -> list[str]:
    found: set[str] = set()
    left: list[type] = list(CHOSEN_BY_NAME)
    while left:
        subclasses: list[type] = left.pop().__subclasses__()
        found |= {cls.__name__ for cls in subclasses}
        left += subclasses
    return sorted(found)
