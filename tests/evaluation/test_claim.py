"""What may be claimed, after how many tries."""

import json
from itertools import count, islice

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation import significance
from cryptoforecast.evaluation.claim import BestOf, Claim, Directions, NextRung, Outcome, Reason
from cryptoforecast.evaluation.decision import claim_on, claim_on_best
from cryptoforecast.evaluation.direction import Direction, directions_of
from cryptoforecast.evaluation.findings import ModelFindings
from cryptoforecast.evaluation.metrics import scores
from cryptoforecast.evaluation.sentence import sentence_of
from cryptoforecast.evaluation.significance import SIGNIFICANCE_LEVEL
from cryptoforecast.evaluation.tries import Place, Tried, level_of
from cryptoforecast.evaluation.verdict import judge
from tests.helpers import rows_of, walk_and_model

LUCK = significance.TestResult(0.5)


def at(fit: int, variant: int | None = None, variants: int | None = None, fits: int | None = None) -> Place:
    variant = fit if variant is None else variant
    return Place(fit, variant, Tried(variants or variant, fits or max(fit, variants or 0)))


def claim(skill: float, p_value: float | None, place: Place | None = None, **options: str) -> Claim:
    test = significance.TestResult(p_value, "" if p_value is not None else "too few for a test")
    return claim_on("LSTM", {"COIN-USD": skill}, test, -skill, targets=421, place=place, **options)  # type: ignore[arg-type]


def research(seed: int, tries: int, targets: int = 350, planted: dict[int, float] | None = None) -> list[Claim]:
    """The claims that are made of worthless variants near the random walk, tried and judged one after another.

    A planted one at some place knows a share of each move. All is as ``judge`` has it, but for the intervals and lags
    that claim nothing and take most of its time.
    """
    random = np.random.default_rng(seed)
    moves, claims = random.normal(0, 0.025, targets), []
    walk = rows_of("RandomWalk", [100.0] * targets, list(100 * (1 + moves)), 100.0)
    for fit in range(1, tries + 1):
        told = (planted or {}).get(fit, 0.0) * moves + 3e-4 * random.normal(size=targets)
        own = walk.assign(model="Model", forecast=100 * (1 + told))
        skills = {"COIN-USD": scores(pd.concat([own, walk]))["Model"]["skill"]}
        test, difference = significance.diebold_mariano(own, walk), significance.loss_differences(own, walk).mean()
        found = {"COIN-USD": ModelFindings(test, 0, None, directions_of(own), None, None, None)}
        claims.append(claim_on("Model", skills, test, difference, targets=targets, place=at(fit), findings=found))
    return claims


def is_flattering(one: Claim) -> bool:
    return one.outcome is Outcome.BETTER or one.directions is not None


@pytest.mark.parametrize(
    ("skill", "p_value", "place", "outcome", "reason"),
    [
        (0.1, 0.0001, None, Outcome.BETTER, Reason.TESTED),
        (0.1, 0.0499, None, Outcome.BETTER, Reason.TESTED),
        (0.1, 0.0501, None, Outcome.NO_BETTER, Reason.WITHIN_LUCK),
        (0.1, 0.0249, at(1), Outcome.BETTER, Reason.TESTED),
        (0.1, 0.0251, at(1), Outcome.NO_BETTER, Reason.LUCK_OF_SO_MANY),
        (0.1, 0.0003, at(12), Outcome.BETTER, Reason.TESTED),
        (0.1, 0.0004, at(12), Outcome.NO_BETTER, Reason.LUCK_OF_SO_MANY),
        (-0.1, 0.0499, at(12), Outcome.WORSE, Reason.TESTED),
        (-0.1, 0.0501, at(12), Outcome.NO_BETTER, Reason.WITHIN_LUCK),
        (0.1, None, at(1), Outcome.NO_BETTER, Reason.NO_TEST),
        (0.0, None, at(1), Outcome.NO_BETTER, Reason.SAME_FORECASTS),
        (-np.inf, None, at(1), Outcome.WORSE, Reason.STANDS_STILL),
    ],
)
def test_better_takes_a_p_value_below_the_share_of_the_try_and_worse_one_below_five_percent(
    skill: float, p_value: float | None, place: Place | None, outcome: Outcome, reason: Reason
) -> None:
    found = claim(skill, p_value, place)
    assert (found.outcome, found.reason) == (outcome, reason)
    assert "inf" not in sentence_of(found)


def test_the_levels_of_all_tries_there_may_ever_be_add_up_to_the_level_and_not_beyond() -> None:
    shares = [level_of(at(fit)) for fit in islice(count(1), 10_000)]
    assert 0.999 * SIGNIFICANCE_LEVEL < sum(shares) <= SIGNIFICANCE_LEVEL
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (at(1), "the 1st variant tried on these targets"),
        (at(12), "the 12th variant tried on these targets"),
        (at(1, variants=30), "the 1st of 30 variants tried on these targets"),
        (at(5, variant=3), "the 3rd variant tried on these targets, fit 5 of 5"),
    ],
)
def test_a_sentence_says_which_try_it_is_about(place: Place, words: str) -> None:
    assert f"(Diebold-Mariano p < 0.001; {words})." in sentence_of(claim(0.1, 0.0, place))
    assert f"(Diebold-Mariano p = 0.500; {words})." in sentence_of(claim(0.1, 0.5, place))
    assert sentence_of(claim(0.1, 0.0249, at(12))).endswith(
        "which is within luck for the 12th variant tried on these targets (Diebold-Mariano p = 0.025, and below "
        "0.00032 would be needed)."
    )


def test_on_targets_that_flatter_a_model_nothing_is_claimed_and_the_reason_is_said() -> None:
    why = "one of its parts was fitted on closes up to 2024-01-01"
    for skill in (0.3, -0.3):
        found = claim(skill, 0.0, at(1), flattered_by=why)
        assert (found.outcome, found.to_record()["reason"]) == (Outcome.NO_CLAIM, why)
        assert sentence_of(found).startswith("No claim on LSTM: its RMSE is 30.00% ")
        assert sentence_of(found).endswith(f" on 421 targets, but {why}.")


def test_on_validation_targets_nothing_is_claimed_whatever_the_test_says() -> None:
    assert claim(0.3, 0.0, split="val").outcome is Outcome.NO_CLAIM
    assert claim(-0.3, 0.0, split="val").reason is Reason.NOT_LOWER
    still = sentence_of(claim(-np.inf, None, split="val"))
    assert "the closes stand still, and the random walk is never off" in still
    assert "inf" not in still


@pytest.mark.parametrize(("share", "right"), [(0.9, True), (1.1, False)])
@pytest.mark.parametrize("fit", [1, 5])
@pytest.mark.parametrize("series", [1, 3])
def test_the_second_chance_of_directions_is_corrected_for_tries_and_for_series(
    series: int, fit: int, share: float, right: bool
) -> None:
    p_value = share * 0.01 / (fit * (fit + 1)) / series
    called = Direction(100, 0.7, 0.6, 0.8, 0.5, p_value, "")
    found = {
        f"COIN{n}": ModelFindings(LUCK, 0, None, called if n == 0 else None, None, None, None) for n in range(series)
    }
    claim = claim_on("LSTM", dict.fromkeys(found, 0.01), LUCK, -0.01, targets=99, place=at(fit), findings=found)
    assert claim.directions == (Directions(["COIN0"], p_value) if right else None)
    assert ("its directions" in sentence_of(claim)) == right


def test_a_claim_is_written_beside_its_sentence() -> None:
    model, walk = walk_and_model(1, 0.3, knows=0.5)
    written = json.loads(judge(pd.concat([model, walk]), "test", tries=at(3, variants=5)).to_json())["claim"]
    assert (written["outcome"], written["reason"], written["simulated"]) == ("better", "tested", False)
    assert (written["place"], written["tried"]) == ({"fit": 3, "variant": 3}, {"variants": 5, "fits": 5})
    assert written["p_value"] < written["level"] == pytest.approx(0.05 / 12)


def test_what_is_simulated_is_what_judge_claims() -> None:
    for seed, knows in ((0, 0.0), (1, 0.25)):
        (claim,) = research(seed, 1, planted={1: knows})
        random = np.random.default_rng(seed)
        moves = random.normal(0, 0.025, 350)
        told = knows * moves + 3e-4 * random.normal(size=350)
        rows = [rows_of(model, list(100 * (1 + x)), list(100 * (1 + moves)), 100.0)
                for model, x in (("Model", told), ("RandomWalk", 0 * moves))]  # fmt: skip
        judged = judge(pd.concat(rows), "test", tries=at(1)).claim
        assert (judged.outcome, judged.test, judged.directions) == (claim.outcome, claim.test, claim.directions)


@pytest.mark.slow
def test_of_twenty_researchers_with_thirty_worthless_variants_each_at_most_two_read_a_claim() -> None:
    """Where each variant is judged alone, nine of twenty do; by luck one in forty may, and one in a hundred more."""
    flattered = sum(any(map(is_flattering, research(seed, tries=30))) for seed in range(20))
    assert flattered <= 2


def test_a_planted_skill_is_found_at_the_thirtieth_place_as_at_the_first() -> None:
    """A third of each move is known, which makes the RMSE a third lower."""
    for fit in (1, 30):
        found = [claim_at(fit, seed) for seed in range(10)]
        assert all(one.outcome is Outcome.BETTER for one in found)


def claim_at(fit: int, seed: int) -> Claim:
    """The claim made of a model that knows a third of each move and is tried at some place."""
    alone = research(seed, 1, planted={1: 1 / 3})[0]
    return claim_on("Model", alone.skills, alone.test, -1.0, targets=350, place=at(fit))


@pytest.mark.parametrize(
    ("spa_p", "p_value", "reason"),
    [
        (0.01, 0.2, Reason.LUCK_OF_SO_MANY),
        (0.3, 0.2, Reason.WITHIN_LUCK),
        (0.01, 0.009, Reason.WITHIN_LUCK),
        (0.01, None, Reason.LUCK_OF_SO_MANY),
    ],
)
def test_where_only_the_bootstrap_speaks_for_the_best_of_many_its_own_test_is_what_is_said(
    spa_p: float, p_value: float | None, reason: Reason
) -> None:
    """A p-value of the bootstrap of 1 % is no reason to speak of luck."""
    best = BestOf(10, Tried(10, 10), spa_p, [])
    found = claim_on_best("LSTM", 0.02, significance.TestResult(p_value), targets=70, better=[], best_of=best)
    assert (found.outcome, found.reason, found.level) == (Outcome.NO_BETTER, reason, 2 * SIGNIFICANCE_LEVEL / 10)
    assert ("Diebold-Mariano p of it alone" in sentence_of(found)) == (reason is Reason.LUCK_OF_SO_MANY)


@pytest.mark.parametrize(
    ("rung", "words"),
    [
        (NextRung("Har", 0.4), "not shown to be better than Har's (SPA p = 0.400)"),
        (NextRung("Har", 0.01), "(SPA p = 0.010, but StepM, over all models given, does not find it better)"),
        (NextRung("Har", 0.01, in_stepm=True), "(SPA p = 0.010; within luck for the best of all 200)"),
        (NextRung("Har", None), "not shown to be better than Har's; 1 variant (200 with their seeds) were"),
    ],
)
def test_a_rung_that_is_not_beaten_says_what_stands_against_it(rung: NextRung, words: str) -> None:
    best = BestOf(2, Tried(1, 200), 0.001, [], "CRPS", "Garch", rung)
    found = claim_on_best("LSTM", 0.02, significance.TestResult(1e-9), targets=700, better=["LSTM"], best_of=best)
    assert found.outcome is Outcome.BETTER
    assert words in sentence_of(found)


def test_where_spa_finds_some_model_and_stepm_not_the_best_both_are_said() -> None:
    best = BestOf(2, Tried(2, 2), 0.011, [])
    found = claim_on_best("LSTM", 0.02, significance.TestResult(1e-9), targets=700, better=[], best_of=best)
    assert found.reason is Reason.WITHIN_LUCK
    assert "(SPA p = 0.011, but StepM, over all models given, does not find it better)" in sentence_of(found)
