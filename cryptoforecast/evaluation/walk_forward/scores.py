"""Scores of a backtest by fold and pooled, with their standard deviation and range over seeds."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.claim import Claim, FoldSummary
from cryptoforecast.evaluation.decision import claim_on
from cryptoforecast.evaluation.distribution.density import point_rows
from cryptoforecast.evaluation.metrics import RANDOM_WALK, Score, scores_by_series
from cryptoforecast.evaluation.rows import SEED
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.significance import NO_BENCHMARK, diebold_mariano, loss_differences
from cryptoforecast.evaluation.tries import Place
from cryptoforecast.evaluation.user_metrics import Metric, note_metrics
from cryptoforecast.evaluation.verdict_record import finite, scores_of_both
from cryptoforecast.evaluation.volatility_metrics import mean_qlike, with_metrics_of_quantity
from cryptoforecast.evaluation.volatility_verdict import VolatilityVerdict, judge_volatility
from cryptoforecast.evaluation.walk_forward.densities import (
    BacktestDistribution,
    SeedDensity,
    judge_distributions,
    of_seed,
)


class AcrossSeeds(TypedDict):
    """How a number spreads over seeds; ``std`` is that of a sample, and None of one seed."""

    mean: float
    std: float | None
    min: float
    max: float


class SeedScores(NamedTuple):
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
    by_seed: dict[int, SeedScores]


class BacktestVerdict(NamedTuple):
    """What a backtest found. ``pooled`` is over the targets of all folds, the test of ``claim`` of all seeds.

    ``distribution`` is what it found of distributions, ``volatility`` of forecasts of volatility; None where there are
    none.
    """

    model: str
    targets: dict[str, int]
    folds: list[FoldScores]
    pooled: dict[int, SeedScores]
    claim: Claim
    distribution: BacktestDistribution | None = None
    volatility: VolatilityVerdict | None = None

    @property
    def sentence(self) -> str:
        """The claim in words."""
        return sentence_of(self.claim)

    @property
    def sentences(self) -> list[str]:
        """The claims in words: on the point forecast, and on volatility and distributions where there are."""
        of_volatility = [] if self.volatility is None else [self.volatility.sentence]
        return [self.sentence, *of_volatility, *([] if self.distribution is None else self.distribution.sentences)]

    @property
    def skill(self) -> AcrossSeeds:
        """The pooled skill's spread over seeds."""
        return across_seeds([scored.skill for scored in self.pooled.values()])

    def to_json(self) -> str:
        """The verdict as ``scores.json`` holds it; numbers that are not finite are null."""
        median = _median([scored.p_value for scored in self.pooled.values()])
        seeds_above = [scored.skill > 0 for scored in self.pooled.values()]
        found = self.distribution
        content = {
            "model": self.model,
            "series": list(self.targets),
            "targets": sum(self.targets.values()),
            "pooled": self._spreads(self.pooled, {} if found is None else found.pooled),
            "beats_random_walk": {
                "share_of_seeds": float(np.mean(seeds_above)),
                "share_of_folds": float(np.mean([_mean_skill(fold) > 0 for fold in self.folds])),
            },
            "diebold_mariano": self.claim.test._asdict() | {"median_of_seeds": median},
            "folds": [
                {
                    "fold": fold.fold,
                    "first": fold.first.isoformat(),
                    "last": fold.last.isoformat(),
                    "targets": fold.targets,
                    **self._spreads(fold.by_seed, {} if found is None else found.folds[fold.fold]),
                }
                for fold in self.folds
            ],
            "verdict": self.sentence,
            "claim": self.claim.to_record(),
            **({"flattered_by": self.claim.flattered_by} if self.claim.flattered_by else {}),
            **({} if found is None else {"distribution": found.to_json()}),
            **({} if self.volatility is None else {"volatility": self.volatility.to_json()}),
        }
        return json.dumps(finite(content), indent=2) + "\n"

    def _spreads(self, by_seed: dict[int, SeedScores], densities: dict[int, SeedDensity]) -> dict[str, Any]:
        """How the scores on some targets spread over seeds, and the scores of each seed."""
        spreads = {"skill": across_seeds([scored.skill for scored in by_seed.values()])}
        if self.volatility is not None:
            spreads["qlike"] = across_seeds([mean_qlike(scored.by_series, self.model) for scored in by_seed.values()])
        if densities:
            spreads["crps"] = across_seeds([density.crps for density in densities.values()])
            spreads["density_skill"] = across_seeds([density.density_skill for density in densities.values()])
        return {**spreads, "by_seed": _by_seed(by_seed, densities)}


def judge_backtest(
    rows: pd.DataFrame,
    simulated: bool = False,
    tries: Place | None = None,
    flattered_by: str = "",
    metrics: Sequence[Metric] = (),
) -> BacktestVerdict:
    """Score a model beside the baselines, fold by fold and over the targets of all folds, and decide what it claims.

    The test is one, on the targets of all folds: an origin's loss is the mean over the seeds, so it asks whether the
    model, whatever its seed, errs less than the random walk. Seeds are no witnesses of their own; they have all seen
    the same closes.

    Args:
        rows: as :func:`join_rows` gives them.
        simulated: whether nobody ever traded at these prices.
        tries: which of all tries on these targets this is, as the ledger knows; None of one that was not chosen among
            others.
        flattered_by: why nothing may be claimed on these targets, in words that go on "…, but"; empty if it may.
        metrics: functions of one model's rows on one series, shown with the scores; of volatilities those of
            volatility come first.
    """
    named = with_metrics_of_quantity(rows, note_metrics(rows, metrics))
    model = str(rows["model"].iloc[0])
    seeds = [int(seed) for seed in rows[SEED].dropna().unique()]
    folds = [
        _score_fold(int(str(number)), of_fold, model, seeds, named)
        for number, of_fold in rows.groupby("fold", sort=False)
    ]
    pooled = {seed: _score(of_seed(rows, seed), model, named) for seed in seeds}
    first = of_seed(rows, seeds[0])
    walk, judged = first[first["model"] == RANDOM_WALK], rows[rows["model"] == model]
    targets = {str(series): int(count) for series, count in walk.groupby("series", sort=False).size().items()}
    claim = claim_on(
        model,
        _mean_skills(pooled, model),
        NO_BENCHMARK if model == RANDOM_WALK else diebold_mariano(judged, walk),
        float(loss_differences(judged, walk).mean()),
        targets=sum(targets.values()),
        place=tries,
        simulated=simulated,
        flattered_by=flattered_by,
        folds=FoldSummary(
            len(folds), sum(_mean_skill(fold) > 0 for fold in folds), [scored.skill for scored in pooled.values()]
        ),
    )
    distribution = judge_distributions(rows, model, tries, simulated, flattered_by)
    volatility = judge_volatility(rows, "test", tries, simulated, flattered_by)
    return BacktestVerdict(model, targets, folds, pooled, claim, distribution, volatility)


def skill_of(rows: pd.DataFrame) -> float:
    """The skill of the model whose rows come first; of several series the mean of theirs."""
    model = str(rows["model"].iloc[0])
    return float(np.mean([scores[model]["skill"] for scores in scores_by_series(rows).values()]))


def across_seeds(values: Sequence[float]) -> AcrossSeeds:
    """Mean, standard deviation and extremes.

    >>> across_seeds([1.0, 2.0, 3.0])
    {'mean': 2.0, 'std': 1.0, 'min': 1.0, 'max': 3.0}
    """
    std = float(np.std(values, ddof=1)) if len(values) > 1 and np.isfinite(values).all() else None
    return AcrossSeeds(mean=float(np.mean(values)), std=std, min=float(min(values)), max=float(max(values)))


def _score_fold(
    number: int, rows: pd.DataFrame, model: str, seeds: Sequence[int], metrics: Mapping[str, Metric]
) -> FoldScores:
    targets = int((rows["model"] == RANDOM_WALK).sum()) // (len(seeds) if model == RANDOM_WALK else 1)
    by_seed = {seed: _score(of_seed(rows, seed), model, metrics) for seed in seeds}
    return FoldScores(number, rows["timestamp"].min(), rows["timestamp"].max(), targets, by_seed)


def _mean_skills(pooled: dict[int, SeedScores], model: str) -> dict[str, float]:
    """A model's skill on each series, the mean over seeds."""
    by_seed = [scored.by_series for scored in pooled.values()]
    return {series: float(np.mean([table[series][model]["skill"] for table in by_seed])) for series in by_seed[0]}


def _mean_skill(fold: FoldScores) -> float:
    return float(np.mean([scored.skill for scored in fold.by_seed.values()]))


def _score(rows: pd.DataFrame, model: str, metrics: Mapping[str, Metric]) -> SeedScores:
    by_series = scores_by_series(point_rows(rows, model), metrics)
    judged, walk = rows[rows["model"] == model], rows[rows["model"] == RANDOM_WALK]
    skill = float(np.mean([scores[model]["skill"] for scores in by_series.values()]))
    return SeedScores(by_series, skill, *diebold_mariano(judged, walk))


def _by_seed(scored: dict[int, SeedScores], densities: Mapping[int, SeedDensity]) -> dict[str, Any]:
    """The scores of each seed, and those of its distribution if it has one."""
    records: dict[str, Any] = {}
    for seed, scores in scored.items():
        records[str(seed)] = record = scores._asdict()
        if (density := densities.get(seed)) is not None:
            record["by_series"] = scores_of_both(scores.by_series, density.by_series)
            record |= {"crps": density.crps, "density_skill": density.density_skill}
    return records


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None
