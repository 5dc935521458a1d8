"""The result of a comparison: leaderboards, the claim on the best model, and the files of both."""

import html
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cryptoforecast.atomic import write_atomically
from cryptoforecast.evaluation.claim import Claim
from cryptoforecast.evaluation.comparison.against_benchmark import Superior
from cryptoforecast.evaluation.comparison.alignment import Aligned, RunRows
from cryptoforecast.evaluation.comparison.board import Board, Comparison, Standing
from cryptoforecast.evaluation.comparison.columns import columns_of, say_left_out, say_spa
from cryptoforecast.evaluation.comparison.measures import SQUARED
from cryptoforecast.evaluation.comparison.report.variants import Variant
from cryptoforecast.evaluation.comparison.second_board import second_board
from cryptoforecast.evaluation.comparison.superiority import CONFIDENCE
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL
from cryptoforecast.evaluation.tries import Tried

if TYPE_CHECKING:
    from rich.console import Console

POOLED = "all series"


@dataclass(frozen=True, repr=False)
class ComparisonResult:
    """The leaderboards of several runs on their common targets, and what may be claimed of the best.

    Args:
        comparison: the leaderboards and the claim.
        aligned: the forecast rows on the common targets, and how many were left out.
        runs: the rows of each run, with what is known of them.
    """

    comparison: Comparison
    aligned: Aligned = field(compare=False)
    runs: list[RunRows] = field(compare=False)

    @property
    def by_series(self) -> dict[str, Board]:
        """The leaderboard of each series."""
        return self.comparison.by_series

    @property
    def pooled(self) -> Board:
        """The leaderboard over all series, each counting the same."""
        return self.comparison.pooled

    @property
    def tried(self) -> Tried:
        """How many variants were tried on these targets, and in how many fits."""
        return self.comparison.tried

    @property
    def claim(self) -> Claim:
        """What may be claimed of the best."""
        return self.comparison.claim

    @property
    def winner(self) -> str | None:
        """The model that is claimed to be better than the random walk; None where none is."""
        return self.comparison.winner

    @property
    def sentence(self) -> str:
        """The claim in words."""
        return self.comparison.sentence

    @property
    def rows(self) -> pd.DataFrame:
        """The forecast rows of all models on the common targets."""
        return self.aligned.rows

    def table(self) -> pd.DataFrame:
        """The leaderboards, best first: ``series``, ``model`` and what :class:`Standing` has.

        Of several series the rows of all of them together come last, under ``all series``.
        """
        boards = {**self.by_series, **({POOLED: self.pooled} if len(self.by_series) > 1 else {})}
        lines = [
            {"series": series, "model": model, **standing, **standing.get("metrics", {}), **_spread_of(standing)}
            for series, board in boards.items()
            for model, standing in board.standings.items()
        ]
        return pd.DataFrame(lines).drop(columns=["dm_reason", "metrics", "spread"], errors="ignore")

    def write(
        self,
        folder: str | Path,
        command: str = "cryptoforecast.compare",
        name: str = "comparison",
        variants: Sequence[Variant] = (),
    ) -> None:
        """Write ``comparison.json`` and ``comparison.html``.

        Args:
            folder: where to; made if need be.
            command: what the page says it was made by.
            name: of both files, without suffix.
            variants: of a study.
        """
        from cryptoforecast.evaluation.comparison.report.page import page

        second = second_board(self.comparison, self.aligned.rows)
        record = _record(self.comparison, self.aligned, self.runs)
        record |= {} if second is None else {"second": _of_board(second)}
        record |= {"variants": [variant._asdict() for variant in variants]} if variants else {}
        content = json.dumps(record, indent=2, allow_nan=False) + "\n"
        report = page(self.comparison, self.aligned, self.runs, command, variants, second)
        Path(folder).mkdir(parents=True, exist_ok=True)
        write_atomically(Path(folder, f"{name}.json"), lambda file: file.write(content.encode()))
        write_atomically(Path(folder, f"{name}.html"), lambda file: file.write(report.encode()))

    def print(self, console: "Console") -> None:
        """Print the leaderboards and the claim."""
        common, several = self.pooled.targets, len(self.by_series) > 1

        def say(text: str) -> None:
            console.print(text, soft_wrap=True, highlight=False, markup=False)

        say(f"{common:,} targets in common, {self.aligned.total - common:,} left out")
        for label, count in self.aligned.left_out.items():
            if count:
                say(f"  {label}: {count:,} of its own left out")
        say("")
        for series, board in self.by_series.items():
            _print_board(f"{series}: {board.targets:,} targets", board, console)
        if several:
            _print_board("all series, each counting the same", self.pooled, console)
        if left_out := say_left_out(self.comparison.left_out, self.pooled.measure):
            say(f"{left_out}\n")
        say(self.sentence)

    def __repr__(self) -> str:
        from cryptoforecast.terminal import printed

        return printed(self.print)

    def _repr_html_(self) -> str:
        return f"{self.table().to_html(index=False)}<p>{html.escape(self.sentence)}</p>"


def _spread_of(standing: Standing) -> dict[str, Any]:
    """The spread over the seeds, as columns."""
    spread = dict(standing.get("spread", {}))
    return {name if name == "seeds" else f"seeds_{name}": value for name, value in spread.items()}


def _print_board(title: str, board: Board, console: "Console") -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    columns = columns_of(board)
    table.add_column("model", overflow="fold")
    for column in columns:
        table.add_column(column.head, justify="right", no_wrap=True)
    for model, standing in board.standings.items():
        table.add_row(Text(model), *(column.cell(standing) for column in columns))
    console.print(table)
    if board.spa_p is not None:
        console.print(f"  {say_spa(board)}\n", soft_wrap=True, highlight=False, markup=False)


def _record(comparison: Comparison, aligned: Aligned, runs: Sequence[RunRows]) -> dict[str, Any]:
    return {
        "winner": comparison.winner,
        "sentence": comparison.sentence,
        "claim": comparison.claim.to_record(),
        "targets": comparison.pooled.targets,
        "left_out": aligned.total - comparison.pooled.targets,
        "left_out_by_run": aligned.left_out,
        "tried": comparison.tried._asdict(),
        "runs": [
            {"label": label, "forecasts": str(run.path), "sha256": run.sha256, "split": run.split, "models": models}
            for run, label, models in zip(runs, aligned.labels, aligned.of_run, strict=True)
        ],
        "by_series": {series: _of_board(board) for series, board in comparison.by_series.items()},
        "pooled": _of_board(comparison.pooled),
        **({comparison.pooled.measure.left_out: [*comparison.left_out]} if comparison.left_out else {}),
        **({} if not comparison.metrics else {"judge": {"metrics": comparison.metrics}}),
        "settings": {"level": SIGNIFICANCE_LEVEL, "confidence": CONFIDENCE, "repetitions": comparison.repetitions},
    }


def _of_board(board: Board) -> dict[str, Any]:
    standings = {
        model: {name: None if value == float("inf") else value for name, value in of_model.items()}
        for model, of_model in board.standings.items()
    }
    record: dict[str, Any] = {**board._asdict(), "standings": standings}
    measure, rungs = record.pop("measure"), record.pop("rungs")
    if measure is SQUARED:
        return record
    of_rungs = {rung: _of_rung(superior, measure.name) for rung, superior in rungs.items()}
    return {**record, "by": measure.name, "rungs": of_rungs}


def _of_rung(superior: Superior, by: str) -> dict[str, Any]:
    relative = {model: value if np.isfinite(value) else None for model, value in superior.relative.items()}
    tests = {model: test._asdict() for model, test in superior.tests.items()}
    return {"spa_p": superior.spa_p, "better": superior.models, f"relative_{by}": relative, "diebold_mariano": tests}
