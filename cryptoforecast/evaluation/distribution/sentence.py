"""The claim on a model against a ladder of baselines as a sentence, the same for every verb."""

import numpy as np

from cryptoforecast.evaluation.claim import Outcome, Reason
from cryptoforecast.evaluation.distribution.claim import AgainstRung, RungClaim
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL
from cryptoforecast.formatting import SIMULATED, format_number, format_p_value

QLIKE = "QLIKE"  # the measure of forecasts of volatility


def sentence_on_rungs(claim: RungClaim) -> str:
    """The claim as a sentence: the highest rung that is beaten, the first that is not, tries, and any coverage."""
    coverage = "" if claim.coverage_90 is None else f"; {_coverage(claim, claim.coverage_90)}"
    sentence = f"{_main(claim)}{coverage}."
    return f"{SIMULATED}: {sentence}" if claim.simulated else sentence


def _main(claim: RungClaim) -> str:
    measure, of_volatility = claim.measure, claim.measure == QLIKE
    subject = f"{claim.model}'s {'volatility' if of_volatility else 'distribution'}"
    on = f"on {claim.targets:,} {'val ' if claim.split == 'val' else ''}targets"
    if claim.reason is Reason.IS_BENCHMARK and of_volatility:
        return f"{subject} is the last one, and the first of the baselines of volatility"
    if claim.reason is Reason.IS_BENCHMARK:
        return f"{subject} is that of the training changes, the first rung of the ladder; its density skill is 0"
    if not claim.rungs:
        return f"No claim on {subject} {on}: no rung of the ladder stands beside it"
    first = claim.rungs[0]
    if np.isnan(first.reduction):
        return f"No claim on {subject} {on}: its {measure} is not known at some of them"
    size = f"its {measure} is {_size(first)} {on}"
    tries = f"; {claim.place.in_words}" if claim.place else ""
    match claim.reason:
        case Reason.FLATTERED:
            size = f"its {measure} is {_size(first)} than {first.rung}'s {on}"
            return f"No claim on {subject}: {size}, but {claim.flattered_by}"
        case Reason.CHOSEN_ON:
            return (
                f"{subject} may or may not be better than {first.rung}'s: {size}, by which it was chosen; test can tell"
            )
        case Reason.STANDS_STILL:
            why = f"the {'volatilities' if of_volatility else 'closes'} stand still, and {first.rung}'s is never off"
        case Reason.SAME_FORECASTS:
            why = f"it is the same {on}"
        case Reason.NOT_LOWER:
            why = size
        case Reason.NO_TEST:
            why = f"{size}, {first.test.reason}"
        case Reason.LUCK_OF_SO_MANY:
            place = claim.place.in_words if claim.place else "so many"
            needed = f"Diebold-Mariano {_p_value(first)}, and below {claim.level:.2g} would be needed"
            why = f"{size}, which is within luck for {place} ({needed})"
        case Reason.WITHIN_LUCK:
            why = f"{size}, which is within luck (Diebold-Mariano {_p_value(first)}{tries})"
        case Reason.OTHER_WAY:
            why = f"{size}, but the tested differences point the other way (Diebold-Mariano {_p_value(first)}{tries})"
        case _ if claim.outcome is Outcome.WORSE:
            why = f"{size} (Diebold-Mariano {_p_value(first)}{tries})"
        case _:
            return f"{subject} is better than {_beaten(claim)} {on}{tries}"
    return f"{subject} is {claim.outcome} than {first.rung}'s: {why}"


def _beaten(claim: RungClaim) -> str:
    """The highest rung that is beaten, and the first that is not."""
    best, left = claim.highest_beaten, claim.first_unbeaten
    assert best is not None
    found = f"({claim.measure} {_size(best)}, {_p_value(best)})"
    if left is None:
        return f"{best.rung}'s, the highest rung beside it {found},"
    return f"{best.rung}'s {found} but not than {left.rung}'s ({_why_unbeaten(left, claim)})"


def _why_unbeaten(against: AgainstRung, claim: RungClaim) -> str:
    p_value = against.test.p_value
    if p_value is None:
        return "the same" if against.difference == 0 else "no test"
    needed = claim.level <= p_value < SIGNIFICANCE_LEVEL and against.reduction > 0
    further = f"; below {claim.level:.2g} would be needed" if needed else ""
    return f"{claim.measure} {_size(against)}, {_p_value(against)}{further}"


def _coverage(claim: RungClaim, coverage_90: float) -> str:
    hold = f"its 90% intervals hold {100 * coverage_90:.1f}%"
    if claim.misfit is None:
        return hold
    return f"{hold}, and it is not calibrated ({claim.misfit.test} {format_p_value(claim.misfit.p_value)})"


def _p_value(against: AgainstRung) -> str:
    return "" if against.test.p_value is None else format_p_value(against.test.p_value)


def _size(against: AgainstRung) -> str:
    percent = format_number(100 * abs(against.reduction), ".2f")
    return f"{percent}% {'lower' if against.reduction > 0 else 'higher'}"
