"""The distributions of a backtest as tables."""

from collections.abc import Mapping
from typing import cast

import numpy as np
from rich.console import Console
from rich.table import Table

from cryptoforecast.evaluation.distribution.density import DensityScore
from cryptoforecast.evaluation.score_tables import tables_of_densities
from cryptoforecast.evaluation.table import new_table
from cryptoforecast.evaluation.walk_forward.densities import BacktestDistribution, SeedDensity
from cryptoforecast.evaluation.walk_forward.scores import BacktestVerdict, across_seeds
from cryptoforecast.formatting import display_name, format_number


def print_distributions(verdict: BacktestVerdict, found: BacktestDistribution, console: Console) -> None:
    """Print the CRPS and the density skill of each fold, and the models beside each other on all targets."""
    console.print(_table_of_folds(verdict, found))
    several = len(found.pooled) > 1
    title = f"all folds, mean of {len(found.pooled)} seeds: distributions" if several else "all folds: distributions"
    for table in tables_of_densities(title, _mean_over_seeds(found.pooled)):
        console.print(table)


def columns_of(by_seed: Mapping[int, SeedDensity]) -> dict[str, float | None]:
    """The mean CRPS, and how the density skill spreads over seeds."""
    spread = across_seeds([density.density_skill for density in by_seed.values()])
    means = {"crps": float(np.mean([density.crps for density in by_seed.values()])), "density_skill": spread["mean"]}
    return {**means, "density_std": spread["std"], "density_min": spread["min"], "density_max": spread["max"]}


def _table_of_folds(verdict: BacktestVerdict, found: BacktestDistribution) -> Table:
    several = len(found.pooled) > 1
    names = next(iter(verdict.targets)) if len(verdict.targets) == 1 else f"{len(verdict.targets)} series"
    title = f"{display_name(names, verdict.claim.simulated)}: the distribution of {verdict.model} (random walk: 0)"
    spread = ["std", "lowest", "highest", "seeds > 0"] if several else []
    ensemble = ["ensemble's"] if found.ensemble else []
    table = new_table(title, ["fold"], ["targets", "CRPS %", "density skill", *spread, *ensemble])
    parts = {fold.fold: (fold.targets, found.folds[fold.fold]) for fold in verdict.folds}
    for number, (targets, by_seed) in parts.items():
        numbers = _numbers(by_seed, found.ensemble.get(number))
        table.add_row(str(number), f"{targets:,}", *numbers, end_section=number == verdict.folds[-1].fold)
    whole = f"{sum(verdict.targets.values()):,}"
    table.add_row("all", whole, *_numbers(found.pooled, found.ensemble.get(None)))
    return table


def _numbers(by_seed: Mapping[int, SeedDensity], ensemble: DensityScore | None) -> list[str]:
    columns, skills = columns_of(by_seed), [density.density_skill for density in by_seed.values()]
    numbers = [_number(columns["crps"], ".4f"), _number(columns["density_skill"], "+.4f")]
    if len(skills) > 1:
        spread = ((columns["density_std"], ".4f"), (columns["density_min"], "+.4f"), (columns["density_max"], "+.4f"))
        numbers += [_number(value, style) for value, style in spread]
        numbers.append(f"{sum(skill > 0 for skill in skills)} of {len(skills)}")
    return numbers if ensemble is None else [*numbers, _number(ensemble["density_skill"], "+.4f")]


def _number(value: float | None, style: str) -> str:
    return "" if value is None else format_number(value, style)


def _mean_over_seeds(pooled: Mapping[int, SeedDensity]) -> dict[str, dict[str, DensityScore]]:
    """The scores of each series and model, the mean over seeds."""
    seeds = [density.by_series for density in pooled.values()]
    return {
        series: {model: _mean([by_series[series][model] for by_series in seeds]) for model in models}
        for series, models in seeds[0].items()
    }


def _mean(scores: list[DensityScore]) -> DensityScore:
    means = {name: float(np.mean([dict(score)[name] for score in scores])) for name in scores[0]}
    return cast(DensityScore, means)
