"""Which rungs of the ladder a distribution beats, and how many tries the claim is corrected for."""

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation.claim import Outcome, Reason
from cryptoforecast.evaluation.distribution.claim import RungClaim
from cryptoforecast.evaluation.distribution.density import RUNG_NAMES
from cryptoforecast.evaluation.distribution.verdict import against_rungs
from cryptoforecast.evaluation.verdict import judge
from tests.evaluation.distribution.helpers import LADDER, against, at, claim, clustered_rows, judged
from tests.evaluation.helpers import spread_rows
from tests.helpers import not_none


def test_a_rung_counts_only_if_all_below_it_are_beaten() -> None:
    found = claim(against("RandomWalk", 0.04, 0.001), against("Ewma", 0.001, 0.3), against("Garch", 0.03, 0.001))
    assert (not_none(found.highest_beaten).rung, not_none(found.first_unbeaten).rung) == ("RandomWalk", "Ewma")


def test_the_level_is_corrected_for_tries_as_that_of_the_point_claim_is() -> None:
    rows = clustered_rows(LADDER)
    for place, level in ((None, 0.05), (at(1), 0.025), (at(12), 0.05 / 156)):
        verdict = judge(rows, tries=place)
        assert not_none(verdict.distribution).claim.level == verdict.claim.level == pytest.approx(level)


def test_a_model_that_knows_the_spread_beats_the_rungs_that_do_not() -> None:
    verdict = judged(clustered_rows(LADDER))
    assert not_none(verdict.claim.highest_beaten).rung == "Garch"
    assert verdict.claim.misfit is None
    assert verdict.density_skill == verdict.scores["LSTM"]["density_skill"] > 0.02
    assert verdict.crps == verdict.scores["LSTM"]["crps"]


def test_validation_targets_have_scores_and_no_tests() -> None:
    verdict = judged(clustered_rows(LADDER), "val")
    assert verdict.findings == {}
    assert verdict.claim.outcome is Outcome.NO_CLAIM


@pytest.mark.parametrize("model", RUNG_NAMES)
def test_a_rung_that_is_judged_itself_is_compared_with_the_others(model: str) -> None:
    rows = clustered_rows({name: LADDER[name] for name in (model, *(name for name in RUNG_NAMES if name != model))})
    verdict = judged(rows)
    assert [beside.rung for beside in verdict.claim.rungs] == [name for name in RUNG_NAMES if name != model]
    assert (verdict.claim.reason is Reason.IS_BENCHMARK) == (model == "RandomWalk")


def test_coins_that_move_as_one_are_one_witness() -> None:
    rows = clustered_rows(LADDER)
    copies = pd.concat([rows, rows.assign(series="ETH-USD")], ignore_index=True)
    for alone, together in zip(judged(rows).claim.rungs, judged(copies).claim.rungs, strict=True):
        assert together.test.p_value == pytest.approx(alone.test.p_value)


def test_a_model_that_buys_its_coverage_with_some_endless_intervals_is_named() -> None:
    """Nine of ten intervals are a hundred times too wide, and one holds nothing."""
    random = np.random.default_rng(0)
    scales = np.where(random.random(600) < 0.9, 3.0, 0.0003)
    verdict = judged(spread_rows(1, 600, {"LSTM": scales, "RandomWalk": 0.03}))
    assert abs(verdict.scores["LSTM"]["coverage_90"] - 0.9) < 0.03
    assert verdict.claim.outcome is Outcome.WORSE
    assert not_none(verdict.claim.misfit).test == "PIT"


def claim_of(rows: pd.DataFrame) -> RungClaim:
    """The claim alone, without the findings, which take most of the time."""
    return claim(*against_rungs(rows, "LSTM"))


@pytest.mark.slow
def test_on_a_walk_of_constant_spread_nothing_is_claimed_in_95_of_100_seeds() -> None:
    """A model of a noisy scale, rungs of other noise, and the constant spread that is true; no fits."""
    outcomes = []
    for seed in range(100):
        random = np.random.default_rng(1000 + seed)
        noisy = {name: 0.03 * np.exp(0.02 * random.normal(size=300)) for name in ("LSTM", "Ewma", "Garch", "Har")}
        rows = spread_rows(seed, 300, {"LSTM": noisy.pop("LSTM"), "RandomWalk": 0.03, **noisy})
        outcomes.append(claim_of(rows).outcome)
    assert outcomes.count(Outcome.BETTER) <= 5
    assert outcomes.count(Outcome.WORSE) < 20


def test_the_claim_of_these_simulations_is_the_one_that_judge_makes() -> None:
    rows = clustered_rows(LADDER)
    made, simulated = judged(rows).claim, claim_of(rows)
    assert (made.outcome, made.reason, made.rungs, made.beaten) == simulated[1:5]
