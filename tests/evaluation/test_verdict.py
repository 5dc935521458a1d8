"""The honest sentence."""

import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from cryptoforecast.evaluation.verdict import Verdict, judge, show
from tests.evaluation.test_metrics import rows_of
from tests.evaluation.test_significance import walk_and_model


def judged(noise: float, knows: float = 0.0, seed: int = 0, simulated: bool = False) -> Verdict:
    return judge(pd.concat(walk_and_model(seed, noise, knows)), "test", simulated)


def printed(verdict: Verdict) -> str:
    text = io.StringIO()
    show(verdict, Console(file=text, width=100))
    return text.getvalue()


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
    for knows in (0.0, 0.5):
        sentence = judge(pd.concat(walk_and_model(0, 0.3, knows)), "val").sentence
        assert "Diebold" not in sentence
        assert sentence.startswith(("Model is no better than persistence", "Model may or may not be better"))


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
    assert list(content) == ["split", "series", "targets", "scores", "verdict"]
    assert (content["split"], content["series"], content["targets"]) == ("test", ["COIN-USD"], 200)
    assert list(content["scores"]["Model"]) == ["rmse", "mae", "mape", "skill"]
    assert np.isclose(
        content["scores"]["Model"]["skill"],
        1 - content["scores"]["Model"]["rmse"] / content["scores"]["RandomWalk"]["rmse"],
    )
