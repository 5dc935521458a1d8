"""The rules by which a claim is decided, the same for every verb."""

from collections.abc import Mapping, Sequence

import numpy as np

from cryptoforecast.evaluation.claim import BestOf, Claim, Directions, FoldSummary, Outcome, Reason
from cryptoforecast.evaluation.findings import ModelFindings
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL, TestResult
from cryptoforecast.evaluation.tries import Place, level_of

DIRECTION_LEVEL = 0.01  # of Fisher's exact test


def claim_on(
    model: str,
    skills: Mapping[str, float],
    test: TestResult,
    difference: float,
    *,
    targets: int,
    split: str = "test",
    place: Place | None = None,
    simulated: bool = False,
    flattered_by: str = "",
    findings: Mapping[str, ModelFindings] | None = None,
    folds: FoldSummary | None = None,
) -> Claim:
    """The claim on one model: better or worse than the random walk only if the Diebold-Mariano test is significant.

    ============  ====================================  ==================================
    RMSE is       p-value                               the model is
    ============  ====================================  ==================================
    lower         below the level of this try           better than persistence
    either        in between, or undefined              no better than persistence
    higher        below 5 %                             worse than persistence
    ============  ====================================  ==================================

    The level of a try is a share of 5 %, see :func:`~cryptoforecast.evaluation.tries.level_of`, which corrects a claim
    for all tries before it. "Worse" is not corrected, since nobody tries variants until one is worse. With several
    series, the mean of their skills takes the place of the RMSE. Nothing is claimed if that mean and the tested mean
    difference have opposite signs, on validation targets, or on targets that flatter the model.

    For a model that is not better, the first of these findings that holds is added:

    ====================================================  ===========================================
    finding                                               what is added
    ====================================================  ===========================================
    Fisher's exact p below the try's share of 1 %,        its directions are right more often than
    divided by the number of series, in a series          by luck on that series
    best lag 1 with a correlation of at least 0.8,        a copy of the last value
    in every series
    ====================================================  ===========================================

    The level for directions is lower because their test is a second chance. Gains of trading claim nothing.

    Args:
        model: its name.
        skills: its skill by series; of several seeds the mean.
        test: two-sided Diebold-Mariano test.
        difference: the tested mean of the loss differences; below zero if the model's errors are smaller.
        targets: number of targets.
        split: ``val`` or ``test``.
        place: which of all tries this is; None if tries were not counted.
        simulated: whether the closes are simulated.
        flattered_by: why nothing may be claimed on these targets, as words after "…, but"; else empty.
        findings: its findings by series.
        folds: of a backtest, its folds and seeds.
    """
    skill, level = float(np.mean(folds.by_seed if folds else list(skills.values()))), level_of(place)
    outcome, reason = _decide(model, skill, skills, test, difference, split, level, flattered_by)
    claim = Claim(model, outcome, reason, skill, dict(skills), targets, split, test, level, place, simulated,
                  flattered_by, folds=folds)  # fmt: skip
    takes_findings = reason in (Reason.NO_TEST, Reason.OTHER_WAY, Reason.WITHIN_LUCK, Reason.LUCK_OF_SO_MANY,
                              Reason.TESTED, Reason.STANDS_STILL)  # fmt: skip
    if not findings or outcome is Outcome.BETTER or not takes_findings:
        return claim
    directions = _directions(findings, level_of(place, DIRECTION_LEVEL) / len(findings))
    is_copy = directions is None and all(
        finding.best_lag is not None and finding.best_lag.is_copy for finding in findings.values()
    )
    return claim._replace(directions=directions, is_copy=is_copy)


def claim_on_best(
    model: str,
    below: float,
    test: TestResult,
    *,
    targets: int,
    better: Sequence[str],
    best_of: BestOf,
    chosen_on: bool = False,
    simulated: bool = False,
    flattered_by: str = "",
) -> Claim:
    """The claim on the best of several models.

    It is better if StepM finds it better among all given models, at a family-wise level of 5 %. If more models were
    tried than given, the dependence between their forecasts is unknown; its one-sided p-value times the number of
    tries must then be below 5 % as well (Bonferroni). The same holds where StepM does not keep its level: for few
    origins or overlapping forecasts.

    Args:
        model: the best of the given models that are no baselines, of those in ``better`` if there are any.
        below: 1 - its RMSE / RMSE of the random walk.
        test: two-sided Diebold-Mariano test of this model alone.
        targets: number of targets.
        better: the models that StepM finds better.
        best_of: the comparison.
        chosen_on: whether these are validation targets.
        simulated: whether the closes are simulated.
        flattered_by: why nothing may be claimed on these targets; else empty.
    """
    level = 2 * SIGNIFICANCE_LEVEL / max(best_of.tried.fits, best_of.given)
    survives = test.p_value is not None and test.p_value < level
    outcome, reason = Outcome.NO_BETTER, Reason.WITHIN_LUCK
    if not np.isfinite(below):
        reason = Reason.STANDS_STILL
    elif below <= 0:
        reason = Reason.NOT_LOWER
    elif flattered_by or chosen_on:
        outcome, reason = Outcome.NO_CLAIM, Reason.FLATTERED if flattered_by else Reason.CHOSEN_ON
    elif best_of.spa_p is None:
        outcome, reason = Outcome.NO_CLAIM, Reason.NO_TEST
    elif model in better:
        if best_of.tried.fits > best_of.given and not survives:
            reason = Reason.LUCK_OF_SO_MANY
        else:
            outcome, reason = Outcome.BETTER, Reason.TESTED
    elif best_of.spa_p < SIGNIFICANCE_LEVEL and not survives:
        reason = Reason.LUCK_OF_SO_MANY
    return Claim(model, outcome, reason, below, {}, targets, "val" if chosen_on else "test", test, level, None,
                 simulated, flattered_by, best_of=best_of)  # fmt: skip


def _decide(
    model: str,
    skill: float,
    skills: Mapping[str, float],
    test: TestResult,
    difference: float,
    split: str,
    level: float,
    flattered_by: str,
) -> tuple[Outcome, Reason]:
    if model == RANDOM_WALK:
        return Outcome.NO_BETTER, Reason.IS_BENCHMARK
    if flattered_by:
        return Outcome.NO_CLAIM, Reason.FLATTERED
    if not np.isfinite(skill):
        return Outcome.WORSE, Reason.STANDS_STILL
    if split != "test":
        return (Outcome.NO_BETTER, Reason.NOT_LOWER) if skill <= 0 else (Outcome.NO_CLAIM, Reason.CHOSEN_ON)
    p_value = test.p_value
    if p_value is None:
        same = not any(skills.values())
        return Outcome.NO_BETTER, Reason.SAME_FORECASTS if same else Reason.NO_TEST
    if p_value >= SIGNIFICANCE_LEVEL:
        return Outcome.NO_BETTER, Reason.WITHIN_LUCK
    if (skill > 0) != (difference < 0):
        return Outcome.NO_BETTER, Reason.OTHER_WAY
    if skill <= 0:
        return Outcome.WORSE, Reason.TESTED
    return (Outcome.BETTER, Reason.TESTED) if p_value < level else (Outcome.NO_BETTER, Reason.LUCK_OF_SO_MANY)


def _directions(findings: Mapping[str, ModelFindings], level: float) -> Directions | None:
    p_values = {series: finding.direction.p_value for series, finding in findings.items() if finding.direction}
    right = {series: p_value for series, p_value in p_values.items() if p_value is not None and p_value < level}
    return Directions(list(right), max(right.values())) if right else None
