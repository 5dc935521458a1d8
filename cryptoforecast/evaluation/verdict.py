"""The table of scores and the one honest sentence."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cryptoforecast.evaluation.metrics import RANDOM_WALK, Score, scores
from cryptoforecast.evaluation.significance import LEVEL, diebold_mariano


class Verdict(NamedTuple):
    """Scores of a model and the baselines on the same targets, and what they come to."""

    split: str
    series: list[str]
    targets: int
    scores: dict[str, Score]
    sentence: str
    simulated: bool

    def to_json(self) -> str:
        """The verdict as ``scores.json`` holds it."""
        content: dict[str, Any] = {
            "split": self.split,
            "series": self.series,
            "targets": self.targets,
            "scores": {model: _finite(score) for model, score in self.scores.items()},
            "verdict": self.sentence,
        }
        return json.dumps(content, indent=2) + "\n"

    def write(self, path: Path) -> None:
        """Write ``scores.json``."""
        path.write_text(self.to_json(), encoding="utf-8")


def _finite(score: Score) -> dict[str, float | None]:
    """JSON has no infinity: the skill beside a random walk that is never off is null."""
    numbers: dict[str, Any] = dict(score)
    return {name: value if np.isfinite(value) else None for name, value in numbers.items()}


def judge(rows: pd.DataFrame, split: str, simulated: bool = False) -> Verdict:
    """Score a model beside the baselines.

    Args:
        rows: forecast rows on the same targets, the model's first, the random walk's among them.
        split: which targets these are: ``val`` or ``test``.
        simulated: whether anybody ever traded at these prices.
    """
    table = scores(rows)
    model = next(iter(table))
    own = rows[rows["model"] == model]
    skill, walk = table[model]["skill"], rows[rows["model"] == RANDOM_WALK]
    sentence = _sentence(model, skill, own, walk) if split == "test" else _sentence_on_val(model, skill, own)
    if simulated:
        sentence = f"SIMULATED closes, which nobody can forecast: {sentence}"
    return Verdict(split, sorted(own["series"].unique()), len(own), table, sentence, simulated)


def show(verdict: Verdict, console: Console) -> None:
    """Print the table and the sentence."""
    names = name_of(", ".join(verdict.series), verdict.simulated)
    title = Text(f"{names}: {verdict.targets:,} {verdict.split} targets")  # a symbol may look like markup
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("model")
    for column in ("RMSE", "MAE", "MAPE %", "skill", "targets"):
        table.add_column(column, justify="right")
    for model, score in verdict.scores.items():
        prices = (say_price(score["rmse"]), say_price(score["mae"]))
        table.add_row(model, *prices, f"{score['mape']:.3f}", f"{score['skill']:+.4f}", f"{verdict.targets:,}")
    console.print(table)
    console.print(verdict.sentence, soft_wrap=True, highlight=False, markup=False)


def name_of(series: str, simulated: bool) -> str:
    """A series' name as tables and figures give it: simulated closes are never without that word."""
    return f"{series} (SIMULATED)" if simulated and "SIMULATED" not in series else series


def _sentence(model: str, skill: float, own: pd.DataFrame, walk: pd.DataFrame) -> str:
    """What may be claimed: a difference is one only where the Diebold-Mariano test says so.

    ============  =====================  ==================================
    RMSE is       p-value                the model is
    ============  =====================  ==================================
    lower         below 5 %              better than persistence
    either        5 % or more, or none   no better than persistence
    higher        below 5 %              worse than persistence
    ============  =====================  ==================================
    """
    if model == RANDOM_WALK:
        return "RandomWalk is persistence itself: tomorrow's close is today's; its skill is 0 by definition."
    if not np.isfinite(skill):
        return f"{model} is worse than persistence: the closes stand still, and the random walk is never off."
    p_value = diebold_mariano(own, walk)
    if p_value is None and skill == 0:
        return f"{model} is no better than persistence: it forecasts what the random walk forecasts."
    size = f"its RMSE is {abs(skill):.2%} {'lower' if skill > 0 else 'higher'} on {len(own):,} targets"
    if p_value is None:
        return f"{model} is no better than persistence: {size}, too few for a test."
    test = f"Diebold-Mariano p = {p_value:.3f}" if p_value >= 0.001 else "Diebold-Mariano p < 0.001"
    if p_value < LEVEL:
        return f"{model} is {'better' if skill > 0 else 'worse'} than persistence: {size} ({test})."
    return f"{model} is no better than persistence: {size}, which is within luck ({test})."


def _sentence_on_val(model: str, skill: float, own: pd.DataFrame) -> str:
    """No claim at all: the best of many epochs looks skilled on the targets it was chosen by."""
    if model == RANDOM_WALK:
        return f"{model} is persistence itself; its skill is 0 by definition."
    size = f"its RMSE is {abs(skill):.2%} {'lower' if skill > 0 else 'higher'} on {len(own):,} val targets"
    if skill <= 0:
        return f"{model} is no better than persistence: {size}."
    return f"{model} may or may not be better than persistence: {size}, by which it was chosen; test can tell."


def say_price(value: float) -> str:
    """A price with enough digits to tell models apart, for Bitcoin and for Dogecoin."""
    return f"{value:,.1f}" if value >= 1000 else f"{value:#.5g}"
