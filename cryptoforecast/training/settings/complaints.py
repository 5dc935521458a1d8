"""One sentence on what is wrong with a command, from the many lines of jsonargparse's message."""

import re
from collections.abc import Callable, Iterable
from importlib import import_module
from textwrap import shorten

from jsonargparse import ArgumentError
from lightning.pytorch import Callback
from lightning.pytorch.loggers import Logger
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from cryptoforecast.data.sources import Source
from cryptoforecast.formatting import nearest_of
from cryptoforecast.models import Forecaster, Head, Scaling
from cryptoforecast.recipe.jsonargparse_private import subclasses_of
from cryptoforecast.recipe.write import argument_names
from cryptoforecast.training.settings.yaml_texts import text_expected

OF_STUDIES = ("variants", "grid", "folds", "seeds", "window")  # options that a configuration may have for study
CHOSEN_BY_NAME = (Forecaster, Source, Scaling, Head, Optimizer, LRScheduler, Callback, Logger)
# jsonargparse's words for what users meet.
UNKNOWN_OPTION = re.compile(
    r"Option '(?P<nested>[\w.]+)' is not accepted(?:\. Got value: Namespace\(class_path='(?P<owner>[\w.]+)')?|"
    r"does not accept option '(?P<configured>[\w.]+)'|unrecognized arguments: (?P<typed>[^\s=]+)"
)
UNKNOWN_CLASS = re.compile(
    r"Expected a dot import path string: (?P<name>\S+)|"
    r"given class_path '(?P<path>[\w.]+)':\s+(?P<reason>No module named .*|module .* has no attribute .*)"
)
MISSING = re.compile(r"arguments are required: (?P<names>.*)")
NO_SOURCE = re.compile(r'Parser key "data\.source":.*Given value: None', re.DOTALL)
WRONG_TYPE = re.compile(
    r"Expected a (?:typing\.Literal\[(?P<choices>.*)\]|<class '(?P<kind>[\w.]+)'>(?=\. Got))"
    r"(?:\. Got value: (?P<value>.*))?"
)
KEY = re.compile(r"Parser key \"([\w.]+)\"")
GIVEN = re.compile(r"Given value: (?:NestedArg\(key='\w+', val=)?'?(.*?)'?\)?$", re.MULTILINE)
OWNER = re.compile(r"given class_path '([\w.]+)'")
AROUND = re.compile(  # lines around the one that tells what is wrong
    r"Parser key|Does not validate|Subtypes:|Errors:|Given value|Problem with given class_path|"
    r"Expected a <class 'NoneType'>|Expected a path but|^\s*$"
)


def with_missing_source(problem: ArgumentError, verb: str, parse: Callable[[list[str]], object]) -> str:
    """The message on a command line as if nothing was linked to ``data.source``, which is looked at first.

    Args:
        problem: what the parser has raised.
        verb: the verb of the command line.
        parse: parses the command line with further words.

    Returns:
        Where the source is missing, the first other fault, if there is one; what else is missing is told together.
    """
    if not NO_SOURCE.search(str(problem)):
        return str(problem)
    missing = f"arguments are required: {verb}.data.source"
    try:
        parse(["--data.source=SimulatedSource"])
    except ArgumentError as further:
        match = MISSING.search(str(further))
        return f"{missing}, {match['names']}" if match and not OWNER.search(str(further)) else str(further)
    return missing


def complaint(message: str, options: Iterable[str]) -> str:
    """One sentence on what is wrong with a command, with the nearest right word.

    Args:
        message: of jsonargparse.
        options: the names of all options of the verb, such as ``data.horizon``.
    """
    key = ".".join(dict.fromkeys(KEY.findall(message)))  # a union says each part twice
    owner = (OWNER.findall(message) or [""])[-1]
    if match := UNKNOWN_OPTION.search(message):
        return _unknown_option(match, owner, key, options)
    if match := UNKNOWN_CLASS.search(message):
        if match["name"]:
            return f"{key}: there is no {match['name']}{nearest_of(match['name'], _class_names())}."
        return f"{key}: {match['path']} cannot be imported from the working folder: {match['reason']}."
    if match := MISSING.search(message):
        return _missing(match["names"].split(", "), owner, key)
    if (match := WRONG_TYPE.search(message)) and match["kind"] != "NoneType":
        return f"{key}: {_wrong_type(match, message)}."
    if wanted := text_expected(message):
        return f"{key.removesuffix(wanted.split()[0])}{wanted}."
    lines = [line.strip(" -") for line in message.splitlines() if not AROUND.search(line)]
    sentence = shorten("; ".join(lines) or message, 300).rstrip(".")
    return f"{key}: {sentence}." if key and key not in sentence else f"{sentence}."


def _unknown_option(match: re.Match[str], owner: str, key: str, options: Iterable[str]) -> str:
    if match["nested"] is None:
        name = match["configured"] or match["typed"]
        if name in OF_STUDIES:
            return f"{name} is no option of a single fit; study takes a configuration that has it."
        return f"There is no option {name}{nearest_of(name.removeprefix('--'), options)}."
    owner = match["owner"] or owner
    known = argument_names(_imported(owner)) if owner else options
    return f"{_last_part(owner) or key} has no option {match['nested']}{nearest_of(match['nested'], known)}."


def _missing(names: list[str], owner: str, key: str) -> str:
    if owner:
        needing = key if key.startswith("model.") else _last_part(owner)  # the class of a factory is not named
        return f"{needing} needs {', '.join(names)}; set {key}.{names[0]}."
    wanted = [name.split(".", 1)[-1] for name in names]
    return f"{' and '.join(wanted)} must be given, in a --config file or as --{' and --'.join(wanted)}."


def _wrong_type(match: re.Match[str], message: str) -> str:
    value = match["value"] or (GIVEN.findall(message) or [""])[-1]  # a union tells it once, at its end
    if match["choices"]:
        return f"{value} is none of {match['choices']}"
    if match["kind"] == "collections.abc.Sequence":
        return f"{value} is no list such as [Close, Volume]"
    return f"{value} is not of type {match['kind']}"


def _last_part(path: str) -> str:
    return path.rpartition(".")[2]


def _imported(path: str) -> type:
    module, _, name = path.rpartition(".")
    found: type = getattr(import_module(module), name)
    return found


def _class_names() -> set[str]:
    return {cls.__name__ for base in CHOSEN_BY_NAME for cls in subclasses_of(base)}
