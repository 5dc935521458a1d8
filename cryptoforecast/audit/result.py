"""The result of an audit that found nothing: its stages, and what they prove together."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import pandas as pd

from cryptoforecast.audit.lookahead import StageResult
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.times import say_time
from cryptoforecast.models import Forecaster

LINE_LENGTH = 100  # letters


@dataclass(frozen=True, repr=False)
class AuditResult:
    """The stages that were compared and found equal; iterating over it gives one :class:`StageResult` each.

    Args:
        stages: in the order of the audit.
        model: the class of the model.
        series: the names of the close series.
        border: the time of the first validation target, from which on the closes were replaced.
        on_rung: whether the model stands on a rung of the ladder, which follows a series from its first bar on.
    """

    stages: tuple[StageResult, ...]
    model: str
    series: tuple[str, ...]
    border: pd.Timestamp
    on_rung: bool = False

    @property
    def is_blind(self) -> bool:
        """Whether the model is shown to be blind to the future: no stage but the source has something unchecked."""
        return not any(stage.unchecked for stage in self.stages if stage.stage != "source")

    @property
    def sentence(self) -> str:
        """What was proven, and no more."""
        name = f"{self.model} on {', '.join(self.series)}"
        proven = (
            f"no bit before {say_time(self.border)} differs where the closes from then on are others, and no forecast "
            f"that was tried depends on more than {'the bars up to its origin' if self.on_rung else 'its own window'}."
        )
        unchecked = [stage.unchecked for stage in self.stages if stage.unchecked and stage.stage != "source"]
        if unchecked:
            return f"{name} is not shown to be blind to the future: {proven[:-1]}, but {'; '.join(unchecked)}."
        of_source = any(stage.unchecked for stage in self.stages)
        doubt = " Where the closes come from was not checked." if of_source else ""
        return f"{name} is blind to the future: {proven}{doubt}"

    def table(self) -> pd.DataFrame:
        """A row for each outcome of each stage: ``stage``, ``outcome`` (equal, not checked) and ``what``."""
        rows = [row for stage in self.stages for row in rows_of(stage)]
        return pd.DataFrame(rows, columns=["stage", "outcome", "what"])

    def __iter__(self) -> Iterator[StageResult]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)

    def __repr__(self) -> str:
        lines = [line for stage in self.stages for line in lines_of(stage)]
        return "\n".join([*lines, "", self.sentence])

    def _repr_html_(self) -> str:
        return f"{self.table().to_html(index=False)}<p>{escape(self.sentence)}</p>"


def result_of(model: Forecaster, data: CloseDataModule, stages: list[StageResult]) -> AuditResult:
    """The result of the stages of an audit.

    Args:
        model: what was audited.
        data: on which closes; set up for ``fit``.
        stages: all of them.
    """
    names = tuple(str(series.closes.name) for series in data.series)
    on_rung = model.output_head.base is not None
    return AuditResult(tuple(stages), type(model).__name__, names, data.first_target_time(data.fold.val), on_rung)


def rows_of(stage: StageResult) -> list[tuple[str, str, str]]:
    """The stage, the outcome and what it is about: a row for what was compared, and one for what was not checked."""
    rows = [(stage.stage, "equal", stage.compared)] if stage.compared else []
    return [*rows, (stage.stage, "not checked", stage.unchecked)] if stage.unchecked else rows


def lines_of(stage: StageResult) -> list[str]:
    """The rows of a stage as text, a hundred letters wide; a second row does not repeat the stage's name."""
    return [
        line_of("" if number else name, outcome, text) for number, (name, outcome, text) in enumerate(rows_of(stage))
    ]


def line_of(stage: str, outcome: str, text: str) -> str:
    """One row as text, with its further lines indented below the first."""
    first = f"{stage:<10}{outcome:<13}"
    wrapped = textwrap.fill(text, LINE_LENGTH, initial_indent=first, subsequent_indent=" " * len(first))
    return wrapped or first.rstrip()
