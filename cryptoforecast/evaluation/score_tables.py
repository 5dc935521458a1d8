"""The tables of scores of a verdict: point forecasts, distributions, and the tests of their calibration."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cryptoforecast.evaluation.distribution.calibration import CalibrationFindings
from cryptoforecast.evaluation.distribution.density import DensityScore, overall_density
from cryptoforecast.evaluation.metrics import Score, overall, user_names
from cryptoforecast.evaluation.significance import TestResult
from cryptoforecast.evaluation.table import NONE, new_table, tables_of_columns
from cryptoforecast.formatting import format_number, format_price, p_value_cell, shorten

OF_ALL = "all series, each counting the same"
CALIBRATION_NOTES = (
    "Kupiec: are as many closes below a quantile as its level says? Christoffersen: independently of",
    "the bar before? PIT: are the forecast probabilities of a smaller close uniform?",
    "CRPS p: Diebold-Mariano against each rung. Hold: share of closes within the central interval.",
)


def series_in_words(by_series: Mapping[str, object]) -> str:
    """The name of one series, or the number of several."""
    return f"{len(by_series)} series" if len(by_series) > 1 else next(iter(by_series))


def tables_of_scores(
    title: str, by_series: dict[str, dict[str, Score]], targets: Mapping[str, int], hidden: Collection[str] = ()
) -> list[Table]:
    """The scores of point forecasts by series and model, and of several series those over all.

    Args:
        title: of the first table.
        by_series: scores by series and model.
        targets: number of targets by series.
        hidden: names of metrics that another table shows.
    """
    names = [name for name in user_names(by_series) if name not in hidden]
    cells = {
        series: {
            model: (
                format_price(score["rmse"]),
                format_price(score["mae"]),
                format_number(score["mape"], ".3f"),
                format_number(score["skill"], "+.4f"),
                *users_cells(score, names),
                f"{targets[series]:,}",
            )
            for model, score in scores.items()
        }
        for series, scores in by_series.items()
    }
    tables = [_table(title, ["RMSE", "MAE", "MAPE %", "skill", *names, "targets"], cells)]
    if len(by_series) > 1:
        heads, count = (
            ["mean MAPE %", "mean skill", "skill above 0", *(f"mean {name}" for name in names)],
            len(by_series),
        )
        table, count = new_table(OF_ALL, ["model"], heads), len(by_series)
        for model, whole in overall(by_series).items():
            above = f"{round(whole['positive'] * count)} of {count}"
            means = format_number(whole["mape"], ".3f"), format_number(whole["skill"], "+.4f")
            table.add_row(Text(model), *means, above, *users_cells(whole, names))
        tables.append(table)
    return tables


def users_cells(scores: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """The values of the user's metrics as a table shows them."""
    return [NONE if scores[name] is None else format_number(scores[name], ".4g") for name in names]


def tables_of_densities(title: str, by_series: dict[str, dict[str, DensityScore]]) -> list[Table]:
    """The scores of distributions by series and model, and of several series those over all."""
    heads = ["CRPS %", "skill", "log score", "50 % hold %", "90 % hold %", "90 % width %"]
    rows = {
        series: {model: _density_cells(score) for model, score in scores.items()}
        for series, scores in by_series.items()
    }
    tables = [_table(title, heads, rows)]
    if len(by_series) > 1:
        means = {model: _density_cells(score) for model, score in overall_density(by_series).items()}
        tables.append(_table(OF_ALL, heads, {"": means}))
    return tables


def tables_of_calibration(names: str, judged: str, findings: dict[str, dict[str, CalibrationFindings]]) -> list[Table]:
    """The tests of distributions: of all models on one series, or of the judged model on several."""
    if len(findings) == 1:
        title, columns = f"{names}: are the distributions right?", next(iter(findings.values()))
    else:
        title = f"{names}: is the distribution of {judged} right?"
        columns = {series: models[judged] for series, models in findings.items() if judged in models}
    return tables_of_columns(title, [(shorten(name), _lines(finding)) for name, finding in columns.items()])


def print_findings(console: Console, tables: Sequence[Table], lines: Sequence[str]) -> None:
    """Print tables of findings, and lines below them that say what they mean."""
    for table in tables:
        console.print(table)
    console.print("\n".join(lines), end="\n\n", soft_wrap=True, highlight=False, markup=False)


def _table(title: str, heads: list[str], cells: Mapping[str, Mapping[str, Sequence[str]]]) -> Table:
    several = len(cells) > 1
    table = new_table(title, [*(["series"] if several else []), "model"], heads)
    for series, models in cells.items():
        for at, (model, numbers) in enumerate(models.items()):
            name = [Text("" if at else series)] if several else []
            table.add_row(*name, Text(model), *numbers, end_section=several and at == len(models) - 1)
    return table


def _density_cells(score: DensityScore) -> tuple[str, ...]:
    numbers = (
        (score["crps"], ".4f"),
        (score["density_skill"], "+.4f"),
        (score["log_score"], ".4f"),
        (100 * score["coverage_50"], ".1f"),
        (100 * score["coverage_90"], ".1f"),
        (score["width_90"], ".2f"),
    )
    return tuple(NONE if np.isnan(number) else format_number(number, style) for number, style in numbers)


def _lines(finding: CalibrationFindings) -> list[tuple[str, str]]:
    lines = []
    for name, tests in (("Kupiec", finding.kupiec), ("Christoffersen", finding.christoffersen)):
        for pair in (("0.01", "0.05"), ("0.95", "0.99")):
            levels = ", ".join(f"{100 * float(level):g}" for level in pair)
            lines.append((f"{name} p, {levels} %", ", ".join(_p_value(tests[level]) for level in pair)))
    against = [(f"CRPS p against {rung}", _p_value(test)) for rung, test in finding.diebold_mariano_crps.items()]
    return [*lines, ("PIT p", _p_value(finding.pit)), *against]


def _p_value(test: TestResult) -> str:
    return p_value_cell(test.p_value)
