"""The variants of a study: what each changes in the configuration, from a list and a grid, as options of ``fit``."""

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cryptoforecast.errors import UsageError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.training.settings.complaints import OF_STUDIES
from cryptoforecast.training.settings.configuration import CONFIG, read_configuration
from cryptoforecast.training.settings.yaml_texts import dump_yaml

NAME = "name"
VARIANTS, GRID, *COUNTS = OF_STUDIES  # the counts are options of the command line too
FIT_FOR_A_FOLDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.,=+-]*")


class Variant(NamedTuple):
    """A variant of a study: its name, and the options of ``fit`` that differ from the rest of the configuration."""

    name: str
    changes: dict[str, Any]

    @property
    def words(self) -> list[str]:
        """The changes as words of a command line.

        >>> Variant("wide", {"model": "LSTM", "model.hidden_size": 128}).words
        ['--model=LSTM', '--model.hidden_size=128']
        """
        return [f"--{option}={written(value)}" for option, value in self.changes.items()]


class StudyPlan(NamedTuple):
    """What a study's configuration asks for.

    ``base`` are the words of the configuration without what is a study's alone, ``typed`` the options that came after
    it and hold for all variants, ``counts`` those of ``folds``, ``seeds`` and ``window`` that the configuration sets.
    """

    base: list[str]
    typed: list[str]
    variants: list[Variant]
    counts: dict[str, Any]

    def words_of(self, variant: Variant) -> list[str]:
        """The options of ``fit`` for a variant; what is typed comes last, and so is stronger."""
        return [*self.base, *variant.words, *self.typed]


def read_plan(words: Sequence[str], variants: Any = None, grid: Any = None) -> StudyPlan:
    """The plan of a study.

    Args:
        words: options of ``fit``, whose configurations may have ``variants``, ``grid``, ``folds``, ``seeds`` and
            ``window`` too; of several configurations the last one that has it counts.
        variants: a list that takes the place of the configuration's.
        grid: likewise.

    Raises:
        UsageError: if there are no variants, or they are not as they should be.
    """
    base, typed, of_study = list[str](), list[str](), dict[str, Any]()
    waiting = iter(words)
    for word in waiting:
        option, equals, value = word.partition("=")
        if option not in CONFIG:
            typed.append(word)
            continue
        read = read_configuration(value if equals else next(waiting, ""))
        of_study |= {key: read.settings[key] for key in OF_STUDIES if key in read.settings}
        rest = {key: setting for key, setting in read.settings.items() if key not in OF_STUDIES}
        base += ["--config", read.word if len(rest) == len(read.settings) else dump_yaml(rest)]
    listed = of_study.pop(VARIANTS, None) if variants is None else variants
    crossed = of_study.pop(GRID, None) if grid is None else grid
    return StudyPlan(base, typed, find_variants(listed, crossed), {k: v for k, v in of_study.items() if k in COUNTS})


def find_variants(listed: Any, crossed: Any = None) -> list[Variant]:
    """The variants of a list, each multiplied by a grid.

    Args:
        listed: for each variant the name of a model's class, or a map with ``name`` and the options of ``fit`` that
            differ, nested or with dots; it may have a ``grid`` of its own. None for a single one, which the grid needs.
        crossed: lists of values by option; every combination is a variant, named after its values.

    Raises:
        UsageError: naming the variant and what is wrong.

    >>> [variant.name for variant in find_variants(["GRU"], {"model.hidden_size": [16, 64]})]
    ['GRU-hidden_size=16', 'GRU-hidden_size=64']
    """
    if listed is None and not crossed:
        raise UsageError(
            "study takes a configuration with variants:, a list such as [LSTM, {name: wide, model.hidden_size: 128}], "
            "or with grid:, such as {model.hidden_size: [16, 64]}."
        )
    if listed is not None and (not isinstance(listed, Sequence) or isinstance(listed, str) or not listed):
        raise UsageError(f"variants: {listed!r} is no list of variants; each is a class or a map with a name.")
    found = [
        variant
        for at, given in enumerate([{}] if listed is None else listed)
        for variant in _expanded(given, at, _grid(crossed, GRID), listed is None)
    ]
    names = [variant.name for variant in found]
    if repeated := [name for at, name in enumerate(names) if name in names[:at]]:
        raise UsageError(f"variants: two are named {repeated[0]}; give one of them another name.")
    return found


def written(value: Any) -> str:
    """A value as a word of a command line holds it: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def flat(settings: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """Nested settings by their whole names; a map with a ``class_path`` stays one value.

    >>> flat({"model": {"hidden_size": 8, "optimizer": {"class_path": "SGD"}}, "data.horizon": 2})
    {'model.hidden_size': 8, 'model.optimizer': {'class_path': 'SGD'}, 'data.horizon': 2}
    """
    options: dict[str, Any] = {}
    for key, value in settings.items():
        name = f"{before}.{key}" if before else str(key)
        nested = isinstance(value, Mapping) and value and "class_path" not in value
        options |= flat(value, name) if nested else {name: value}
    return options


def _expanded(given: Any, at: int, crossed: dict[str, list[Any]], unnamed: bool) -> list[Variant]:
    """A listed variant, or one for each combination of the values of a grid."""
    settings = {NAME: given.rpartition(".")[2], "model": given} if isinstance(given, str) else given
    if not isinstance(settings, Mapping):
        raise UsageError(f"variants: number {at + 1} is {given!r}; it is a class or a map with a name.")
    settings = dict(settings)
    name = settings.pop(NAME, "" if unnamed else None)
    if name is None:
        raise UsageError(f"variants: number {at + 1} has no name{_misspelt(settings)}.")
    grid = crossed | _grid(settings.pop(GRID, None), f"variant {name}: {GRID}")
    changes = flat(settings)
    if taken := [key for key in changes if key in OF_STUDIES]:
        raise UsageError(f"variant {name}: {taken[0]} is of the whole study; set it beside variants.")
    combinations = [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
    return [Variant(_named(str(name), values), changes | values) for values in combinations]


def _misspelt(settings: Mapping[str, Any]) -> str:
    close = next((key for key in settings if isinstance(key, str) and nearest_of(key, [NAME])), None)
    return f", but {close}; is name meant" if close else ""


def _grid(crossed: Any, what: str) -> dict[str, list[Any]]:
    if crossed is None:
        return {}
    if not isinstance(crossed, Mapping):
        raise UsageError(f"{what}: {crossed!r} is no map from options to lists of values.")
    for option, values in (found := flat(crossed)).items():
        if not isinstance(values, list | tuple) or not values:
            raise UsageError(f"{what}: {option} is {values!r}; a list of values is wanted, such as [16, 64].")
    return {option: list(values) for option, values in found.items()}


def _named(name: str, values: Mapping[str, Any]) -> str:
    """The name of a variant with its values of a grid, which is that of its folder too."""
    last = [option.rpartition(".")[2] for option in values]
    keys = last if len(set(last)) == len(last) else list(values)
    parts = [f"{key}={_in_a_name(value)}" for key, value in zip(keys, values.values(), strict=True)]
    whole = "-".join([name, *parts] if name else parts)
    if not FIT_FOR_A_FOLDER.fullmatch(whole):
        raise UsageError(f"variants: {whole!r} cannot name a folder; use letters, digits and any of _.,=+-.")
    return whole


def _in_a_name(value: Any) -> str:
    if isinstance(value, Mapping):
        arguments = [f"{key}={_in_a_name(inner)}" for key, inner in (value.get("init_args") or {}).items()]
        return "+".join([str(value.get("class_path", "")).rpartition(".")[2], *arguments])
    if isinstance(value, list | tuple):
        return "+".join(map(_in_a_name, value))
    return str(value).rpartition("/")[2] if isinstance(value, str) else written(value)
