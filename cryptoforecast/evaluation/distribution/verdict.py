"""The verdict on a model's distribution: scores beside the ladder's, tests, and the claim as a sentence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.distribution.calibration import CalibrationFindings, calibration_by_series
from cryptoforecast.evaluation.distribution.claim import AgainstRung, RungClaim, density_claim_on
from cryptoforecast.evaluation.distribution.density import (
    DensityScore,
    crps_of_rows,
    density_scores_by_series,
    overall_density,
)
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.distribution.sentence import sentence_on_rungs
from cryptoforecast.evaluation.metrics import RUNG_NAMES
from cryptoforecast.evaluation.significance import Loss, diebold_mariano, loss_differences
from cryptoforecast.evaluation.tries import Place


@dataclass(frozen=True)
class DistributionVerdict:
    """Scores of a model's distribution and of the ladder's on the same targets, and what may be claimed.

    Attributes:
        by_series: scores by series and model.
        claim: what may be claimed.
        findings: tests of calibration by series and model; empty for validation targets.
    """

    by_series: dict[str, dict[str, DensityScore]]
    claim: RungClaim
    findings: dict[str, dict[str, CalibrationFindings]]

    @property
    def sentence(self) -> str:
        """The claim as a sentence."""
        return sentence_on_rungs(self.claim)

    @property
    def scores(self) -> dict[str, DensityScore]:
        """The scores by model, if there is one series; ValueError if there are several."""
        (table,) = self.by_series.values()
        return table

    @property
    def overall(self) -> dict[str, DensityScore]:
        """The means of the scores of each model over all series, each counting the same."""
        return overall_density(self.by_series)

    @property
    def density_skill(self) -> float:
        """The model's density skill, 1 - CRPS / CRPS of the random walk; of several series the mean."""
        return self.overall[self.claim.model]["density_skill"]

    @property
    def crps(self) -> float:
        """The model's CRPS of the log change in percent; of several series the mean."""
        return self.overall[self.claim.model]["crps"]

    def to_json(self) -> dict[str, Any]:
        """The entry ``distribution`` of ``scores.json``."""
        return {"verdict": self.sentence, "claim": self.claim.to_record()}


def judge_distribution(
    rows: pd.DataFrame,
    model: str,
    split: str = "test",
    tries: Place | None = None,
    simulated: bool = False,
    flattered_by: str = "",
) -> DistributionVerdict | None:
    """The verdict on a model's distribution; None if it forecasts points alone.

    Args:
        rows: checked forecast rows of several models on the same targets.
        model: the one to judge.
        split: ``val`` or ``test``.
        tries: which try on these targets this is.
        simulated: whether the closes are simulated.
        flattered_by: why nothing may be claimed on these targets; else empty.
    """
    having = rows[has_distribution(rows)]
    targets = int((having["model"] == model).sum())
    if not targets:
        return None
    by_series = density_scores_by_series(having)
    findings = calibration_by_series(having) if split == "test" else {}
    claim = density_claim_on(
        model,
        against_rungs(having, model),
        targets=targets,
        coverage_90=overall_density(by_series)[model]["coverage_90"],
        split=split,
        place=tries,
        simulated=simulated,
        flattered_by=flattered_by,
        findings={series: models[model] for series, models in findings.items() if model in models},
    )
    return DistributionVerdict(by_series, claim, findings)


def against_rungs(
    rows: pd.DataFrame, model: str, rungs: Sequence[str] = RUNG_NAMES, loss: Loss = crps_of_rows
) -> list[AgainstRung]:
    """A model beside each rung of a ladder on the same targets, from simple to hard, pooled over series.

    Args:
        rows: forecast rows of the model and the rungs.
        model: the name of the model.
        rungs: the names of the rungs, by default those of distributions.
        loss: of each row; by default the CRPS of its distribution.
    """
    by_model = {str(name): part for name, part in rows.groupby("model", sort=False)}
    judged = by_model.pop(model)
    return [_against_rung(judged, by_model[name], loss) for name in rungs if name in by_model]


def _against_rung(judged: pd.DataFrame, rung: pd.DataFrame, loss: Loss) -> AgainstRung:
    reductions = []
    for series, part in judged.groupby("series", sort=False):
        mean, of_rung = (float(loss(rows).mean()) for rows in (part, rung[rung["series"] == series]))
        reductions.append(1 - mean / of_rung if of_rung else (0.0 if mean == 0 else -np.inf))
    return AgainstRung(
        str(rung["model"].iloc[0]),
        float(np.mean(reductions)),
        diebold_mariano(judged, rung, loss),
        float(loss_differences(judged, rung, loss).mean()),
    )
