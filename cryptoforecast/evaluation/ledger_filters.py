"""Conditions that a run of the ledger meets or not, such as ``hidden_size>=32``."""

import operator
import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from cryptoforecast.errors import UsageError
from cryptoforecast.evaluation.ledger_settings import say_value

OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "==": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
FORM = re.compile(r"\s*([\w.]+)\s*(==|!=|<=|>=|=|<|>)\s*(.*?)\s*")


class Condition(NamedTuple):
    """What the value of a column or a setting has to be."""

    name: str
    sign: str
    wanted: str

    def holds(self, value: Any) -> bool:
        """Whether a value meets the condition: numbers are compared as numbers, all else as text.

        >>> Condition("hidden_size", ">=", "32").holds(64), Condition("optimizer", "!=", "Adam").holds(None)
        (True, True)
        """
        number, wanted = _number(value), _number(self.wanted)
        if number is not None and wanted is not None:
            return OPERATORS[self.sign](number, wanted)
        if self.sign in ("=", "==", "!="):
            equal = ("null" if value is None else say_value(value)) == self.wanted
            return equal != (self.sign == "!=")
        text = isinstance(value, str) or hasattr(value, "isoformat")
        return text and OPERATORS[self.sign](str(value), self.wanted)


def parse_condition(text: str) -> Condition:
    """The condition that a text states.

    Raises:
        UsageError: if it is none.

    >>> parse_condition("hidden_size >= 32")
    Condition(name='hidden_size', sign='>=', wanted='32')
    """
    match = FORM.fullmatch(text)
    if match is None:
        raise UsageError(f"{text!r} is no condition such as hidden_size=32, lr<0.01 or model!=GRU.")
    return Condition(*match.groups())


def require_known(name: str, known: Iterable[str]) -> None:
    """See that a column or a setting is called so.

    Raises:
        UsageError: with the nearest name, if none is.
    """
    names = sorted(set(known))
    if name not in names:
        nearest = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f"; the nearest is {nearest[0]}" if nearest else ""
        raise UsageError(f"no column or setting of a run is called {name}{hint}.")


def matches(pattern: str, *names: str | None) -> bool:
    """Whether one of some names is like a pattern with ``*`` and ``?``."""
    return any(name is not None and fnmatchcase(name, pattern) for name in names)


def _number(value: Any) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
