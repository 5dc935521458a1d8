"""The result of a search: its trials, the best of them, and what may be claimed of it."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from cryptoforecast.atomic import write_atomically
from cryptoforecast.evaluation.verdict import Verdict
from cryptoforecast.formatting import format_number, format_p_value
from cryptoforecast.study.tune.noise import Noise

FILE = "tune.json"
SHOWN = 10  # trials in the printed table


class Trial(NamedTuple):
    """A trial of a search.

    Attributes:
        order: its place in the search, from 0 on.
        state: ``complete``, ``pruned`` or ``failed``.
        value: of the objective; None of one that failed.
        parameters: what was searched, by the names of options.
        words: the options of ``fit`` that they make.
        seconds: that its fit took; None if it is not known.
        folder: its run folder; None of one that failed.
        failure: why it failed, in a sentence.
    """

    order: int
    state: str
    value: float | None
    parameters: dict[str, Any]
    words: list[str]
    seconds: float | None
    folder: Path | None
    failure: str = ""


@dataclass(frozen=True, repr=False)
class TuneResult:
    """The trials of a search, and the test of the best.

    Args:
        trials: by their order.
        objective: the curve that was searched by.
        maximise: whether larger values are better.
        verdict: of the best trial on the test targets, corrected for all tries on them; None if all failed, and of a
            search inside a fold of a backtest, which tests nothing.
        noise: what as many trials without skill would have shown; None for an objective of which it is not known.
        folder: the search's.
    """

    trials: Sequence[Trial]
    objective: str
    maximise: bool
    verdict: Verdict | None = field(compare=False)
    noise: Noise | None
    folder: Path

    @property
    def best(self) -> Trial | None:
        """The best trial that came to its end; the first of several that are equal; None if there is none."""
        complete = [trial for trial in self.trials if trial.state == "complete"]
        sign = -1 if self.maximise else 1
        return min(complete, key=lambda trial: (sign * (trial.value or 0.0), trial.order), default=None)

    @property
    def sentence(self) -> str:
        """The best trial and what noise would have shown; and what may be claimed on the test targets."""
        best = self.best
        if best is None:
            return "no trial came to its end."
        values = ", ".join(f"{name} {written(value)}" for name, value in best.parameters.items())
        found = f"trial {best.order}, {self.objective} {_number(best.value)} ({values})"
        sentence = f"best of {len(self.trials)} trials: {found}"
        if self.noise is not None:
            sentence += (
                f"; the best of {self.noise.trials} trials without skill would have shown "
                f"{_number(self.noise.expected)} ({format_p_value(self.noise.p_value)})"
            )
        return f"{sentence}." if self.verdict is None else f"{sentence}. {self.verdict.sentence}"

    def table(self) -> pd.DataFrame:
        """The trials, best first: ``trial, state, value, seconds`` and the parameters by their names."""
        lines = [
            {"trial": trial.order, "state": trial.state, "value": trial.value, "seconds": trial.seconds}
            | trial.parameters
            for trial in self.trials
        ]
        table = pd.DataFrame(lines).astype({"value": float})
        return table.sort_values("value", ascending=not self.maximise, kind="stable", ignore_index=True)

    def failures(self) -> str:
        """Which trials failed, and why the first did; empty if none did."""
        failed = [trial for trial in self.trials if trial.state == "failed"]
        if not failed:
            return ""
        count = f"{len(failed)} of {len(self.trials)} trials failed"
        return f"{count}; the first: trial {failed[0].order}: {failed[0].failure}"

    def write(self) -> None:
        """Write ``tune.json`` into the folder: all trials, the best, its verdict and what noise would have shown."""
        best = self.best
        record = {
            "objective": self.objective,
            "direction": "maximize" if self.maximise else "minimize",
            "best": None if best is None else best.order,
            "sentence": self.sentence,
            "noise": None if self.noise is None else self.noise._asdict(),
            "trials": [
                {
                    **trial._asdict(),
                    "folder": None if trial.folder is None else trial.folder.relative_to(self.folder).as_posix(),
                    "seconds": None,  # differs from run to run, and stands in the trial's folder
                }
                for trial in self.trials
            ],
        }
        text = json.dumps(record, indent=2) + "\n"
        write_atomically(self.folder / FILE, lambda file: file.write(text.encode()))

    def __repr__(self) -> str:
        return f"{self.table().head(SHOWN).to_string(index=False, na_rep='')}\n\n{self.sentence}"

    def _repr_html_(self) -> str:
        return f"{self.table().to_html(index=False)}<p>{html.escape(self.sentence)}</p>"


def written(value: Any) -> str:
    """A value as sentences have it.

    >>> written(0.0123456), written(20)
    ('0.01235', '20')
    """
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _number(value: float | None) -> str:
    return "–" if value is None else format_number(value, "+.4f")
