"""The QLIKE of a walk forward: of each fold and seed, tested over all of them."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from cryptoforecast.evaluation.quantity import note_quantity
from cryptoforecast.evaluation.significance import diebold_mariano_of
from cryptoforecast.evaluation.volatility import qlike_of_rows
from cryptoforecast.evaluation.walk_forward.scores import BacktestVerdict, judge_backtest
from cryptoforecast.evaluation.walk_forward.table import print_backtest, table_of_folds
from tests.evaluation.helpers import volatility_rows
from tests.helpers import not_none, p_value_of

BASELINES = {"VolatilityEwma": 0.8, "VolatilityGarch": 0.6, "VolatilityHar": 0.3}
COUNT = 200


def walk_of(noise: dict[int, float], series: str = "COIN-USD volatility") -> pd.DataFrame:
    """The rows of two folds and of a model with a noise for each seed, and of baselines."""
    parts = []
    for seed, sd in noise.items():
        rows = volatility_rows({"LSTM": sd, **BASELINES}, COUNT, seed=3, series=series)
        model = rows["model"] == "LSTM"
        rows.loc[model, "forecast"] *= np.exp(0.05 * np.random.default_rng(seed).normal(size=COUNT))
        parts.append(rows[model].assign(seed=seed))
    walk = pd.concat([*parts, rows[~model].assign(seed=pd.NA)], ignore_index=True).astype({"seed": "Int64"})
    walk["fold"] = (walk["timestamp"] >= walk["timestamp"].quantile(0.5)).astype(int)
    note_quantity(walk, "volatility")
    return walk.sort_values("fold", kind="stable", ignore_index=True)


def printed(verdict: BacktestVerdict) -> str:
    text = io.StringIO()
    print_backtest(verdict, Console(file=text, width=100))
    return text.getvalue()


def losses(rows: pd.DataFrame) -> pd.Series:
    return pd.Series(qlike_of_rows(rows)).groupby(rows["origin"].to_numpy()).mean()


def test_the_loss_of_a_target_is_the_mean_over_the_seeds() -> None:
    rows = walk_of({0: 0.05, 1: 0.2})
    verdict = judge_backtest(rows)
    volatility = not_none(verdict.volatility)
    (scores,) = volatility.by_series.values()
    by_model = {str(name): part for name, part in rows.groupby("model")}
    assert scores["LSTM"].qlike == pytest.approx(losses(by_model["LSTM"]).mean())
    for rung in BASELINES:
        test = diebold_mariano_of((losses(by_model["LSTM"]) - losses(by_model[rung])).to_numpy(), 1)
        assert not_none(scores[rung].p_value) == pytest.approx(p_value_of(test))
    assert volatility.claim.targets == COUNT
    against = {against.rung: against for against in volatility.claim.rungs}
    assert list(against) == ["RandomWalk", *BASELINES]
    assert p_value_of(against["VolatilityHar"].test) == pytest.approx(not_none(scores["VolatilityHar"].p_value))


def test_the_files_and_tables_have_the_qlike_of_each_fold() -> None:
    rows = walk_of({0: 0.05, 1: 0.2})
    verdict = judge_backtest(rows)
    record, text = json.loads(verdict.to_json()), printed(verdict)
    model = rows[rows["model"] == "LSTM"]
    for fold in record["folds"]:
        of_fold = model[model["fold"] == fold["fold"]]
        of_seeds = [float(qlike_of_rows(part).mean()) for _, part in of_fold.groupby("seed")]
        assert [fold["qlike"][name] for name in ("min", "max")] == pytest.approx(sorted(of_seeds))
        assert f"{np.mean(of_seeds):.4f}" in text
    assert record["pooled"]["qlike"]["mean"] == pytest.approx(
        record["volatility"]["by_series"]["COIN-USD volatility"]["LSTM"]["qlike"]
    )
    assert table_of_folds(verdict)["qlike"].iloc[-1] == pytest.approx(record["pooled"]["qlike"]["mean"])
    assert record["volatility"]["verdict"] == verdict.sentences[1]
    assert "the volatility of LSTM (a perfect forecast: 0)" in text
    assert max(map(len, text.splitlines()[:-2])) <= 100
    assert "QLIKE p, LSTM" in text
    assert text.count("MSE of logs") == 1
    assert "log_mse" not in text


def test_the_sentence_names_the_highest_baseline_of_volatility_that_is_beaten() -> None:
    rows = walk_of({0: 0.05, 1: 0.05})
    rows["forecast"] *= rows["model"].map({"VolatilityEwma": 0.6, "VolatilityGarch": 0.7}).fillna(1.0)
    sentence = not_none(judge_backtest(rows).volatility).sentence
    assert sentence.startswith("LSTM's volatility is better than VolatilityHar's, the highest rung beside it (QLIKE ")
    better = rows["model"] == "VolatilityHar"
    rows.loc[better, "forecast"] = rows.loc[better, "actual"] * 1.01
    verdict = judge_backtest(rows)
    sentence = not_none(verdict.volatility).sentence
    assert sentence.startswith("LSTM's volatility is better than VolatilityGarch's (QLIKE ")
    assert " but not than VolatilityHar's (QLIKE " in sentence
    assert sentence in printed(verdict)


def test_several_series_are_tested_together() -> None:
    calm, wild = walk_of({0: 0.05}), walk_of({0: 0.6}, "WILD-USD volatility")
    verdict = judge_backtest(pd.concat([calm, wild], ignore_index=True))
    volatility = not_none(verdict.volatility)
    assert volatility.claim.targets == 2 * COUNT
    each = [1 - scores["LSTM"].qlike / scores["RandomWalk"].qlike for scores in volatility.by_series.values()]
    assert volatility.claim.rungs[0].reduction == pytest.approx(np.mean(each))


def test_of_a_forecast_that_is_not_above_zero_nothing_is_claimed() -> None:
    rows = walk_of({0: 0.05, 1: 0.05})
    rows.loc[0, "forecast"] = 0.0
    verdict = judge_backtest(rows)
    sentence = not_none(verdict.volatility).sentence
    assert sentence == "No claim on LSTM's volatility on 200 targets: its QLIKE is not known at some of them."
    record = json.loads(verdict.to_json())
    assert record["volatility"]["claim"]["outcome"] == "no claim"
    assert record["pooled"]["qlike"]["mean"] is None
    assert "nan" not in printed(verdict)


def test_a_walk_forward_of_prices_has_no_word_of_it() -> None:
    rows = walk_of({0: 0.05})
    rows.attrs.clear()
    verdict = judge_backtest(rows)
    assert verdict.volatility is None
    assert "QLIKE" not in printed(verdict)
    assert "qlike" not in verdict.to_json()
