"""What may be claimed of a model: the rules, the same for every verb."""

from collections.abc import Mapping, Sequence

import numpy as np

from cryptoforecast.evaluation.claim import BestOf, Claim, Directions, FoldSummary, Outcome, Reason
from cryptoforecast.evaluation.findings import ModelFindings
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL, TestResult
from cryptoforecast.evaluation.tries import Place, level_of

LEVEL_OF_DIRECTIONS = 0.01


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
    found: Mapping[str, ModelFindings] | None = None,
    folds: FoldSummary | None = None,
) -> Claim:
    """Decide what may be claimed of one model: a difference is one only where the Diebold-Mariano test says so.

    ============  ====================================  ==================================
    RMSE is       p-value                               the model is
    ============  ====================================  ==================================
    lower         below 5 %'s share of this try         better than persistence
    either        in between, or none                   no better than persistence
    higher        below 5 %                             worse than persistence
    ============  ====================================  ==================================

    What share of 5 % a try has, :func:`~cryptoforecast.evaluation.tries.level_of` says: so a claim is corrected for
    every try before it. "Worse" is not, for nobody tries variants until one is worse. Of several series, the mean of
    their skills takes the place of the RMSE. Where it and the mean difference that was tested do not point the same
    way, nothing is claimed, and neither is on targets that a model was chosen by or that flatter it.

    Of a model that is not better, one thing more is said, the first of these that holds:

    ====================================================  ===========================================
    its findings                                          what is added
    ====================================================  ===========================================
    Fisher's exact p below the try's share of 1 %,        its directions are right more often than
    of several series divided by their count, in one      by luck, there
    best lag 1 with a correlation of at least 0.8,        a copy of the last value
    of several series in all of them
    ====================================================  ===========================================

    The level for directions is stricter because their test is a second chance. Gains are shown and claim nothing.

    Args:
        model: its name.
        skills: its skill on each series; of several seeds the mean.
        test: Diebold and Mariano's, two-sided.
        difference: the mean of the loss differences that was tested; below zero where the model errs less.
        targets: how many there are.
        split: which targets these are: ``val`` or ``test``.
        place: which of all tries this is; None of a single one.
        simulated: whether nobody ever traded at these prices.
        flattered_by: why nothing may be claimed on these targets, in words that go on "…, but"; empty if it may.
        found: its findings on each series.
        folds: of a backtest, its folds and seeds.
    """
    skill, level = float(np.mean(folds.by_seed if folds else list(skills.values()))), level_of(place)
    outcome, reason = _decide(model, skill, skills, test, difference, split, level, flattered_by)
    claim = Claim(model, outcome, reason, skill, dict(skills), targets, split, test, level, place, simulated,
                  flattered_by, folds=folds)  # fmt: skip
    open_to_more = reason in (Reason.NO_TEST, Reason.OTHER_WAY, Reason.WITHIN_LUCK, Reason.LUCK_OF_SO_MANY,
                              Reason.TESTED, Reason.STANDS_STILL)  # fmt: skip
    if not found or outcome is Outcome.BETTER or not open_to_more:
        return claim
    directions = _directions(found, level_of(place, LEVEL_OF_DIRECTIONS) / len(found))
    copy = directions is None and all(one.best_lag is not None and one.best_lag.copy for one in found.values())
    return claim._replace(directions=directions, copy=copy)


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
    """Decide what may be claimed of the best of several models.

    A winner is one of those that StepM finds better over all models given, at a family-wise level of 5 %. Where more
    were tried than given, the others' forecasts are not at hand, and nothing is known of how they hang together: then
    the winner's own one-sided p-value, times the number tried, must be below 5 % as well (Bonferroni). So it is where
    StepM does not hold its level, of few origins or forecasts that overlap.

    Args:
        model: the best of those given that are no baselines; if ``better`` has any, the best of them.
        below: 1 - its RMSE / the random walk's.
        test: Diebold and Mariano's of it alone, two-sided.
        targets: how many there are.
        better: the models that are found better over all those given.
        best_of: what it was the best of.
        chosen_on: whether these are validation targets.
        simulated: whether nobody ever traded at these prices.
        flattered_by: why nothing may be claimed on these targets; empty if it may.
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


def _directions(found: Mapping[str, ModelFindings], level: float) -> Directions | None:
    p_values = {series: one.direction.p_value for series, one in found.items() if one.direction}
    right = {series: p_value for series, p_value in p_values.items() if p_value is not None and p_value < level}
    return Directions(list(right), max(right.values())) if right else None
