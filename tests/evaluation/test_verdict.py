"""The honest sentence."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation.verdict import Verdict, judge
from tests.evaluation.helpers import judged, printed
from tests.helpers import coins, rows_of, walk_and_model


@pytest.mark.parametrize(
    ("verdict", "start"),
    [
        (judged(noise=0.0), "Model is no better than persistence: it forecasts what the random walk forecasts"),
        (judged(noise=0.1), "Model is no better than persistence: its RMSE is"),
        (judged(noise=0.3, knows=0.5), "Model is better than persistence: its RMSE is"),
        (judged(noise=5.0), "Model is worse than persistence: its RMSE is"),
    ],
)
def test_the_sentence_claims_no_more_than_the_test_allows(verdict: Verdict, start: str) -> None:
    assert verdict.sentence.startswith(start)


def test_every_claim_carries_its_test_and_its_count_of_targets() -> None:
    for verdict in (judged(noise=0.1), judged(noise=0.3, knows=0.5), judged(noise=5.0)):
        assert "on 200 targets" in verdict.sentence
        assert "Diebold-Mariano p" in verdict.sentence


def test_a_lower_rmse_without_significance_is_within_luck() -> None:
    verdict = next(v for seed in range(50) if (v := judged(noise=0.1, seed=seed)).scores["Model"]["skill"] > 0)
    assert "lower" in verdict.sentence
    assert "within luck" in verdict.sentence


def test_no_claim_is_made_on_the_targets_a_model_was_chosen_by() -> None:
    for knows, start in ((0.0, "Model is no better than persistence"), (0.5, "Model may or may not be better")):
        sentence = judge(pd.concat(walk_and_model(0, 0.3, knows)), "val").sentence
        assert "Diebold" not in sentence
        assert sentence.startswith(start)


def test_too_few_targets_are_no_evidence() -> None:
    few = judge(pd.concat(walk_and_model(0, noise=0.1, knows=0.9, count=5)), "test")
    assert few.sentence.startswith("Model is no better than persistence")
    assert "too few for a test" in few.sentence


def test_the_random_walk_is_not_compared_with_itself() -> None:
    rows = rows_of("RandomWalk", [1.0, 2.0], [2.0, 3.0])
    assert judge(rows, "test").sentence.startswith("RandomWalk is persistence itself")


def test_simulated_closes_are_called_so_in_table_and_sentence() -> None:
    verdict = judged(noise=0.1, simulated=True)
    assert verdict.sentence.startswith("SIMULATED")
    assert "SIMULATED" in printed(verdict).splitlines()[0]
    assert "SIMULATED" not in printed(judged(noise=0.1))


def test_the_table_names_every_model_and_the_count_of_targets() -> None:
    table = printed(judged(noise=0.1))
    assert "COIN-USD: 200 test targets" in table
    assert all(word in table for word in ("Model", "RandomWalk", "RMSE", "MAE", "MAPE %", "skill", "+0.0000"))


def test_scores_json_has_the_documented_form(tmp_path: Path) -> None:
    judged(noise=0.1).write(tmp_path / "scores.json")
    content = json.loads((tmp_path / "scores.json").read_text())
    assert list(content) == ["split", "series", "targets", "scores", "verdict", "claim", "findings"]
    assert (content["split"], content["series"], content["targets"]) == ("test", ["COIN-USD"], 200)
    assert list(content["scores"]["Model"]) == ["rmse", "mae", "mape", "skill"]
    assert np.isclose(
        content["scores"]["Model"]["skill"],
        1 - content["scores"]["Model"]["rmse"] / content["scores"]["RandomWalk"]["rmse"],
    )


def judged_coins(knows: float = 0.0, noise: float = 0.1, split: str = "test") -> Verdict:
    return judge(pd.concat(coins(3, 0, knows, noise)), split)


@pytest.mark.parametrize(
    ("knows", "noise", "start", "end"),
    [
        (
            0.5,
            0.3,
            "Model is better than persistence: its mean skill over 3 series is +0.",
            "(Diebold-Mariano p < 0.001).",
        ),
        (
            0.0,
            5.0,
            "Model is worse than persistence: its mean skill over 3 series is -",
            "(Diebold-Mariano p < 0.001).",
        ),
        (0.0, 0.1, "Model is no better than persistence: its mean skill over 3 series is", ")."),
        (0.0, 0.0, "Model is no better than persistence: it forecasts what the random walk forecasts.", ""),
    ],
)
def test_one_sentence_speaks_for_several_series(knows: float, noise: float, start: str, end: str) -> None:
    sentence = judged_coins(knows, noise).sentence
    assert sentence.startswith(start)
    assert sentence.endswith(end)
    assert ("on 600 targets" in sentence) == (noise > 0.0)


def test_nothing_is_claimed_where_mean_skill_and_squared_errors_disagree() -> None:
    """Right to the last cent on one coin, and reliably further off than the random walk on another."""
    moves = np.random.default_rng(0).uniform(1.0, 2.0, 60)
    sizes = {"GOOD-USD": (0.0, 1.0), "BAD-USD": (1.9, 1.0)}  # errors of model and random walk, in moves
    rows = [
        rows_of(model, list(100 + size * moves), [100.0] * 60).assign(series=series)
        for at, model in enumerate(("Model", "RandomWalk"))
        for series, size in ((name, both[at]) for name, both in sizes.items())
    ]
    sentence = judge(pd.concat(rows), "test").sentence
    assert sentence.startswith(
        "Model is no better than persistence: its mean skill over 2 series is +0.0500, above 0 in 1"
    )
    assert "but squared errors point the other way" in sentence


def test_tables_of_several_series_fit_and_print_no_dollars_over_all() -> None:
    text = printed(judged_coins())
    assert max(map(len, text.split("Model is")[0].splitlines())) <= 100
    assert "3 series: 600 test targets" in text
    assert all(text.count(f"COIN{number}-USD") == 2 for number in range(3))  # their scores, and their findings
    last = text.split("all series, each counting the same")[1].split("3 series: skill or luck of Model?")[0]
    assert "RMSE" not in last
    assert all(word in last for word in ("mean MAPE %", "mean skill", "skill above 0", "0 of 3"))


def test_scores_json_of_several_series_has_each_and_all() -> None:
    verdict = judged_coins(knows=0.5)
    content = json.loads(verdict.to_json())
    assert list(content) == ["split", "series", "targets", "by_series", "all", "verdict", "claim", "findings"]
    assert content["series"] == ["COIN0-USD", "COIN1-USD", "COIN2-USD"]
    assert content["targets"] == 600
    assert list(content["by_series"]["COIN1-USD"]["Model"]) == ["rmse", "mae", "mape", "skill"]
    skills = [table["Model"]["skill"] for table in content["by_series"].values()]
    assert np.isclose(content["all"]["Model"]["skill"], np.mean(skills))
    assert content["all"]["Model"]["positive"] == 1.0


def test_no_claim_is_made_on_validation_targets_of_several_series() -> None:
    sentence = judged_coins(knows=0.5, split="val").sentence
    assert sentence.startswith("Model may or may not be better than persistence: its mean skill over 3 series is +")
    assert "above 0 in 3 of them, on 600 val targets, by which it was chosen" in sentence


def test_a_coin_that_stands_still_is_named() -> None:
    model, walk = walk_and_model(0, 0.1)
    still = [
        rows_of(name, [said] * 200, [1.0] * 200).assign(series="STILL-USD")
        for name, said in (("Model", 2.0), ("RandomWalk", 1.0))
    ]
    verdict = judge(pd.concat([model, still[0], walk, still[1]]), "test")
    assert "the closes of STILL-USD stand still" in verdict.sentence
    assert json.loads(verdict.to_json())["all"]["Model"]["skill"] is None
