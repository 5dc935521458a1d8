"""What is claimed of a model: one value, decided in ``decision.py`` and put into words in ``sentence.py``."""

from enum import StrEnum
from typing import Any, NamedTuple

import numpy as np

from cryptoforecast.evaluation.significance import TestResult
from cryptoforecast.evaluation.tries import Place, Tried


class Outcome(StrEnum):
    """What is claimed: one of three, or nothing."""

    BETTER = "better"
    NO_BETTER = "no better"
    WORSE = "worse"
    NO_CLAIM = "no claim"


class Reason(StrEnum):
    """Why an outcome is what it is."""

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
    """Series on which a model's directions are right more often than by luck, and the largest of their p-values."""

    series: list[str]
    p_value: float


class FoldSummary(NamedTuple):
    """A backtest's size: its count of folds, in how many the random walk is beaten, and the skill of each seed."""

    folds: int
    folds_above: int
    by_seed: list[float]


class BestOf(NamedTuple):
    """The best of several models: how many were given, the p-value of Hansen's SPA, and baselines that win too."""

    given: int
    tried: Tried
    spa_p: float | None
    baselines: list[str]


class Claim(NamedTuple):
    """What may be claimed of a model on some targets.

    ``skill`` is 1 - RMSE / random walk's, of several series the mean of theirs, which are ``skills``; ``test`` the
    two-sided test of its squared errors against the random walk's, and ``level`` what its p-value has to be below for
    "better", after all that was tried. ``place`` is which try this is, None where none was counted. ``flattered_by``
    says why nothing may be claimed on these targets, if so.
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
    copy: bool = False
    folds: FoldSummary | None = None
    best_of: BestOf | None = None

    def to_record(self) -> dict[str, Any]:
        """The claim as ``scores.json`` and ``comparison.json`` hold it."""
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
