"""The search space: which options of ``fit`` are searched, between which bounds or among which choices."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from cryptoforecast.errors import UsageError
from cryptoforecast.formatting import nearest_of
from cryptoforecast.training.settings.configuration import read_configuration

RANGE, CHOICES = ("low", "high", "log", "step"), "choices"
# Options that decide which targets are validated: values of trials on other targets cannot be compared.
OF_TARGETS = ("data.horizon", "data.val_from", "data.test_from", "data.end", "data.source")
NOT_SEARCHED = ("seed_everything", "name", "ckpt_path", "config", *OF_TARGETS)


class Range(NamedTuple):
    """Numbers from ``low`` to ``high``, both included; whole ones if both bounds and the step are."""

    low: float
    high: float
    log: bool = False
    step: float | None = None

    @property
    def is_whole(self) -> bool:
        """Whether only whole numbers are meant."""
        return all(isinstance(bound, int) for bound in (self.low, self.high, 1 if self.step is None else self.step))


class Choices(NamedTuple):
    """Values to choose from; one may be a class with ``init_args`` that hold ranges and choices in their turn."""

    values: Sequence[Any]

    @property
    def labels(self) -> list[str | int | float | bool | None]:
        """The values as Optuna keeps them: plain ones as they are, lists and maps as JSON."""
        return [json.dumps(value) if isinstance(value, list | dict) else value for value in self.values]


class Suggests(Protocol):
    """The part of ``optuna.Trial`` that draws a value for a parameter."""

    def suggest_int(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """A whole number."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        """A number."""

    def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
        """One of the choices."""


def read_search_space(search: str | Path | Mapping[str, Any]) -> dict[str, Any]:
    """The options that a file or a dictionary names, each with what is searched.

    An option's value is a map of ``low`` and ``high``, with ``log: true`` or a ``step`` if wanted, or a map of
    ``choices``. A choice may be a class with ``init_args`` that are searched in the same way, only where it is chosen.

    Raises:
        UsageError: naming the option, if a bound, a key or a choice is not as it should be.
    """
    named = search if isinstance(search, Mapping) else read_configuration(str(search)).settings
    return {str(name): _checked(str(name), value) for name, value in named.items()}


def suggest(space: Mapping[str, Any], trial: Suggests) -> list[str]:
    """A trial's words for ``fit``; an option stands after the class that has it.

    Args:
        space: as :func:`read_search_space` returns it.
        trial: of Optuna, which draws the values.
    """
    return words_of(space, lambda name, node: _suggested(trial, name, node))


def words_of(space: Mapping[str, Any], value: Callable[[str, Any], Any]) -> list[str]:
    """Options with a value each, as words of a command line; those of fewer parts first.

    Args:
        space: as :func:`read_search_space` returns it.
        value: of a parameter, from its name and its range or choices.
    """
    ordered = sorted(space, key=lambda name: name.count("."))
    return [f"--{name}={_written(_resolved(name, space[name], value))}" for name in ordered]


def corners(space: Mapping[str, Any]) -> list[list[str]]:
    """Words to be tried by the parser before the first trial: all lowest values, all highest, and each choice once.

    Words of which the parser refuses none can still be refused together, such as an option of a class that is not
    chosen; those fail as a trial.
    """
    longest = max([2, *(len(node.values) for node in space.values() if isinstance(node, Choices))])

    def at(number: int, node: Any) -> Any:
        return (
            node.values[number % len(node.values)] if isinstance(node, Choices) else (node.low, node.high)[number % 2]
        )

    return [words_of(space, lambda _, node, number=number: at(number, node)) for number in range(longest)]  # type: ignore[misc]


def _checked(name: str, node: Any) -> Any:
    if name in NOT_SEARCHED or name.startswith("data.source."):
        why = "decides which targets are validated" if name.startswith("data.") else "belongs to no variant"
        raise UsageError(f"{name} cannot be searched: it {why}.")
    if not isinstance(node, Mapping) or not (node.keys() & {*RANGE, CHOICES}):
        raise UsageError(f"{name}: needs low and high, or choices, as in {name}: {{low: 8, high: 128, log: true}}.")
    for key in node:
        if key not in (*RANGE, CHOICES):
            raise UsageError(f"{name}: there is no {key}{nearest_of(str(key), [*RANGE, CHOICES])}.")
    return _choices(name, node) if CHOICES in node else _range(name, node)


def _choices(name: str, node: Mapping[str, Any]) -> Choices:
    values = node[CHOICES]
    if len(node) > 1:
        raise UsageError(f"{name}: has choices, and {', '.join(key for key in node if key != CHOICES)} beside them.")
    if not isinstance(values, list) or not values:
        raise UsageError(f"{name}: choices is {values!r}; a list of values is wanted.")
    found = Choices([_nested(name, value) for value in values])
    texts = [json.dumps(value) for value in values]
    if twice := next((text for text in texts if texts.count(text) > 1), None):
        raise UsageError(f"{name}: {twice} stands twice among the choices.")
    return found


def _nested(name: str, value: Any) -> Any:
    """A choice, with the ranges and choices within its arguments checked."""
    if isinstance(value, Mapping):
        if value.keys() & {"low", CHOICES}:
            return _checked(name, value)
        return {key: _nested(f"{name}.{key}", inner) for key, inner in value.items()}
    return value


def _range(name: str, node: Mapping[str, Any]) -> Range:
    found = Range(node.get("low"), node.get("high"), node.get("log", False), node.get("step"))  # type: ignore[arg-type]
    for key, value in (("low", found.low), ("high", found.high), ("step", 1 if found.step is None else found.step)):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UsageError(f"{name}: {key} is {'missing' if value is None else repr(value)}; it must be a number.")
    if not isinstance(found.log, bool):
        raise UsageError(f"{name}: log is {found.log!r}; it is true or false.")
    if not found.low < found.high:
        raise UsageError(f"{name}: low is {found.low} and high is {found.high}; low must be below high.")
    if found.step is not None and (found.log or found.step <= 0):
        raise UsageError(f"{name}: step is {found.step}; it must be above 0, and stand without log.")
    if found.log and found.low <= 0:
        raise UsageError(f"{name}: low is {found.low}; with log it must be above 0.")
    return found


def _resolved(name: str, node: Any, value: Callable[[str, Any], Any]) -> Any:
    """A node with each range and choice in it replaced by a value."""
    if isinstance(node, Range):
        return value(name, node)
    if isinstance(node, Choices):
        chosen = value(name, node)
        inner = f"{name}.{str(chosen['class_path']).rpartition('.')[2]}" if _is_class(chosen) else name
        return _resolved(inner, chosen, value)
    if isinstance(node, Mapping):
        return {
            key: _resolved(name if key == "init_args" else f"{name}.{key}", inner, value) for key, inner in node.items()
        }
    return node


def _suggested(trial: Suggests, name: str, node: Range | Choices) -> Any:
    if isinstance(node, Choices):
        labels = node.labels
        return node.values[labels.index(trial.suggest_categorical(name, labels))]
    if node.is_whole:
        return trial.suggest_int(name, int(node.low), int(node.high), step=int(node.step or 1), log=node.log)
    return trial.suggest_float(name, node.low, node.high, step=node.step, log=node.log)


def _is_class(value: Any) -> bool:
    return isinstance(value, Mapping) and "class_path" in value


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
