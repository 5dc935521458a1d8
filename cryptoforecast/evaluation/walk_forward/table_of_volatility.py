"""The forecasts of volatility of a walk forward as tables."""

from collections.abc import Mapping

import numpy as np
from rich.console import Console
from rich.table import Table

from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.table import NONE, new_table
from cryptoforecast.evaluation.volatility_metrics import mean_qlike
from cryptoforecast.evaluation.volatility_verdict import VolatilityVerdict, tables_of_volatility
from cryptoforecast.evaluation.walk_forward.scores import BacktestVerdict, SeedScores, across_seeds
from cryptoforecast.formatting import format_number


def print_volatility(verdict: BacktestVerdict, found: VolatilityVerdict, console: Console) -> None:
    """Print the QLIKE of each fold, and the models beside each other on all targets with their tests."""
    for table in (_table_of_folds(verdict), *tables_of_volatility(found)):
        console.print(table)


def _table_of_folds(verdict: BacktestVerdict) -> Table:
    spread = ["std", "lowest", "highest"] if len(verdict.pooled) > 1 else []
    title = f"the volatility of {verdict.model} (a perfect forecast: 0)"
    table = new_table(title, ["fold"], ["targets", "QLIKE", *spread, "random walk's", "relative"])
    for fold in verdict.folds:
        numbers = _numbers(verdict.model, fold.by_seed)
        table.add_row(str(fold.fold), f"{fold.targets:,}", *numbers, end_section=fold is verdict.folds[-1])
    table.add_row("all", f"{sum(verdict.targets.values()):,}", *_numbers(verdict.model, verdict.pooled))
    return table


def _numbers(model: str, by_seed: Mapping[int, SeedScores]) -> list[str]:
    """QLIKE, over several seeds with its spread, that of the random walk, and the first in parts of the second."""
    found = across_seeds([mean_qlike(scored.by_series, model) for scored in by_seed.values()])
    walk = float(np.mean([mean_qlike(scored.by_series, RANDOM_WALK) for scored in by_seed.values()]))
    spread = [found["std"], found["min"], found["max"]] if len(by_seed) > 1 else []
    return [_cell(value) for value in (found["mean"], *spread, walk, found["mean"] / walk if walk else None)]


def _cell(value: float | None) -> str:
    return NONE if value is None or np.isnan(value) else format_number(value, ".4f")
