"""The verdict on a model: scores beside the baselines, tests, and the claim as a sentence."""

import html
import io
import json
import sys
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.claim import Claim
from cryptoforecast.evaluation.decision import claim_on
from cryptoforecast.evaluation.findings import ModelFindings, findings_by_series
from cryptoforecast.evaluation.metrics import RANDOM_WALK, Overall, Score, overall, scores_by_series
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.significance import NO_BENCHMARK, diebold_mariano, loss_differences
from cryptoforecast.evaluation.table import new_table, notes, tables_of_findings
from cryptoforecast.evaluation.tries import Place
from cryptoforecast.formatting import display_name, format_number, format_price

SPLITS = ("val", "test")
WIDTH = 100  # characters of a line without a terminal


@dataclass(frozen=True)
class Verdict:
    """Scores of a model and of the baselines on the same targets, and what may be claimed of the model.

    Attributes:
        split: ``val`` or ``test``.
        targets: number of targets by series.
        by_series: scores by series and model.
        claim: what may be claimed.
        findings: tests and descriptions by series and model; empty for validation targets.
        rows: the forecast rows that were judged.
    """

    split: str
    targets: dict[str, int]
    by_series: dict[str, dict[str, Score]]
    claim: Claim
    findings: dict[str, dict[str, ModelFindings]]
    rows: pd.DataFrame = field(compare=False)

    @property
    def skill(self) -> float:
        """The model's skill, 1 - RMSE / RMSE of the random walk; of several series the mean."""
        return self.overall[self.claim.model]["skill"]

    @property
    def sentence(self) -> str:
        """The claim as a sentence."""
        return sentence_of(self.claim)

    @property
    def scores(self) -> dict[str, Score]:
        """The scores by model, if there is one series; ValueError if there are several."""
        (table,) = self.by_series.values()
        return table

    @property
    def overall(self) -> dict[str, Overall]:
        """The scores of each model over all series, with equal weights."""
        return overall(self.by_series)

    @property
    def all(self) -> dict[str, Overall]:
        """The former name of ``overall``."""
        warnings.warn("Verdict.all is called Verdict.overall now.", DeprecationWarning, stacklevel=2)
        return self.overall

    @property
    def found(self) -> dict[str, dict[str, ModelFindings]]:
        """The former name of ``findings``."""
        warnings.warn("Verdict.found is called Verdict.findings now.", DeprecationWarning, stacklevel=2)
        return self.findings

    def table(self) -> pd.DataFrame:
        """The scores, a row for each series and model: ``series, model, rmse, mae, mape, skill, targets``."""
        lines = [
            {"series": series, "model": model, **score, "targets": self.targets[series]}
            for series, scores in self.by_series.items()
            for model, score in scores.items()
        ]
        return pd.DataFrame(lines)

    def __repr__(self) -> str:
        console = Console(file=io.StringIO(), width=WIDTH)
        print_verdict(self, console)
        return cast(io.StringIO, console.file).getvalue().rstrip()

    def _repr_html_(self) -> str:
        return f"{self.table().to_html(index=False)}<p>{html.escape(self.sentence)}</p>"

    def to_json(self) -> str:
        """The content of ``scores.json``: ``scores`` of one series, or ``by_series`` and ``all`` of several.

        For test targets it also has ``findings``, by series and model.
        """
        by_series = {series: _plain(table) for series, table in self.by_series.items()}
        scores = (
            {"scores": _plain(self.scores)}
            if len(by_series) == 1
            else {"by_series": by_series, "all": _plain(self.overall)}
        )
        content: dict[str, Any] = {
            "split": self.split,
            "series": list(by_series),
            "targets": sum(self.targets.values()),
            **scores,
            "verdict": self.sentence,
            "claim": self.claim.to_record(),
            **({"flattered_by": self.claim.flattered_by} if self.claim.flattered_by else {}),
        }
        if self.findings:
            content["findings"] = {
                series: {model: finding.to_json() for model, finding in models.items()}
                for series, models in self.findings.items()
            }
        return json.dumps(content, indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write ``scores.json``."""
        path.write_text(self.to_json(), encoding="utf-8")


def _plain(table: Mapping[str, Score | Overall]) -> dict[str, dict[str, float | None]]:
    """Scores for JSON, which has no infinity: the skill beside a random walk without errors is None."""
    rows: dict[str, dict[str, Any]] = {model: dict(score) for model, score in table.items()}
    return {model: {name: x if np.isfinite(x) else None for name, x in row.items()} for model, row in rows.items()}


def judge(
    rows: pd.DataFrame,
    split: str | None = None,
    simulated: bool | None = None,
    tries: Place | None = None,
    flattered_by: str = "",
) -> Verdict:
    """The verdict on a model: its scores beside the baselines', tests, and what may be claimed.

    Args:
        rows: forecast rows of one or several models on the same targets, those of the judged model first: the columns
            ``series, model, origin, step, timestamp, last, forecast, actual``, times in UTC, prices in the series'
            currency. Columns may have Nixtla's names (``unique_id, cutoff, ds, y``). Rows of the random walk are made
            from ``last`` if they are missing.
        split: ``val`` or ``test``; by default as :func:`forecast_rows` noted in ``rows.attrs``, else ``test``.
        simulated: whether the closes are simulated; by default as noted in ``rows.attrs``, else not.
        tries: which try on these targets this is, by the ledger, for which a claim is corrected; None for a model that
            was not selected among tries.
        flattered_by: why nothing may be claimed on these targets, as words after "…, but"; else empty.

    Returns:
        The verdict on the model of the first row. Validation targets have scores and no tests, and nothing is claimed
        on them.

    Raises:
        UserError: if a column is missing or invalid, or the models have forecast different targets.

    >>> rows = pd.DataFrame({
    ...     "series": "COIN-USD", "model": "Mine", "origin": ["2024-01-01", "2024-01-02"],
    ...     "timestamp": ["2024-01-02", "2024-01-03"], "last": [100.0, 110.0], "forecast": [104.0, 110.0],
    ...     "actual": [110.0, 120.0],
    ... })
    >>> {model: round(score["rmse"], 2) for model, score in judge(rows).scores.items()}
    {'Mine': 8.25, 'RandomWalk': 10.0}
    """
    rows = with_random_walk(rows)
    split = split or str(rows.attrs.get("split", "test"))
    simulated = bool(rows.attrs.get("simulated")) if simulated is None else simulated
    if split not in SPLITS:
        raise UserError(f"split is {split!r}; it is one of {', '.join(SPLITS)}.")
    by_series = scores_by_series(rows)
    model = str(rows["model"].iloc[0])
    judged, walk = rows[rows["model"] == model], rows[rows["model"] == RANDOM_WALK]
    findings = findings_by_series(rows) if split == "test" else {}
    claim = claim_on(
        model,
        {series: table[model]["skill"] for series, table in by_series.items()},
        NO_BENCHMARK if model == RANDOM_WALK else diebold_mariano(judged, walk),
        float(loss_differences(judged, walk).mean()),
        targets=len(judged),
        split=split,
        place=tries,
        simulated=simulated,
        flattered_by=flattered_by,
        findings={series: models[model] for series, models in findings.items()},
    )
    targets = {series: int((judged["series"] == series).sum()) for series in by_series}
    return Verdict(split, targets, by_series, claim, findings, rows)


def print_verdict(verdict: Verdict, console: Console | None = None) -> None:
    """Print the scores, the findings and the sentence of a verdict.

    Args:
        verdict: what :func:`judge` returned.
        console: where to print; by default the terminal, or standard output a hundred characters wide.

    >>> from cryptoforecast import CloseDataModule, Drift, SimulatedSource, rows_beside_baselines
    >>> data = CloseDataModule(SimulatedSource(rows=200), context_length=20)
    >>> verdict = judge(rows_beside_baselines(Drift(context_length=20), data, "test"))
    >>> print_verdict(verdict)  # doctest: +ELLIPSIS
    SIMULATED: 20 test targets...
    """
    console = console or (Console() if sys.stdout.isatty() else Console(width=WIDTH))
    several, count = len(verdict.by_series) > 1, sum(verdict.targets.values())
    names = f"{len(verdict.by_series)} series" if several else next(iter(verdict.by_series))
    names = display_name(names, verdict.claim.simulated)
    title = f"{names}: {count:,} {verdict.split} targets"
    table = new_table(title, [*(["series"] if several else []), "model"], ["RMSE", "MAE", "MAPE %", "skill", "targets"])
    for series, scores in verdict.by_series.items():
        for at, (model, score) in enumerate(scores.items()):
            prices = (format_price(score["rmse"]), format_price(score["mae"]))
            numbers = (
                *prices,
                format_number(score["mape"], ".3f"),
                format_number(score["skill"], "+.4f"),
                f"{verdict.targets[series]:,}",
            )
            name = [Text("" if at else series)] if several else []
            table.add_row(*name, Text(model), *numbers, end_section=several and at == len(scores) - 1)
    console.print(table)
    if several:
        console.print(_table_of_all(verdict))
    if verdict.findings:
        for of_findings in tables_of_findings(names, verdict.findings):
            console.print(of_findings)
        console.print("\n".join(notes(verdict.findings)), end="\n\n", soft_wrap=True, highlight=False, markup=False)
    console.print(verdict.sentence, soft_wrap=True, highlight=False, markup=False)


def _table_of_all(verdict: Verdict) -> Table:
    table = new_table("all series, each counting the same", ["model"], ["mean MAPE %", "mean skill", "skill above 0"])
    count = len(verdict.by_series)
    for model, score in verdict.overall.items():
        above = f"{round(score['positive'] * count)} of {count}"
        table.add_row(Text(model), format_number(score["mape"], ".3f"), format_number(score["skill"], "+.4f"), above)
    return table
