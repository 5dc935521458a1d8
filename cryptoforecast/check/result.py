"""The lines of an examination, and what they come to."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal, NamedTuple

import pandas as pd

from cryptoforecast.formatting import count_of, join_names

Outcome = Literal["holds", "fails", "warning", "not tried"]

AT_THE_END: dict[Outcome, str] = {"warning": "with a warning", "not tried": "not tried"}  # of the sentence
LINE_LENGTH = 110  # letters
NAME_WIDTH, OUTCOME_WIDTH = 18, 11
MOST_NAMES = 20  # of lines in a sentence: all of them


class Line(NamedTuple):
    """One thing that was tried: its name, how it came out, in a sentence what was found, and how long it took."""

    name: str
    outcome: Outcome
    text: str
    seconds: float

    def __str__(self) -> str:
        first = f"{self.name:<{NAME_WIDTH}}{self.outcome:<{OUTCOME_WIDTH}}{self.seconds:5.1f} s  "
        return textwrap.fill(
            self.text, LINE_LENGTH, initial_indent=first, subsequent_indent=" " * len(first), break_on_hyphens=False
        )


@dataclass(frozen=True, repr=False)
class CheckResult:
    """The result of an examination; iterating over it gives one :class:`Line` each.

    Args:
        model: the name of the class.
        lines: in the order in which they were tried.
    """

    model: str
    lines: tuple[Line, ...]

    @property
    def ok(self) -> bool:
        """Whether no line fails; warnings and lines that were not tried do not count."""
        return not self.failing

    @property
    def failing(self) -> list[Line]:
        """The lines that fail."""
        return self._of("fails")

    @property
    def sentence(self) -> str:
        """What the lines come to."""
        count, seconds = len(self._of("holds")), sum(line.seconds for line in self.lines)
        rest = [
            f"{words}: {join_names((line.name for line in self._of(outcome)), MOST_NAMES)}"
            for outcome, words in AT_THE_END.items()
            if self._of(outcome)
        ]
        held = "; ".join([f"{count_of(count, 'line')} of {len(self.lines)} hold in {seconds:.0f} s", *rest])
        if self.ok:
            return f"{self.model} passes: {held}."
        return f"{self.model} fails in {join_names((line.name for line in self.failing), MOST_NAMES)}; {held}."

    def table(self) -> pd.DataFrame:
        """A row for each line: ``line``, ``outcome``, ``what`` and ``seconds``."""
        return pd.DataFrame(self.lines, columns=["line", "outcome", "what", "seconds"])

    def _of(self, outcome: Outcome) -> list[Line]:
        return [line for line in self.lines if line.outcome == outcome]

    def __iter__(self) -> Iterator[Line]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def __getitem__(self, name: str) -> Line:
        """The line of a name; KeyError if there is none."""
        return {line.name: line for line in self.lines}[name]

    def __repr__(self) -> str:
        return "\n".join([*map(str, self.lines), "", self.sentence])

    def _repr_html_(self) -> str:
        return f"{self.table().to_html(index=False)}<p>{escape(self.sentence)}</p>"
