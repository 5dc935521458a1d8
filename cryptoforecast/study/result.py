"""The result of a study: the comparison of all variants, the backtest of each, and what they cost."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from rich.console import Console

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.comparison.report.variants import Variant
from cryptoforecast.evaluation.comparison.result import ComparisonResult
from cryptoforecast.evaluation.walk_forward.result import BacktestResult
from cryptoforecast.study.engines.engine import Ended
from cryptoforecast.study.variants import written

PAGE = "study"  # the name of the page and of the record, without suffix


class Cost(NamedTuple):
    """What a variant costs: seconds of a fit, None where no fit has noted them, and the number of its weights."""

    seconds: float | None
    weights: int


@dataclass(frozen=True, repr=False)
class StudyResult:
    """The variants of a study, compared.

    Args:
        comparison: the leaderboards and the claim.
        backtests: rows, scores and folder of each variant that is finished.
        changes: what each variant changes in the configuration, by the names of options.
        costs: what each finished variant costs.
        failed: the fits that failed.
        folder: the study's.
    """

    comparison: ComparisonResult
    backtests: Mapping[str, BacktestResult]
    changes: Mapping[str, Mapping[str, Any]]
    costs: Mapping[str, Cost]
    failed: Sequence[Ended] = field(compare=False)
    folder: Path

    @property
    def sentence(self) -> str:
        """The claim in words."""
        return self.comparison.sentence

    @property
    def winner(self) -> str | None:
        """The variant that is claimed to be better than the random walk; None where none is."""
        return self.comparison.winner

    def table(self) -> pd.DataFrame:
        """The leaderboards, a row for each variant and baseline, with ``seconds`` of a fit and ``weights``."""
        table = self.comparison.table()
        costs = [self.costs.get(model, Cost(None, 0)) for model in table["model"]]
        return table.assign(seconds=[cost.seconds for cost in costs], weights=[cost.weights or None for cost in costs])

    def failures(self) -> str:
        """What failed, in one sentence; empty if nothing did."""
        if not self.failed:
            return ""
        variants = list(dict.fromkeys(ended.fit.variant for ended in self.failed))
        first, left_out = self.failed[0], ", ".join(variants)
        return f"{left_out}: left out, for {len(self.failed)} fits failed; the first: {first.fit}: {first.failure}"

    def require_all(self) -> None:
        """Refuse a study of which fits have failed.

        Raises:
            UserError: naming the variants and the first reason.
        """
        if self.failed:
            raise UserError(self.failures())

    def print(self, console: Console) -> None:
        """Print the leaderboards and the claim."""
        self.comparison.print(console)

    def write(self, command: str) -> None:
        """Write ``study.html`` and ``study.json`` into the folder.

        Args:
            command: what the page says it was made by.
        """
        self.comparison.write(self.folder, command, PAGE, [self._line_of(name) for name in self.changes])

    def _line_of(self, name: str) -> Variant:
        """What the page says of a variant: what it changes, what it costs, and why it failed if it did."""
        cost = self.costs.get(name, Cost(None, 0))
        changes = ", ".join(f"{option}: {written(value)}" for option, value in self.changes[name].items())
        failed = next((ended for ended in self.failed if ended.fit.variant == name), None)
        failure = "" if failed is None else f"{failed.fit}: {failed.failure}"
        return Variant(name, changes or "nothing", cost.seconds, cost.weights if name in self.costs else None, failure)

    def __repr__(self) -> str:
        return repr(self.comparison)

    def _repr_html_(self) -> str:
        return f"{self.table().to_html(index=False)}<p>{html.escape(self.sentence)}</p>"
