"""Several seeds of a model as one line of a comparison: its expected loss, and the spread over the seeds."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.comparison.alignment import RunRows
from cryptoforecast.evaluation.comparison.losses import losses_of
from cryptoforecast.evaluation.comparison.measures import Measure, is_baseline
from cryptoforecast.evaluation.metrics import RANDOM_WALK, mean_of
from cryptoforecast.evaluation.rows import SEED
from cryptoforecast.evaluation.user_metrics import Metric, mean_values
from cryptoforecast.evaluation.walk_forward.ensemble import ENSEMBLE

Seeds = Literal["each", "mean"]
OF_A_SEED = re.compile(r"(?P<model>.*) seed (?P<seed>\S+)(?P<run> \(.*\))?")  # as rows of a backtest are named


class Spread(TypedDict):
    """How a model's skill, one minus its relative loss, differs between its seeds."""

    seeds: int
    std: float
    min: float
    max: float


def with_names(runs: Sequence[RunRows], names: Sequence[str]) -> list[RunRows]:
    """Runs whose models have the names of their runs in place of those of their classes; baselines keep theirs.

    >>> rows = pd.DataFrame({"model": ["LSTM seed 0", "Ensemble", "Har"]})
    >>> from pathlib import Path
    >>> run = RunRows(Path("a"), rows, "test", False, "")
    >>> with_names([run], ["wide"])[0].rows["model"].tolist()
    ['wide seed 0', 'wide ensemble', 'Har']
    """
    return [run._replace(rows=_renamed(run.rows, name)) for run, name in zip(runs, names, strict=True)]


def join_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """Forecast rows in which all seeds of a model have its name, and stand apart in a column ``seed``.

    >>> join_seeds(pd.DataFrame({"model": ["LSTM seed 0", "LSTM seed 1 (a)", "Har"]}))["model"].tolist()
    ['LSTM', 'LSTM (a)', 'Har']
    """
    found = {model: OF_A_SEED.fullmatch(model) for model in rows["model"].unique() if not is_baseline(model)}
    names = {model: f"{match['model']}{match['run'] or ''}" for model, match in found.items() if match}
    seeds = {model: match["seed"] for model, match in found.items() if match}
    return rows.assign(model=rows["model"].replace(names), **{SEED: rows["model"].map(seeds)})


def split_seeds(rows: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """The rows with a name for each seed again, and the names of the seeds of each model that has any."""
    if SEED not in rows:
        return rows, {}
    seeded = rows[SEED].notna()
    apart = rows.assign(model=rows["model"].where(~seeded, rows["model"] + " seed " + rows[SEED].astype(str)))
    pairs = pd.DataFrame({"model": rows["model"], "name": apart["model"]})[seeded].drop_duplicates()
    return apart, {str(model): list(part) for model, part in pairs.groupby("model", sort=False)["name"]}


def skills_of_seeds(rows: pd.DataFrame, measure: Measure) -> dict[str, dict[str, float]]:
    """The skill of each seed of each model that has any, by model and seed: one minus the seed's relative loss.

    Args:
        rows: as :func:`join_seeds` returns them.
        measure: of the loss.
    """
    apart, names = split_seeds(rows)
    if not names:
        return {}
    means = losses_of(apart, measure.loss).mean()
    return {
        model: {
            name.removeprefix(f"{model} seed "): float(1 - measure.relative(means[name], means[RANDOM_WALK]))
            for name in of_seeds
        }
        for model, of_seeds in names.items()
    }


def spreads_of(rows: pd.DataFrame, measure: Measure) -> dict[str, Spread]:
    """The spread of each model that has several seeds, by the measure that ranks."""
    several = {model: [*skills.values()] for model, skills in skills_of_seeds(rows, measure).items() if len(skills) > 1}
    return {
        model: Spread(seeds=len(skills), std=float(np.std(skills, ddof=1)), min=min(skills), max=max(skills))
        for model, skills in several.items()
    }


def metrics_over_seeds(metrics: Mapping[str, Metric], rows: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """The values of the user's metrics by model and name, each seed's by itself; of several seeds their mean."""
    apart, names = split_seeds(rows)
    values = mean_values(metrics, apart)
    joined = {
        model: {name: mean_of([values[seed][name] for seed in seeds]) for name in metrics}
        for model, seeds in names.items()
    }
    return values | joined


def _renamed(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    names = {}
    for model in rows["model"].unique():
        if model == ENSEMBLE:
            names[model] = f"{name} ensemble"
        elif not is_baseline(model):
            match = OF_A_SEED.fullmatch(model)
            names[model] = f"{name} seed {match['seed']}" if match else name
    return rows.assign(model=rows["model"].replace(names))
