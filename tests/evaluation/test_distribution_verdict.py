"""The verdict on a distribution: tables, sentences, claims, and what is written."""

import json

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation import significance
from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.claim import Outcome, Reason
from cryptoforecast.evaluation.density import RUNG_NAMES
from cryptoforecast.evaluation.density_claim import AgainstRung, DensityClaim, density_claim_on
from cryptoforecast.evaluation.density_sentence import density_sentence_of
from cryptoforecast.evaluation.distribution_verdict import DistributionVerdict, against_rung
from cryptoforecast.evaluation.quantile_columns import DISTRIBUTION_COLUMNS, QUANTILES
from cryptoforecast.evaluation.tries import Place, Tried
from cryptoforecast.evaluation.verdict import judge
from cryptoforecast.evaluation.verdict_record import scores_of_rows
from tests.evaluation.helpers import distribution_rows, printed, spread_rows
from tests.helpers import not_none

ALIKE = significance.TestResult(None, "at each of which both err alike")


def clustered_rows(errors: dict[str, float | None], seed: int = 0, count: int = 800, **options: str) -> pd.DataFrame:
    """Rows of models that know the spread of each day up to a log-normal error; None knows the mean spread alone."""
    random = np.random.default_rng(seed)
    scales = 0.03 * np.exp(0.5 * np.sin(np.arange(count) / 20))
    actual = 100 * np.exp(scales * random.normal(size=count))
    constant = float(np.sqrt(np.mean(scales**2)))
    parts = []
    for model, error in errors.items():
        known = constant if error is None else scales * np.exp(error * random.normal(size=count))
        parts.append(distribution_rows(model, known, actual, **options))
    return pd.concat(parts, ignore_index=True)


LADDER = {"LSTM": 0.05, "RandomWalk": None, "Ewma": 0.6, "Garch": 0.5, "Har": 0.0}


def judged(rows: pd.DataFrame, split: str = "test", **options: object) -> DistributionVerdict:
    return not_none(judge(rows, split, **options).distribution)  # type: ignore[arg-type]


def at(fit: int) -> Place:
    return Place(fit, fit, Tried(fit, fit))


def against(rung: str, reduction: float, p_value: float | None) -> AgainstRung:
    test = significance.TestResult(p_value, "" if p_value is not None else "too few for a test")
    return AgainstRung(rung, reduction, test, -reduction)


def claim(*rungs: AgainstRung, model: str = "LSTM", **options: object) -> DensityClaim:
    return density_claim_on(model, rungs, targets=421, coverage_90=0.896, **options)  # type: ignore[arg-type]


def test_the_sentence_names_the_highest_rung_that_is_beaten_and_the_first_that_is_not() -> None:
    found = claim(against("RandomWalk", 0.04, 0.0001), against("Garch", 0.004, 0.003), against("Har", 0.001, 0.6))
    assert density_sentence_of(found) == (
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
    sentence = density_sentence_of(claim(*rungs, **options))
    assert sentence.startswith(f"LSTM's distribution {words}")
    assert sentence.endswith(".")
    assert "inf" not in sentence


def test_what_is_flattered_simulated_or_alone_is_said() -> None:
    better = against("RandomWalk", 0.04, 0.0001)
    assert density_sentence_of(claim(better, simulated=True)).startswith("SIMULATED closes")
    flattered = claim(better, flattered_by="it was fitted on them")
    assert density_sentence_of(flattered).startswith(
        "No claim on LSTM's distribution: its CRPS is 4.00% lower than RandomWalk's on 421 targets, but it was fitted"
    )
    assert (flattered.outcome, flattered.to_record()["reason"]) == (Outcome.NO_CLAIM, "it was fitted on them")
    assert "no rung of the ladder stands beside it" in density_sentence_of(claim())
    assert "the first rung of the ladder" in density_sentence_of(
        claim(against("Ewma", -0.01, 0.001), model="RandomWalk")
    )


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


def test_a_model_without_a_distribution_is_judged_and_printed_as_before() -> None:
    rows = clustered_rows({"LSTM": 0.05, "RandomWalk": None}).drop(columns=DISTRIBUTION_COLUMNS)
    verdict = judge(rows)
    assert (verdict.distribution, verdict.density_skill, verdict.sentences) == (None, None, [verdict.sentence])
    text = printed(verdict)
    assert "CRPS" not in text
    assert "distribution" not in verdict.to_json()
    assert list(verdict.table()) == ["series", "model", "rmse", "mae", "mape", "skill", "targets"]


def test_a_point_model_beside_distributions_of_others_is_judged_on_the_point_alone() -> None:
    rows = clustered_rows(LADDER)
    rows.loc[rows["model"] == "LSTM", DISTRIBUTION_COLUMNS] = np.nan
    assert judge(rows).distribution is None


def test_the_point_table_has_no_rungs_and_the_other_has_all() -> None:
    text = printed(judge(clustered_rows(LADDER)))
    points, rest = text.split("distributions of the log change")
    densities = rest.split("skill or luck?")[0]
    assert "Garch" not in points
    assert all(model in densities for model in LADDER)
    assert max(map(len, text.split("LSTM is no better")[0].splitlines())) <= 100
    assert text.splitlines()[-1].startswith("LSTM's distribution is better than Garch's")
    assert repr(judge(clustered_rows(LADDER))) == text.rstrip()


def test_scores_json_has_the_names_of_a_distribution() -> None:
    content = json.loads(judge(clustered_rows(LADDER), tries=at(2)).to_json())
    assert list(content) == ["split", "series", "targets", "scores", "verdict", "claim", "distribution", "findings"]
    density = ["crps", "density_skill", "log_score", "coverage_50", "coverage_90", "width_90"]
    assert list(content["scores"]["LSTM"]) == ["rmse", "mae", "mape", "skill", *density]
    assert list(content["scores"]["Har"]) == density
    findings = content["findings"]["COIN-USD"]["LSTM"]
    assert list(findings)[-4:] == ["kupiec", "christoffersen", "diebold_mariano_crps", "pit"]
    assert list(findings["kupiec"]) == list(findings["christoffersen"]) == ["0.01", "0.05", "0.95", "0.99"]
    assert list(findings["diebold_mariano_crps"]) == list(RUNG_NAMES)
    assert content["distribution"]["claim"]["better_than"] == "Garch"
    assert content["distribution"]["claim"]["place"] == {"fit": 2, "variant": 2}
    assert content["distribution"]["verdict"].startswith("LSTM's distribution is better than Garch's")


def test_the_ledger_has_the_scores_of_the_verdict() -> None:
    rows = clustered_rows(LADDER)
    assert scores_of_rows(with_random_walk(rows))["COIN-USD"] == json.loads(judge(rows).to_json())["scores"]


def test_a_log_score_that_is_not_known_is_null_and_a_dash() -> None:
    rows = clustered_rows(LADDER)
    rows.loc[rows["model"] == "Ewma", "log_density"] = np.nan
    verdict = judge(rows)
    assert json.loads(verdict.to_json())["scores"]["Ewma"]["log_score"] is None
    (line,) = [line for line in printed(verdict).split("skill or luck")[0].splitlines() if "Ewma" in line]
    assert " - " in line


def test_the_frame_has_both_kinds_of_scores() -> None:
    frame = judge(clustered_rows(LADDER)).table()
    assert frame["model"].tolist() == list(LADDER)
    assert frame["rmse"].isna().tolist() == [False, False, True, True, True]
    assert frame["crps"].notna().all()
    assert "LSTM&#x27;s distribution is better" in judge(clustered_rows(LADDER))._repr_html_()


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


def two_coins() -> pd.DataFrame:
    """Two coins, the second in billionths of the first's price."""
    second = clustered_rows(LADDER, 1).assign(series="ETH-USD")
    prices = [*QUANTILES, "last", "forecast", "actual"]
    return pd.concat([clustered_rows(LADDER), second.assign(**{name: 1e-9 * second[name] for name in prices})],
                     ignore_index=True)  # fmt: skip


def test_one_sentence_speaks_for_several_coins_and_each_counts_the_same() -> None:
    one, both = judge(clustered_rows(LADDER)), judge(two_coins())
    first, pooled = not_none(one.distribution), not_none(both.distribution)
    for alone, together in zip(first.claim.rungs, pooled.claim.rungs, strict=True):
        assert alone.rung == together.rung
        assert together.test.p_value is not None
    assert pooled.density_skill == pytest.approx(
        np.mean([s["LSTM"]["density_skill"] for s in pooled.by_series.values()])
    )
    content = json.loads(both.to_json())
    assert list(content["all"]["LSTM"])[:4] == ["mape", "skill", "positive", "crps"]
    assert content["all"]["Har"]["crps"] == pytest.approx(pooled.overall["Har"]["crps"])
    text = printed(both)
    assert text.count("all series, each counting the same") == 2
    assert "2 series: is the distribution of LSTM right?" in text


def test_coins_that_move_as_one_are_one_witness() -> None:
    rows = clustered_rows(LADDER)
    copies = pd.concat([rows, rows.assign(series="ETH-USD")], ignore_index=True)
    for alone, together in zip(judged(rows).claim.rungs, judged(copies).claim.rungs, strict=True):
        assert together.test.p_value == pytest.approx(alone.test.p_value)


@pytest.mark.parametrize("scale", [0.5, 2.0], ids=["narrow", "wide"])
def test_intervals_that_hold_another_share_than_they_say_are_named(scale: float) -> None:
    sentence = judged(spread_rows(0, 300, {"LSTM": 0.03 * scale, "RandomWalk": 0.03})).sentence
    assert "and it is not calibrated (" in sentence
    assert "p < 0.001)." in sentence


def test_a_model_that_buys_its_coverage_with_some_endless_intervals_is_named() -> None:
    """Nine of ten intervals are a hundred times too wide, and one holds nothing."""
    random = np.random.default_rng(0)
    scales = np.where(random.random(600) < 0.9, 3.0, 0.0003)
    verdict = judged(spread_rows(1, 600, {"LSTM": scales, "RandomWalk": 0.03}))
    assert abs(verdict.scores["LSTM"]["coverage_90"] - 0.9) < 0.03
    assert verdict.claim.outcome is Outcome.WORSE
    assert not_none(verdict.claim.misfit).test == "PIT"


def claim_of(rows: pd.DataFrame) -> DensityClaim:
    """The claim alone, without the findings, which take most of the time."""
    by_model = dict(list(rows.groupby("model", sort=False)))
    rungs = [against_rung(by_model["LSTM"], by_model[rung]) for rung in RUNG_NAMES]
    return claim(*rungs)


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
