"""Scores of a backtest: fold by fold and pooled, and their spread over seeds."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.forecasts import COLUMNS
from cryptoforecast.evaluation.metrics import RANDOM_WALK, Score, scores_by_series
from cryptoforecast.evaluation.rows import SEED
from cryptoforecast.evaluation.significance import LEVEL, diebold_mariano, loss_differences


class Spread(TypedDict):
    """How a number spreads over seeds; ``std`` is that of a sample, and None of one seed."""

    mean: float
    std: float | None
    min: float
    max: float


class Scored(NamedTuple):
    """One seed on some targets: the scores of each series, the model's beside the baselines', and what they come to.

    ``skill`` is the mean over the series, ``p_value`` the Diebold-Mariano test's, or None and the reason.
    """

    by_series: dict[str, dict[str, Score]]
    skill: float
    p_value: float | None
    reason: str


class FoldScores(NamedTuple):
    """A fold: its first and last target's time, how many targets it has, and each seed's scores on them."""

    fold: int
    first: pd.Timestamp
    last: pd.Timestamp
    targets: int
    by_seed: dict[int, Scored]


class BacktestVerdict(NamedTuple):
    """What a backtest found. ``pooled`` is over the targets of all folds, ``p_value``, or ``reason``, of all seeds.

    ``flattered_by`` says why the targets are no test of the model, if it has been trained on them.
    """

    model: str
    targets: dict[str, int]
    folds: list[FoldScores]
    pooled: dict[int, Scored]
    p_value: float | None
    reason: str
    sentence: str
    simulated: bool
    flattered_by: str = ""

    @property
    def skill(self) -> Spread:
        """The pooled skill's spread over seeds."""
        return spread([scored.skill for scored in self.pooled.values()])

    def to_json(self) -> str:
        """The verdict as ``scores.json`` holds it; numbers that are not finite are null."""
        median = _median([scored.p_value for scored in self.pooled.values()])
        seeds_above = [scored.skill > 0 for scored in self.pooled.values()]
        content = {
            "model": self.model,
            "series": list(self.targets),
            "targets": sum(self.targets.values()),
            "pooled": {"skill": self.skill, "by_seed": _by_seed(self.pooled)},
            "beats_random_walk": {
                "share_of_seeds": float(np.mean(seeds_above)),
                "share_of_folds": float(np.mean([_mean_skill(fold) > 0 for fold in self.folds])),
            },
            "diebold_mariano": {"p_value": self.p_value, "reason": self.reason, "median_of_seeds": median},
            "folds": [
                {
                    "fold": fold.fold,
                    "first": fold.first.isoformat(),
                    "last": fold.last.isoformat(),
                    "targets": fold.targets,
                    "skill": spread([scored.skill for scored in fold.by_seed.values()]),
                    "by_seed": _by_seed(fold.by_seed),
                }
                for fold in self.folds
            ],
            "verdict": self.sentence,
            **({"flattered_by": self.flattered_by} if self.flattered_by else {}),
        }
        return json.dumps(_finite(content), indent=2) + "\n"


def join_rows(parts: Sequence[tuple[int, pd.DataFrame]]) -> pd.DataFrame:
    """One table of the rows of all fits, with a further column ``seed``.

    Baselines learn nothing, so their rows stand once a fold, without a seed.

    Args:
        parts: seeds and forecast rows, the model's first, fold by fold.

    Returns:
        Fold by fold the rows of each seed, then those of the baselines.
    """
    joined: list[pd.DataFrame] = []
    for fold in dict.fromkeys(int(rows["fold"].iloc[0]) for _, rows in parts):
        of_fold = [(seed, rows) for seed, rows in parts if int(rows["fold"].iloc[0]) == fold]
        model = str(of_fold[0][1]["model"].iloc[0])
        joined += [rows[rows["model"] == model].assign(**{SEED: seed}) for seed, rows in of_fold]
        baselines = of_fold[0][1]
        joined.append(baselines[baselines["model"] != model].assign(**{SEED: None}))
    table = pd.concat([rows.astype({SEED: "Int64"}) for rows in joined], ignore_index=True)
    return table[[*COLUMNS, SEED]]


def judge_backtest(rows: pd.DataFrame, simulated: bool = False, flattered_by: str = "") -> BacktestVerdict:
    """Score a model beside the baselines, fold by fold and over the targets of all folds.

    Args:
        rows: as :func:`join_rows` gives them.
        simulated: whether anybody ever traded at these prices.
        flattered_by: as in :func:`~cryptoforecast.evaluation.verdict.judge`.
    """
    model = str(rows["model"].iloc[0])
    seeds = [int(seed) for seed in rows[SEED].dropna().unique()]
    folds = []
    for number, of_fold in rows.groupby("fold", sort=False):
        times = of_fold["timestamp"]
        targets = int((of_fold["model"] == RANDOM_WALK).sum()) // (len(seeds) if model == RANDOM_WALK else 1)
        by_seed = {seed: _score(of_seed(of_fold, seed), model) for seed in seeds}
        folds.append(FoldScores(int(str(number)), times.min(), times.max(), targets, by_seed))
    pooled = {seed: _score(of_seed(rows, seed), model) for seed in seeds}
    first = of_seed(rows, seeds[0])
    walk = first[first["model"] == RANDOM_WALK]
    own = rows[rows["model"] == model]
    test = diebold_mariano(own, walk)
    targets_of = {str(series): int(count) for series, count in walk.groupby("series", sort=False).size().items()}
    verdict = BacktestVerdict(model, targets_of, folds, pooled, *test, "", simulated, flattered_by)
    better = float(loss_differences(own, walk).mean()) < 0
    sentence = sentence_of(verdict, better)
    if simulated:
        sentence = f"SIMULATED closes, which nobody can forecast: {sentence}"
    return verdict._replace(sentence=sentence)


def of_seed(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The rows of one seed beside those of the baselines."""
    return rows[rows[SEED].isna() | (rows[SEED] == seed)]


def skill_of(rows: pd.DataFrame) -> float:
    """The skill of the model whose rows come first; of several series the mean of theirs."""
    model = str(rows["model"].iloc[0])
    return float(np.mean([scores[model]["skill"] for scores in scores_by_series(rows).values()]))


def spread(values: Sequence[float]) -> Spread:
    """Mean, standard deviation and extremes.

    >>> spread([1.0, 2.0, 3.0])
    {'mean': 2.0, 'std': 1.0, 'min': 1.0, 'max': 3.0}
    """
    std = float(np.std(values, ddof=1)) if len(values) > 1 and np.isfinite(values).all() else None
    return Spread(mean=float(np.mean(values)), std=std, min=float(min(values)), max=float(max(values)))


def sentence_of(verdict: BacktestVerdict, better: bool) -> str:
    """What may be claimed: a difference is one only where the Diebold-Mariano test says so.

    The test is one, on the targets of all folds: an origin's loss is the mean over the seeds, so it asks whether the
    model, whatever its seed, errs less than the random walk. Seeds are no witnesses of their own; they have all seen
    the same closes.

    Args:
        verdict: all but its sentence.
        better: whether the model's squared errors are smaller in the mean that was tested.
    """
    model, skill, p_value = verdict.model, verdict.skill, verdict.p_value
    if model == RANDOM_WALK:
        return "RandomWalk is persistence itself: tomorrow's close is today's; its skill is 0 by definition."
    if not np.isfinite(skill["mean"]):
        return f"{model} is worse than persistence: closes stand still, and the random walk is never off."
    if p_value is None and skill["min"] == skill["max"] == 0:
        return f"{model} is no better than persistence: it forecasts what the random walk forecasts."
    size, count = f"its skill is {_size(verdict)}", _count(verdict)
    if verdict.flattered_by:
        return f"No claim on {model}: {size}, but {verdict.flattered_by}."
    if p_value is None:
        return f"{model} is no better than persistence: {size}, {verdict.reason}; {count}."
    test = f"Diebold-Mariano p = {p_value:.3f}" if p_value >= 0.001 else "Diebold-Mariano p < 0.001"
    if p_value >= LEVEL:
        return f"{model} is no better than persistence: {size}, which is within luck ({test}); {count}."
    if (skill["mean"] > 0) != better:
        return f"{model} is no better than persistence: {size}, but squared errors point the other way ({test})."
    return f"{model} is {'better' if better else 'worse'} than persistence: {size} ({test}); {count}."


def _size(verdict: BacktestVerdict) -> str:
    skill, targets = verdict.skill, f"on {sum(verdict.targets.values()):,} targets of {len(verdict.folds)} folds"
    if len(verdict.pooled) == 1:
        return f"{skill['mean']:+.4f} {targets}"
    reach = f"({skill['min']:+.4f} to {skill['max']:+.4f})"
    return f"{skill['mean']:+.4f} on average over {len(verdict.pooled)} seeds {reach} {targets}"


def _count(verdict: BacktestVerdict) -> str:
    folds = f"{sum(_mean_skill(fold) > 0 for fold in verdict.folds)} of {len(verdict.folds)} folds"
    if len(verdict.pooled) == 1:
        return f"it beats the random walk in {folds}"
    seeds = f"{sum(scored.skill > 0 for scored in verdict.pooled.values())} of {len(verdict.pooled)} seeds"
    return f"it beats the random walk with {seeds} and in {folds}"


def _mean_skill(fold: FoldScores) -> float:
    return float(np.mean([scored.skill for scored in fold.by_seed.values()]))


def _score(rows: pd.DataFrame, model: str) -> Scored:
    by_series = scores_by_series(rows)
    own, walk = rows[rows["model"] == model], rows[rows["model"] == RANDOM_WALK]
    skill = float(np.mean([scores[model]["skill"] for scores in by_series.values()]))
    return Scored(by_series, skill, *diebold_mariano(own, walk))


def _by_seed(scored: dict[int, Scored]) -> dict[str, Any]:
    return {str(seed): one._asdict() for seed, one in scored.items()}


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None


def _finite(value: Any) -> Any:
    """JSON has no infinity, which the skill beside a random walk that is never off would be."""
    if isinstance(value, dict):
        return {name: _finite(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_finite(inner) for inner in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
