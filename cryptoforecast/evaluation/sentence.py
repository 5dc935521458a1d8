"""A claim as a sentence, the same for every verb."""

import numpy as np

from cryptoforecast.evaluation.claim import BestOf, Claim, Reason
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL
from cryptoforecast.formatting import SIMULATED, format_number, format_p_value

CRPS = "CRPS"  # the measure of distributions


def sentence_of(claim: Claim) -> str:
    """The claim as a sentence: outcome, skill, number of targets, test, and number of tries."""
    sentence = _of_best(claim) if claim.best_of else _of_model(claim)
    return f"{SIMULATED}: {sentence}" if claim.simulated else sentence


def _of_model(claim: Claim) -> str:
    model, size = claim.model, f"{_size(claim)}{_test_and_tries(claim)}"
    match claim.reason:
        case Reason.IS_BENCHMARK:
            return f"{model} is persistence itself: tomorrow's close is today's; its skill is 0 by definition."
        case Reason.FLATTERED:
            return f"No claim on {model}: {_size(claim)}, but {claim.flattered_by}."
        case Reason.CHOSEN_ON:
            chosen = f"{_size(claim)}, by which it was chosen; test can tell"
            return f"{model} may or may not be better than persistence: {chosen}."
        case Reason.STANDS_STILL:
            size = f"the closes{_still(claim)} stand still, and the random walk is never off"
        case Reason.SAME_FORECASTS:
            size = "it forecasts what the random walk forecasts"
        case Reason.NOT_LOWER:
            size = _size(claim)
    return f"{model} is {claim.outcome} than persistence: {size}{_further(claim)}."


def _size(claim: Claim) -> str:
    """The skill and the number of targets."""
    targets = f"on {claim.targets:,} {'val ' if claim.split == 'val' else ''}targets"
    if claim.folds:
        by_seed = claim.folds.by_seed
        reach = f" on average over {len(by_seed)} seeds ({min(by_seed):+.4f} to {max(by_seed):+.4f})"
        folds = f"of {claim.folds.folds} folds"
        return f"its skill is {claim.skill:+.4f}{reach if len(by_seed) > 1 else ''} {targets} {folds}"
    if len(claim.skills) > 1:
        mean = f"its mean skill over {len(claim.skills)} series is {claim.skill:+.4f}"
        return f"{mean}, above 0 in {sum(skill > 0 for skill in claim.skills.values()) or 'none'} of them, {targets}"
    return f"its RMSE is {_percent(claim.skill)} {targets}"


def _test_and_tries(claim: Claim) -> str:
    """The p-value, the number of tries, and what follows from both."""
    p_value, place = claim.test.p_value, claim.place
    test = "" if p_value is None else f"Diebold-Mariano {format_p_value(p_value)}"
    tries = f"; {place.in_words}" if place else ""
    match claim.reason:
        case Reason.NO_TEST:
            return f", {claim.test.reason}"
        case Reason.WITHIN_LUCK:
            return f", which is within luck ({test}{tries})"
        case Reason.LUCK_OF_SO_MANY:
            needed = f"{test}, and below {claim.level:.2g} would be needed"
            return f", which is within luck for {place.in_words if place else 'so many'} ({needed})"
        case Reason.OTHER_WAY:
            return f", but squared errors point the other way ({test}{tries})"
    return f" ({test}{tries})"


def _further(claim: Claim) -> str:
    """Further findings: of a backtest its folds and seeds, else the directions or that the forecast is a copy."""
    if claim.folds and claim.reason not in (Reason.SAME_FORECASTS, Reason.STANDS_STILL):
        folds, by_seed = claim.folds, claim.folds.by_seed
        seeds = f"with {sum(skill > 0 for skill in by_seed)} of {len(by_seed)} seeds and " if len(by_seed) > 1 else ""
        return f"; it beats the random walk {seeds}in {folds.folds_above} of {folds.folds} folds"
    if claim.directions:
        where = "" if len(claim.skills) == 1 else f" on {', '.join(claim.directions.series)}"
        test = f"Fisher's exact {format_p_value(claim.directions.p_value)}"
        return f"; but its directions{where} are right more often than by luck ({test})"
    return "; best lag 1: a copy of the last value" if claim.is_copy else ""


def _still(claim: Claim) -> str:
    still = [series for series, skill in claim.skills.items() if not np.isfinite(skill)]
    return f" of {', '.join(still)}" if len(claim.skills) > 1 else ""


def _of_best(claim: Claim) -> str:
    """The sentence of ``compare`` on the best of several models."""
    assert claim.best_of is not None
    best, best_of = claim.model, claim.best_of
    counts, baselines, measure = best_of.tried, best_of.baselines, best_of.measure
    rival = "the random walk" if best_of.benchmark == RANDOM_WALK else best_of.benchmark
    subject, winner, benchmark = "model", best, rival
    if measure == CRPS:
        subject, winner, benchmark = "distribution", f"The distribution of {best}", f"{rival}'s"
    if claim.reason is Reason.STANDS_STILL:
        still = "the closes stand still, and the random walk is never off"
        return f"No {subject} is better than {benchmark}: {still}."
    size = f"its {measure} is {_percent(claim.skill)} than {rival}'s" if claim.skill else f"its {measure} is the same"
    about = f"{best} is the best of those given: {size} on {claim.targets:,} targets"
    tried = f"; {counts.in_words} {'was' if counts.fits == 1 else 'were'} tried on these targets"
    test = "" if best_of.spa_p is None else f"SPA {format_p_value(best_of.spa_p)}"
    baselines_better = f"; {', '.join(baselines)}, which nobody had to try, is" if baselines else ""
    no_model = f"No {subject}{' tried' if baselines else ''} is better than {benchmark}{baselines_better}: {about}"
    match claim.reason:
        case Reason.FLATTERED:
            return f"No claim: {about}, but {claim.flattered_by}."
        case Reason.CHOSEN_ON:
            return f"No claim: {about}, by which models were chosen; compare what test writes{tried}."
        case Reason.NO_TEST:
            return f"No claim: {about}, too few for a test{tried}."
        case Reason.NOT_LOWER:
            return f"{no_model}{tried}."
        case Reason.WITHIN_LUCK:
            return f"{no_model}, which is within luck for so many ({_spa_without_stepm(best_of.spa_p)}){tried}."
        case Reason.LUCK_OF_SO_MANY:
            p_value = "none" if claim.test.p_value is None else f"{claim.test.p_value:.2g}"
            alone = f"Diebold-Mariano p of it alone = {p_value}, and below {claim.level:.2g} would be needed"
            luck = f"for the best of all {counts.fits:,} that is within luck ({alone})"
            shown = f"No {subject} is shown to be better than {benchmark}"
            return f"{shown}: {about}; {best_of.given:,} given, and {luck}{tried}."
    chosen = "as the best of those given" if best_of.lowest else f"among the {best_of.given:,} given"
    return (
        f"{winner} is better than {benchmark}, also {chosen}: its {measure} is "
        f"{_percent(claim.skill)} on {claim.targets:,} targets (StepM over all models given, at 5 %; {test})"
        f"{_not_beaten(best_of)}{tried}."
    )


def _not_beaten(best_of: BestOf) -> str:
    """The rung of the ladder that is not beaten, in words."""
    if best_of.next_rung is None:
        return ""
    name, spa_p, in_stepm = best_of.next_rung
    rival = f"{name}'s" if best_of.measure == CRPS else name
    spa = _spa_without_stepm(spa_p)
    if in_stepm and spa_p is not None:
        spa = f"SPA {format_p_value(spa_p)}; within luck for the best of all {best_of.tried.fits:,}"
    return f", but not shown to be better than {rival}{f' ({spa})' if spa else ''}"


def _spa_without_stepm(p_value: float | None) -> str:
    """The p-value of SPA, where StepM does not find the best model better; that is said where the p-value is small."""
    if p_value is None:
        return ""
    doubt = ", but StepM, over all models given, does not find it better" if p_value < SIGNIFICANCE_LEVEL else ""
    return f"SPA {format_p_value(p_value)}{doubt}"


def _percent(skill: float) -> str:
    return f"{format_number(100 * abs(skill), '.2f')}% {'lower' if skill > 0 else 'higher'}"
