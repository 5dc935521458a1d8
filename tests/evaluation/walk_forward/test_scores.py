"""Scores of a backtest."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from cryptoforecast import judge
from cryptoforecast.evaluation.metrics import scores
from cryptoforecast.evaluation.significance import diebold_mariano
from cryptoforecast.evaluation.walk_forward.densities import of_seed
from cryptoforecast.evaluation.walk_forward.joined_rows import join_rows
from cryptoforecast.evaluation.walk_forward.scores import BacktestVerdict, judge_backtest


def fold_rows(fold: int, model: list[float], walk: list[float], series: str = "COIN-USD") -> pd.DataFrame:
    """Rows of a fold whose actual closes are all 100: the model's errors, then the random walk's."""
    origins = pd.date_range("2024-01-01", periods=100, freq="D", tz="UTC")[10 * fold :][: len(model)]
    own = pd.DataFrame(
        {
            "series": series,
            "model": "LSTM",
            "fold": fold,
            "origin": origins,
            "step": 1,
            "timestamp": origins + pd.Timedelta("1D"),
            "last": 100.0,
            "forecast": 100.0 + np.array(model),
            "actual": 100.0,
        }
    )
    return pd.concat([own, own.assign(model="RandomWalk", forecast=100.0 + np.array(walk))], ignore_index=True)


def found(parts: list[tuple[int, pd.DataFrame]]) -> BacktestVerdict:
    return judge_backtest(join_rows(parts))


def test_rows_of_baselines_stand_once_a_fold_and_those_of_the_model_once_a_seed() -> None:
    rows = join_rows([(seed, fold_rows(fold, [1, 2], [2, 2])) for fold in (0, 1) for seed in (7, 8)])
    assert rows["seed"].astype(object).where(rows["seed"].notna(), None).tolist() == 2 * [7, 7, 8, 8, None, None]
    assert rows["fold"].tolist() == 6 * [0] + 6 * [1]
    assert rows["model"].tolist() == 2 * (4 * ["LSTM"] + 2 * ["RandomWalk"])


def test_skill_by_fold_pooled_and_its_spread_by_hand() -> None:
    good, bad, later = (fold_rows(fold, errors, [2, 2]) for fold, errors in ((0, [1, 1]), (0, [3, 3]), (1, [1, 1])))
    verdict = found([(0, good), (1, bad), (0, later), (1, later)])
    assert [[scored.skill for scored in fold.by_seed.values()] for fold in verdict.folds] == [[0.5, -0.5], [0.5, 0.5]]
    one, other = 0.5, 1 - np.sqrt(5) / 2  # of all errors of a seed, never a mean of the folds' own
    assert [scored.skill for scored in verdict.pooled.values()] == pytest.approx([one, other])
    assert verdict.skill == pytest.approx(
        {"mean": (one + other) / 2, "std": (one - other) / np.sqrt(2), "min": other, "max": one}
    )
    written = json.loads(verdict.to_json())
    assert written["beats_random_walk"] == {"share_of_seeds": 0.5, "share_of_folds": 0.5}
    assert (written["targets"], [fold["targets"] for fold in written["folds"]]) == (4, [2, 2])
    assert "with 1 of 2 seeds and in 1 of 2 folds" in verdict.sentence


def test_of_one_seed_pooled_scores_and_test_are_those_of_the_same_rows_as_one_test_part() -> None:
    random = np.random.default_rng(0)
    parts = [fold_rows(fold, random.normal(0, 1.1, 10).tolist(), random.normal(0, 1, 10).tolist()) for fold in (0, 1)]
    verdict, rows = found([(0, part) for part in parts]), pd.concat(parts)
    assert verdict.pooled[0].by_series["COIN-USD"] == scores(rows)
    own, walk = (rows[rows["model"] == model] for model in ("LSTM", "RandomWalk"))
    assert verdict.claim.test.p_value == verdict.pooled[0].p_value == diebold_mariano(own, walk).p_value
    assert verdict.sentence.split(":")[0] == judge(rows, "test").sentence.split(":")[0]


def test_the_test_over_seeds_is_one_of_their_mean_losses() -> None:
    random = np.random.default_rng(1)
    walk = random.normal(0, 1, 40)
    seeds = [walk + random.normal(0, 0.3, 40) for _ in range(5)]
    verdict = found([(seed, fold_rows(0, own.tolist(), walk.tolist())) for seed, own in enumerate(seeds)])
    difference = np.mean([own**2 for own in seeds], axis=0) - walk**2
    assert verdict.claim.test.p_value == pytest.approx(ttest_1samp(difference, 0).pvalue)


@pytest.mark.parametrize(
    ("model", "walk", "claim"),
    [
        (0.5, 1.0, "LSTM is better than persistence: its skill is +0."),
        (1.0, 0.5, "LSTM is worse than persistence: its skill is -"),
        (1.0, 1.0, "LSTM is no better than persistence: its skill is "),
    ],
)
def test_a_claim_is_made_only_where_the_test_makes_it(model: float, walk: float, claim: str) -> None:
    random = np.random.default_rng(2)
    parts = [
        (seed, fold_rows(fold, random.normal(0, model, 30).tolist(), random.normal(0, walk, 30).tolist()))
        for fold in (0, 3)
        for seed in (0,)
    ]
    assert found(parts).sentence.startswith(claim)


def test_few_targets_and_a_random_walk_are_no_evidence() -> None:
    assert "too few for a test" in found([(0, fold_rows(0, [1, 2], [2, 2]))]).sentence
    same = fold_rows(0, [2.0] * 20, [2.0] * 20)
    assert found([(0, same)]).sentence.endswith("it forecasts what the random walk forecasts.")
    walk = same[same["model"] == "RandomWalk"]
    verdict = found([(0, walk), (1, walk)])
    assert verdict.sentence.startswith("RandomWalk is persistence itself")
    assert verdict.folds[0].targets == 20


def test_closes_that_stand_still_have_no_skill_that_json_could_hold() -> None:
    verdict = found([(0, fold_rows(0, [1.0] * 20, [0.0] * 20))])
    assert "worse than persistence" in verdict.sentence
    assert json.loads(verdict.to_json())["pooled"]["skill"]["mean"] is None


def test_each_of_several_series_counts_the_same() -> None:
    both = [fold_rows(0, [1.0, 1.0], [2.0, 2.0]), fold_rows(0, [40.0, 40.0], [20.0, 20.0], "B-USD")]
    rows = pd.concat(both).sort_values("model", kind="stable")
    verdict = found([(0, rows)])
    assert verdict.skill["mean"] == (0.5 - 1.0) / 2
    assert verdict.targets == {"COIN-USD": 2, "B-USD": 2}
    assert verdict.folds[0].targets == 4


def test_simulated_closes_are_never_without_that_word() -> None:
    rows = join_rows([(0, fold_rows(0, [1, 2], [2, 2]))])
    assert judge_backtest(rows, simulated=True).sentence.startswith("SIMULATED closes, at which nobody ever traded")


def test_a_seed_has_its_own_rows_and_those_of_the_baselines() -> None:
    rows = join_rows([(seed, fold_rows(0, [seed], [2])) for seed in (3, 4)])
    assert of_seed(rows, 4)["forecast"].tolist() == [104.0, 102.0]
