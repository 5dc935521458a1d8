"""The claim on a model against a ladder of baselines: which rungs it beats, decided in order from simple to hard."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from cryptoforecast.evaluation.claim import Outcome, Reason
from cryptoforecast.evaluation.distribution.calibration import CalibrationFindings
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL, TestResult
from cryptoforecast.evaluation.tries import Place, level_of

CALIBRATION_LEVEL = 0.01  # for all tests of a model's calibration together
ENDS_OF_NINETY = ("0.05", "0.95")


class AgainstRung(NamedTuple):
    """A model beside a rung: 1 - its loss / the rung's (of several series the mean), and the test of the difference.

    ``difference`` is the tested mean of the loss differences, below zero if the model's losses are smaller.
    """

    rung: str
    reduction: float
    test: TestResult
    difference: float

    def is_beaten(self, level: float) -> bool:
        """Whether the model is better at a significance level."""
        p_value = self.test.p_value
        return p_value is not None and p_value < level and self.reduction > 0 > self.difference


class Misfit(NamedTuple):
    """The test by which a distribution is not calibrated, and its p-value on one series."""

    test: str
    p_value: float


class RungClaim(NamedTuple):
    """What may be claimed on some targets of a model's distribution, or of its forecasts of volatility.

    Attributes:
        model: its name.
        outcome: better or worse than the rungs of the ladder, or neither.
        reason: the reason of the outcome.
        rungs: the model beside each rung, from simple to hard.
        beaten: number of rungs that it beats, from the first on.
        targets: number of targets.
        split: ``val`` or ``test``.
        level: "better" takes a p-value below this; it is lower, the more was tried.
        place: which try this is; None if tries were not counted.
        simulated: whether the closes are simulated.
        flattered_by: why nothing may be claimed on these targets, as half a sentence; else empty.
        measure: what the loss is: ``CRPS`` of distributions, or ``QLIKE`` of volatilities.
        coverage_90: share of closes within the 90 % intervals; of several series the mean. None of volatilities.
        misfit: the test that shows that a distribution is not calibrated, if any does.
    """

    model: str
    outcome: Outcome
    reason: Reason
    rungs: list[AgainstRung]
    beaten: int
    targets: int
    split: str
    level: float
    place: Place | None
    simulated: bool
    flattered_by: str = ""
    measure: str = "CRPS"
    coverage_90: float | None = None
    misfit: Misfit | None = None

    @property
    def highest_beaten(self) -> AgainstRung | None:
        """The highest rung that is beaten together with all below it."""
        return self.rungs[self.beaten - 1] if self.beaten else None

    @property
    def first_unbeaten(self) -> AgainstRung | None:
        """The lowest rung that is not beaten."""
        return self.rungs[self.beaten] if self.beaten < len(self.rungs) else None

    def to_record(self) -> dict[str, Any]:
        """The entry ``claim`` of ``scores.json``."""
        place, best = self.place, self.highest_beaten
        return {
            "outcome": str(self.outcome),
            "reason": self.flattered_by or str(self.reason),
            "better_than": None if best is None else best.rung,
            "rungs": {
                against.rung: {
                    f"{self.measure.lower()}_reduction": against.reduction if np.isfinite(against.reduction) else None,
                    "p_value": against.test.p_value,
                }
                for against in self.rungs
            },
            **({} if self.coverage_90 is None else self._calibration()),
            "level": self.level,
            "place": None if place is None else {"fit": place.fit, "variant": place.variant},
            "tried": None if place is None else place.tried._asdict(),
            "simulated": self.simulated,
        }

    def _calibration(self) -> dict[str, Any]:
        return {"coverage_90": self.coverage_90, "misfit": None if self.misfit is None else self.misfit._asdict()}


def density_claim_on(
    model: str,
    rungs: Sequence[AgainstRung],
    *,
    coverage_90: float,
    findings: Mapping[str, CalibrationFindings] | None = None,
    **options: Any,
) -> RungClaim:
    """The claim on a distribution: the highest rung that it beats, and whether it is calibrated.

    The distribution is called not calibrated if Kupiec's test of an end of the 90 % intervals, or the test of the PIT,
    has a p-value below 1 %, divided by the number of these tests on all series.

    Args:
        model: its name.
        rungs: the model beside each rung but itself, from simple to hard.
        coverage_90: share of closes within its 90 % intervals.
        findings: its findings by series.
        options: those of :func:`claim_on_rungs`.
    """
    claim = claim_on_rungs(model, rungs, **options)
    return claim._replace(coverage_90=coverage_90, misfit=_misfit(findings or {}))


def claim_on_rungs(
    model: str,
    rungs: Sequence[AgainstRung],
    *,
    targets: int,
    measure: str = "CRPS",
    split: str = "test",
    place: Place | None = None,
    simulated: bool = False,
    flattered_by: str = "",
) -> RungClaim:
    """The claim on a model: the highest rung that it beats.

    The rungs are tested in their order, from the random walk on, each at the level of this try (see
    :func:`~cryptoforecast.evaluation.tries.level_of`), and the first that is not beaten ends it. A test at a higher
    rung thus counts only if all below are beaten, which keeps the probability of a false claim at the level although
    several rungs are tested (Maurer, Hothorn and Lehmacher). A model whose loss is significantly higher than the first
    rung's is worse. On validation targets, or on targets that flatter the model, nothing is claimed.

    Args:
        model: its name.
        rungs: the model beside each rung but itself, from simple to hard.
        targets: number of targets.
        measure: what the loss is.
        split: ``val`` or ``test``.
        place: which of all tries this is; None if tries were not counted.
        simulated: whether the closes are simulated.
        flattered_by: why nothing may be claimed on these targets, as words after "…, but"; else empty.

    References:
        Maurer, Hothorn and Lehmacher (1995), Multiple comparisons in drug clinical trials and preclinical assays:
        a-priori ordered hypotheses, Biometrie in der chemisch-pharmazeutischen Industrie 6, 3-18.
    """
    level = level_of(place)
    outcome, reason, beaten = _decide(model, rungs, split, level, flattered_by)
    return RungClaim(model, outcome, reason, list(rungs), beaten, targets, split, level, place, simulated,
                     flattered_by, measure)  # fmt: skip


def _decide(
    model: str, rungs: Sequence[AgainstRung], split: str, level: float, flattered_by: str
) -> tuple[Outcome, Reason, int]:
    if model == RANDOM_WALK:
        return Outcome.NO_BETTER, Reason.IS_BENCHMARK, 0
    if not rungs:
        return Outcome.NO_CLAIM, Reason.NO_TEST, 0
    if flattered_by:
        return Outcome.NO_CLAIM, Reason.FLATTERED, 0
    first = rungs[0]
    if np.isnan(first.reduction):  # a loss of the model is not known
        return Outcome.NO_CLAIM, Reason.NO_TEST, 0
    if not np.isfinite(first.reduction):
        return Outcome.WORSE, Reason.STANDS_STILL, 0
    if split != "test":
        chosen = first.reduction > 0
        return (Outcome.NO_CLAIM, Reason.CHOSEN_ON, 0) if chosen else (Outcome.NO_BETTER, Reason.NOT_LOWER, 0)
    beaten = next((at for at, against in enumerate(rungs) if not against.is_beaten(level)), len(rungs))
    if beaten:
        return Outcome.BETTER, Reason.TESTED, beaten
    p_value = first.test.p_value
    if p_value is None:
        return Outcome.NO_BETTER, Reason.SAME_FORECASTS if first.difference == 0 else Reason.NO_TEST, 0
    if p_value >= SIGNIFICANCE_LEVEL:
        return Outcome.NO_BETTER, Reason.WITHIN_LUCK, 0
    if (first.reduction > 0) != (first.difference < 0):
        return Outcome.NO_BETTER, Reason.OTHER_WAY, 0
    worse = first.reduction <= 0
    return (Outcome.WORSE, Reason.TESTED, 0) if worse else (Outcome.NO_BETTER, Reason.LUCK_OF_SO_MANY, 0)


def _misfit(findings: Mapping[str, CalibrationFindings]) -> Misfit | None:
    tests = [
        (name, test.p_value)
        for finding in findings.values()
        for name, test in [*(("Kupiec", finding.kupiec[end]) for end in ENDS_OF_NINETY), ("PIT", finding.pit)]
        if test.p_value is not None
    ]
    if not tests:
        return None
    name, p_value = min(tests, key=lambda pair: pair[1])
    return Misfit(name, p_value) if p_value < CALIBRATION_LEVEL / len(tests) else None
