"""What may be claimed of the best of many models."""

from cryptoforecast.evaluation.claim import BestOf, Claim, NextRung, Outcome
from cryptoforecast.evaluation.comparison.against_benchmark import Superior
from cryptoforecast.evaluation.comparison.measures import Measure, is_baseline
from cryptoforecast.evaluation.decision import claim_on_best
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.tries import Tried


def claim_by_rungs(
    models: list[str],
    rungs: dict[str, Superior],
    measure: Measure,
    tried: Tried,
    *,
    targets: int,
    chosen_on: bool,
    simulated: bool,
    flattered_by: str,
) -> Claim:
    """The claim on the best of those given; on a baseline only where nothing else is given.

    It is about the highest rung of the ladder that is beaten, as all below it are; of squared errors there is one rung,
    the random walk.

    Args:
        models: those of the leaderboard, best first.
        rungs: the comparison with each rung, from simple to hard, the random walk first.
        measure: by what models are ranked.
        tried: how many were tried on these targets.
        targets: number of targets.
        chosen_on: whether these are validation targets.
        simulated: whether nobody ever traded at these prices.
        flattered_by: why nothing may be claimed on these targets; else empty.
    """
    claims = []
    for rung, superior in rungs.items():
        best, best_of = _best_against(rung, superior, models, measure, tried)
        claim = claim_on_best(
            best,
            1 - superior.relative[best],
            superior.tests[best],
            targets=targets,
            better=superior.models or [],
            best_of=best_of,
            chosen_on=chosen_on,
            simulated=simulated,
            flattered_by=flattered_by,
        )
        claims.append(claim)
        if claim.outcome is not Outcome.BETTER:
            break
    if len(claims) == 1 or claims[-1].outcome is Outcome.BETTER:
        return claims[-1]
    beaten, above = claims[-2].best_of, claims[-1].best_of
    assert beaten is not None
    assert above is not None
    in_stepm = claims[-1].model in (rungs[above.benchmark].models or [])
    return claims[-2]._replace(best_of=beaten._replace(next_rung=NextRung(above.benchmark, above.spa_p, in_stepm)))


def _best_against(
    rung: str, superior: Superior, models: list[str], measure: Measure, tried: Tried
) -> tuple[str, BestOf]:
    """The best model that is no baseline, of those that are better than a rung if there are any."""
    ranked = [model for model in models if model not in (rung, RANDOM_WALK)]
    variants = [model for model in ranked if not is_baseline(model)] or ranked
    better = [model for model in ranked if superior.models and model in superior.models]
    best = next((model for model in variants if model in better), variants[0])
    baselines = [model for model in better if model not in variants and rung == RANDOM_WALK]
    lowest = best == variants[0]  # a lower mean loss may still be less certain, as one that varies more from day to day
    return best, BestOf(len(variants), tried, superior.spa_p, baselines, measure.label, rung, lowest=lowest)
