"""The claim on a distribution as a sentence."""

import numpy as np
import pytest

from cryptoforecast.evaluation import significance
from cryptoforecast.evaluation.claim import Outcome, Reason
from cryptoforecast.evaluation.distribution.claim import AgainstRung
from cryptoforecast.evaluation.distribution.density import RUNG_NAMES
from cryptoforecast.evaluation.distribution.sentence import sentence_on_rungs
from tests.evaluation.distribution.helpers import against, at, claim, judged
from tests.evaluation.helpers import spread_rows

ALIKE = significance.TestResult(None, "at each of which both err alike")


def test_the_sentence_names_the_highest_rung_that_is_beaten_and_the_first_that_is_not() -> None:
    found = claim(against("RandomWalk", 0.04, 0.0001), against("Garch", 0.004, 0.003), against("Har", 0.001, 0.6))
    assert sentence_on_rungs(found) == (
        "LSTM's distribution is better than Garch's (CRPS 0.40% lower, p = 0.003) but not than Har's (CRPS 0.10% "
        "lower, p = 0.600) on 421 targets; its 90% intervals hold 89.6%."
    )
    assert (found.outcome, found.reason, found.beaten) == (Outcome.BETTER, Reason.TESTED, 2)


FOUR = (0.04, 0.03, 0.02, 0.01)
SENTENCES = [
    (
        [against(rung, x, 0.001) for rung, x in zip(RUNG_NAMES, FOUR, strict=True)],
        {},
        "is better than Har's, the highest rung beside it (CRPS 1.00% lower, p = 0.001), on 421 targets; its 90%",
    ),
    (
        [against("RandomWalk", 0.01, 0.2), against("Ewma", 0.1, 0.0001)],
        {},
        "is no better than RandomWalk's: its CRPS is 1.00% lower on 421 targets, which is within luck (Diebold-Mariano "
        "p = 0.200); its 90%",
    ),
    (
        [against("RandomWalk", 0.01, 0.02)],
        {"place": at(12)},
        "is no better than RandomWalk's: its CRPS is 1.00% lower on 421 targets, which is within luck for the 12th "
        "variant tried on these targets (Diebold-Mariano p = 0.020, and below 0.00032 would be needed); its 90%",
    ),
    (
        [against("RandomWalk", 0.04, 0.0001), against("Ewma", 0.01, 0.02)],
        {"place": at(12)},
        "is better than RandomWalk's (CRPS 4.00% lower, p < 0.001) but not than Ewma's (CRPS 1.00% lower, p = 0.020; "
        "below 0.00032 would be needed) on 421 targets; the 12th variant tried on these targets; its 90%",
    ),
    (
        [against("RandomWalk", -0.02, 0.001)],
        {"place": at(12)},
        "is worse than RandomWalk's: its CRPS is 2.00% higher on 421 targets (Diebold-Mariano p = 0.001; the 12th",
    ),
    (
        [against("RandomWalk", 0.04, 0.0001), AgainstRung("Ewma", 0.0, ALIKE, 0.0)],
        {},
        "is better than RandomWalk's (CRPS 4.00% lower, p < 0.001) but not than Ewma's (the same) on 421 targets;",
    ),
    ([AgainstRung("RandomWalk", 0.0, ALIKE, 0.0)], {}, "is no better than RandomWalk's: it is the same on 421 targets"),
    (
        [against("RandomWalk", 0.04, None)],
        {},
        "is no better than RandomWalk's: its CRPS is 4.00% lower on 421 targets, too few for a test; its 90%",
    ),
    (
        [against("RandomWalk", -np.inf, None)],
        {},
        "is worse than RandomWalk's: the closes stand still, and RandomWalk's is never off; its 90%",
    ),
    (
        [against("RandomWalk", 0.04, 0.0001)],
        {"split": "val"},
        "may or may not be better than RandomWalk's: its CRPS is 4.00% lower on 421 val targets, by which it was",
    ),
    (
        [against("RandomWalk", -0.04, 0.0001)],
        {"split": "val"},
        "is no better than RandomWalk's: its CRPS is 4.00% higher on 421 val targets; its 90%",
    ),
    (
        [AgainstRung("RandomWalk", 0.04, significance.TestResult(0.001), 0.01)],
        {},
        "is no better than RandomWalk's: its CRPS is 4.00% lower on 421 targets, but the tested differences point the",
    ),
]


@pytest.mark.parametrize(("rungs", "options", "words"), SENTENCES)
def test_each_outcome_has_a_sentence(rungs: list[AgainstRung], options: dict[str, object], words: str) -> None:
    sentence = sentence_on_rungs(claim(*rungs, **options))
    assert sentence.startswith(f"LSTM's distribution {words}")
    assert sentence.endswith(".")
    assert "inf" not in sentence


def test_what_is_flattered_simulated_or_alone_is_said() -> None:
    better = against("RandomWalk", 0.04, 0.0001)
    assert sentence_on_rungs(claim(better, simulated=True)).startswith("SIMULATED closes")
    flattered = claim(better, flattered_by="it was fitted on them")
    assert sentence_on_rungs(flattered).startswith(
        "No claim on LSTM's distribution: its CRPS is 4.00% lower than RandomWalk's on 421 targets, but it was fitted"
    )
    assert (flattered.outcome, flattered.to_record()["reason"]) == (Outcome.NO_CLAIM, "it was fitted on them")
    assert "no rung of the ladder stands beside it" in sentence_on_rungs(claim())
    assert "the first rung of the ladder" in sentence_on_rungs(claim(against("Ewma", -0.01, 0.001), model="RandomWalk"))


@pytest.mark.parametrize("scale", [0.5, 2.0], ids=["narrow", "wide"])
def test_intervals_that_hold_another_share_than_they_say_are_named(scale: float) -> None:
    sentence = judged(spread_rows(0, 300, {"LSTM": 0.03 * scale, "RandomWalk": 0.03})).sentence
    assert "and it is not calibrated (" in sentence
    assert "p < 0.001)." in sentence
