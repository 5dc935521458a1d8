"""The distributions of a backtest: their scores by fold and seed, and which rungs of the ladder they beat."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.distribution.calibration import calibration_by_series
from cryptoforecast.evaluation.distribution.claim import RungClaim, density_claim_on
from cryptoforecast.evaluation.distribution.density import DensityScore, density_scores_by_series, overall_density
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.distribution.sentence import sentence_on_rungs
from cryptoforecast.evaluation.distribution.verdict import against_rungs
from cryptoforecast.evaluation.metrics import RUNG_NAMES
from cryptoforecast.evaluation.rows import SEED
from cryptoforecast.evaluation.tries import Place
from cryptoforecast.evaluation.walk_forward.ensemble import ENSEMBLE


class SeedDensity(NamedTuple):
    """One seed on some targets: the scores of distributions by series and model, and the model's over all series."""

    by_series: dict[str, dict[str, DensityScore]]
    crps: float
    density_skill: float


class BacktestDistribution(NamedTuple):
    """What a backtest found of distributions.

    Attributes:
        folds: the scores by fold and seed.
        pooled: the scores on the targets of all folds, by seed.
        ensemble: of the ensemble of the seeds, its scores by fold, and under None on all targets; empty without one.
        claims: on the model, whatever its seed, and on the ensemble of its seeds if there is one.
    """

    folds: dict[int, dict[int, SeedDensity]]
    pooled: dict[int, SeedDensity]
    ensemble: dict[int | None, DensityScore]
    claims: list[RungClaim]

    @property
    def sentences(self) -> list[str]:
        """The claims as sentences."""
        return [sentence_on_rungs(claim) for claim in self.claims]

    def to_json(self) -> dict[str, Any]:
        """The entry ``distribution`` of ``scores.json``."""
        records = [
            {"verdict": sentence, "claim": claim.to_record()}
            for sentence, claim in zip(self.sentences, self.claims, strict=True)
        ]
        return {**records[0], **({"ensemble": records[1]} if len(records) > 1 else {})}


def judge_distributions(
    rows: pd.DataFrame, model: str, tries: Place | None = None, simulated: bool = False, flattered_by: str = ""
) -> BacktestDistribution | None:
    """The scores of distributions by fold and seed, and what may be claimed; None for a model of points alone.

    As with squared errors, an origin's loss is the mean over the seeds: the claim is on the model whatever its seed.
    That on the ensemble is on the mean of their quantiles.

    Args:
        rows: of all folds and seeds, with a column ``seed``.
        model: the name of the model.
        tries: which of all tries on these targets this is.
        simulated: whether the closes are simulated.
        flattered_by: why nothing may be claimed on these targets; else empty.
    """
    having = rows[has_distribution(rows)]
    seeds = [int(seed) for seed in having.loc[having["model"] == model, SEED].unique()]
    if not seeds:
        return None
    numbers = {int(str(number)): of_fold for number, of_fold in having.groupby("fold", sort=False)}
    folds = {number: _by_seed(of_fold, model, seeds) for number, of_fold in numbers.items()}
    models = [model, *([ENSEMBLE] if (having["model"] == ENSEMBLE).any() else [])]
    options = {"place": tries, "simulated": simulated, "flattered_by": flattered_by}
    ensemble: dict[int | None, DensityScore] = {}
    if len(models) > 1:
        for number, part in [*numbers.items(), (None, having)]:
            ensemble[number] = overall_density(density_scores_by_series(of_seed(part, seeds[0])))[ENSEMBLE]
    claims = [_claim(having, name, len(seeds) if name == model else 1, options) for name in models]
    return BacktestDistribution(folds, _by_seed(having, model, seeds), ensemble, claims)


def _by_seed(rows: pd.DataFrame, model: str, seeds: Sequence[int]) -> dict[int, SeedDensity]:
    scored = {seed: density_scores_by_series(of_seed(rows, seed)) for seed in seeds}
    means = {seed: overall_density(by_series)[model] for seed, by_series in scored.items()}
    return {seed: SeedDensity(scored[seed], mean["crps"], mean["density_skill"]) for seed, mean in means.items()}


def of_seed(rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The rows of one seed beside those that have none: of the ensemble, the baselines and the ladder."""
    return rows[rows[SEED].isna() | (rows[SEED] == seed)]


def _claim(rows: pd.DataFrame, model: str, seeds: int, options: dict[str, Any]) -> RungClaim:
    """The claim on a model; tests of its calibration are of one seed, as those of several would not be independent."""
    judged = rows[rows["model"] == model]
    findings = calibration_by_series(rows[rows["model"].isin([model, *RUNG_NAMES])]) if seeds == 1 else {}
    coverages = [scores[model]["coverage_90"] for scores in density_scores_by_series(judged).values()]
    return density_claim_on(
        model,
        against_rungs(rows, model),
        targets=len(judged) // seeds,
        coverage_90=float(np.mean(coverages)),
        findings={series: models[model] for series, models in findings.items() if model in models},
        **options,
    )
