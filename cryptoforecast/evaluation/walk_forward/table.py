"""A backtest's scores as tables."""

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cryptoforecast.data.times import say_time
from cryptoforecast.evaluation.metrics import RANDOM_WALK, mean_of, user_names
from cryptoforecast.evaluation.score_tables import users_cells
from cryptoforecast.evaluation.walk_forward.scores import BacktestVerdict, SeedScores, across_seeds
from cryptoforecast.evaluation.walk_forward.table_of_densities import columns_of, print_distributions
from cryptoforecast.evaluation.walk_forward.table_of_volatility import print_volatility
from cryptoforecast.formatting import display_name, format_number, format_price


def print_backtest(verdict: BacktestVerdict, console: Console) -> None:
    """Print a line a fold, one of all folds, the models beside each other, and the sentence."""
    console.print(_table_of_folds(verdict))
    console.print(_table_of_models(verdict))
    if verdict.distribution is not None:
        print_distributions(verdict, verdict.distribution, console)
    if verdict.volatility is not None:
        print_volatility(verdict, verdict.volatility, console)
    for sentence in verdict.sentences:
        console.print(sentence, soft_wrap=True, highlight=False, markup=False)


def table_of_folds(verdict: BacktestVerdict) -> pd.DataFrame:
    """A row for each fold, and one for all: its targets, and how the skill spreads over seeds.

    Of a model with a distribution there are ``crps``, the mean over seeds, and the spread of the density skill.
    """
    found = verdict.distribution
    names = user_names(next(iter(verdict.pooled.values())).by_series)

    def of_user(by_seed: dict[int, SeedScores]) -> dict[str, float | None]:
        return {name: _mean_of_known(verdict.model, name, by_seed) for name in names}

    lines = [
        {"fold": fold.fold, "first": fold.first, "last": fold.last, "targets": fold.targets}
        | across_seeds([scores.skill for scores in fold.by_seed.values()])
        | of_user(fold.by_seed)
        | (columns_of(found.folds[fold.fold]) if found else {})
        for fold in verdict.folds
    ]
    total = {"fold": "all", "first": verdict.folds[0].first, "last": verdict.folds[-1].last}
    whole = {**total, "targets": sum(verdict.targets.values()), **verdict.skill, **of_user(verdict.pooled)}
    return pd.DataFrame([*lines, whole | (columns_of(found.pooled) if found else {})])


def _table_of_folds(verdict: BacktestVerdict) -> Table:
    series, several = list(verdict.targets), len(verdict.pooled) > 1
    names = series[0] if len(series) == 1 else f"{len(series)} series"
    seeds = f", {len(verdict.pooled)} seeds" if several else ""
    names = display_name(names, verdict.claim.simulated)
    title = f"{names}: {verdict.model}, {len(verdict.folds)} folds{seeds} (random walk: 0)"
    prices = ["RMSE", "random walk's"] if len(series) == 1 and not several else []
    skills = ["skill", "std", "lowest", "highest", "seeds > 0"] if several else ["skill"]
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    for column in ("fold", "targets from"):
        table.add_column(column)
    for column in ("targets", *prices, *skills):
        table.add_column(column, justify="right")
    for at, fold in enumerate(verdict.folds):
        cells = [str(fold.fold), _said_part(fold.first, fold.last), f"{fold.targets:,}"]
        last = at == len(verdict.folds) - 1
        table.add_row(*cells, *_numbers(verdict, fold.by_seed), end_section=last)
    whole = _said_part(verdict.folds[0].first, verdict.folds[-1].last)
    table.add_row("all", whole, f"{sum(verdict.targets.values()):,}", *_numbers(verdict, verdict.pooled))
    return table


def _said_part(first: pd.Timestamp, last: pd.Timestamp) -> str:
    return f"{say_time(first)} to {say_time(last)}"


def _numbers(verdict: BacktestVerdict, by_seed: dict[int, SeedScores]) -> list[str]:
    """Errors of one series, then the skill, of several seeds with its spread."""
    numbers, skills = [], [scored.skill for scored in by_seed.values()]
    if len(verdict.targets) == 1 and len(skills) == 1:
        both = (_mean(verdict.model, "rmse", by_seed), _mean(RANDOM_WALK, "rmse", by_seed))
        numbers += [format_price(value) for value in both]
    found = across_seeds(skills)
    numbers.append(format_number(found["mean"], "+.4f"))
    if len(skills) > 1:
        std = "" if found["std"] is None else format_number(found["std"], ".4f")
        above = f"{sum(skill > 0 for skill in skills)} of {len(skills)}"
        numbers += [std, format_number(found["min"], "+.4f"), format_number(found["max"], "+.4f"), above]
    return numbers


def _table_of_models(verdict: BacktestVerdict) -> Table:
    """All folds together; of several seeds the mean of their scores."""
    several = len(verdict.targets) > 1
    counts = {"seeds": len(verdict.pooled), "series": len(verdict.targets)}
    means = " and ".join(f"{count} {what}" for what, count in counts.items() if count > 1)
    title = f"all folds, mean of {means}" if means else "all folds"
    table = Table(title=Text(title), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("model")
    by_series = next(iter(verdict.pooled.values())).by_series
    hidden = () if verdict.volatility is None else verdict.volatility.shown
    names = [name for name in user_names(by_series) if name not in hidden]
    for column in (*(("mean MAPE %", "mean skill") if several else ("RMSE", "MAE", "MAPE %", "skill")), *names):
        table.add_column(column, justify="right")
    for model in next(iter(by_series.values())):
        prices = [] if several else [format_price(_mean(model, name, verdict.pooled)) for name in ("rmse", "mae")]
        mape, skill = (_mean(model, name, verdict.pooled) for name in ("mape", "skill"))
        of_user = users_cells({name: _mean_of_known(model, name, verdict.pooled) for name in names}, names)
        table.add_row(Text(model), *prices, format_number(mape, ".3f"), format_number(skill, "+.4f"), *of_user)
    return table


def _mean_of_known(model: str, metric: str, by_seed: dict[int, SeedScores]) -> float | None:
    """The mean of a metric of the user's over seeds and series, where it is known."""
    return mean_of([dict(table[model])[metric] for scored in by_seed.values() for table in scored.by_series.values()])


def _mean(model: str, score: str, by_seed: dict[int, SeedScores]) -> float:
    """The mean of a score over seeds and series."""
    found = [dict(table[model])[score] for scored in by_seed.values() for table in scored.by_series.values()]
    return float(np.mean(np.array(found, dtype=float)))
