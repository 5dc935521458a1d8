"""The claim on a model's skill: one value, decided by ``decision.py`` and written as a sentence by ``sentence.py``."""

from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.significance import TestResult
from cryptoforecast.evaluation.tries import Place, Tried


class Outcome(StrEnum):
    """What is claimed of a model against the random walk."""

    BETTER = "better"
    NO_BETTER = "no better"
    WORSE = "worse"
    NO_CLAIM = "no claim"


class Reason(StrEnum):
    """The reason of an outcome."""

    IS_BENCHMARK = "it is the random walk"
    STANDS_STILL = "the closes stand still"
    CHOSEN_ON = "it was chosen by these targets"
    FLATTERED = "these targets flatter it"
    SAME_FORECASTS = "it forecasts what the random walk forecasts"
    NOT_LOWER = "its errors are not smaller"
    NO_TEST = "there is no test"
    OTHER_WAY = "squared errors point the other way"
    WITHIN_LUCK = "within luck"
    LUCK_OF_SO_MANY = "within luck for so many tries"
    TESTED = "tested"


class Directions(NamedTuple):
    """Series on which a model's directions are significantly right, and the largest of their p-values."""

    series: list[str]
    p_value: float


class FoldSummary(NamedTuple):
    """A backtest's number of folds, the number in which the random walk is beaten, and the skill of each seed."""

    folds: int
    folds_above: int
    by_seed: list[float]


class NextRung(NamedTuple):
    """The lowest rung of the ladder that a best model is not shown to beat.

    Attributes:
        name: of the rung.
        spa_p: p-value of SPA against it; None with too few origins.
        in_stepm: whether StepM finds the model better, so that only the number of tries stands against it.
    """

    name: str
    spa_p: float | None
    in_stepm: bool = False


class BestOf(NamedTuple):
    """The comparison that a model is the best of.

    Attributes:
        given: number of models.
        tried: number of tries.
        spa_p: p-value of SPA; None with too few origins.
        baselines: those that are better than the benchmark.
        measure: ``RMSE``, ``CRPS`` of distributions, or ``QLIKE`` of volatilities.
        benchmark: what is to be beaten: the random walk, or the highest rung that is.
        next_rung: the rung above it, if there is one.
        lowest: whether no other model given that is no baseline has a lower loss.
    """

    given: int
    tried: Tried
    spa_p: float | None
    baselines: list[str]
    measure: str = "RMSE"
    benchmark: str = RANDOM_WALK
    next_rung: NextRung | None = None
    lowest: bool = True


class Claim(NamedTuple):
    """What may be claimed of a model on some targets.

    Attributes:
        model: its name.
        outcome: better or worse than the random walk, or neither.
        reason: the reason of the outcome.
        skill: 1 - RMSE / RMSE of the random walk; of several series the mean of ``skills``.
        skills: skill by series.
        targets: number of targets.
        split: ``val`` or ``test``.
        test: two-sided test of the model's squared errors against the random walk's.
        level: "better" takes a p-value below this; it is lower, the more was tried.
        place: which try this is; None if tries were not counted.
        simulated: whether the closes are simulated.
        flattered_by: why nothing may be claimed on these targets, as half a sentence; else empty.
        directions: series on which directions are significantly right, if that is claimed instead.
        is_copy: whether the forecast is a copy of the last close.
        folds: of a backtest, its folds and seeds.
        best_of: of ``compare``, what the model is the best of.
    """

    model: str
    outcome: Outcome
    reason: Reason
    skill: float
    skills: dict[str, float]
    targets: int
    split: str
    test: TestResult
    level: float
    place: Place | None
    simulated: bool
    flattered_by: str = ""
    directions: Directions | None = None
    is_copy: bool = False
    folds: FoldSummary | None = None
    best_of: BestOf | None = None

    def to_record(self) -> dict[str, Any]:
        """The entry ``claim`` of ``scores.json`` and ``comparison.json``."""
        tried = self.best_of.tried if self.best_of else self.place.tried if self.place else None
        return {
            "outcome": str(self.outcome),
            "reason": self.flattered_by or str(self.reason),
            "skill": self.skill if np.isfinite(self.skill) else None,
            "p_value": self.test.p_value,
            "level": self.level,
            "place": None if self.place is None else {"fit": self.place.fit, "variant": self.place.variant},
            "tried": None if tried is None else tried._asdict(),
            "simulated": self.simulated,
        }
