"""Forecasts of volatility ranked by QLIKE, and the baseline of volatility that the best one beats."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import UserError, compare
from cryptoforecast.evaluation.comparison.board import compare_rows
from cryptoforecast.evaluation.rows import to_csv
from cryptoforecast.evaluation.significance import diebold_mariano
from cryptoforecast.evaluation.volatility import qlike_of_rows, volatility_scores
from tests.evaluation.helpers import many, volatility_rows
from tests.helpers import not_none, p_value_of

BASELINES = {"VolatilityEwma": 0.8, "VolatilityGarch": 0.6, "VolatilityHar": 0.3}
RUNGS = ["RandomWalk", *BASELINES]


def test_a_board_by_qlike_has_the_numbers_of_the_verdict_and_of_its_tests() -> None:
    rows = volatility_rows({"LSTM": 0.1, **BASELINES})
    board, scores = compare_rows(rows, repetitions=100, by="qlike").pooled, volatility_scores(rows)
    (of_series,) = scores.values()
    assert list(board.rungs) == RUNGS
    by_model = dict(list(rows.groupby("model")))
    for model, score in of_series.items():
        standing = board.standings[model]
        assert standing["qlike"] == pytest.approx(score.qlike)
        assert standing["log_mse"] == pytest.approx(score.log_mse)
        assert standing["relative_qlike"] == pytest.approx(score.qlike / of_series["RandomWalk"].qlike)
    for rung in RUNGS:
        test = diebold_mariano(by_model["LSTM"], by_model[rung], qlike_of_rows)
        assert np.isclose(p_value_of(board.rungs[rung].tests["LSTM"]), p_value_of(test))
    assert list(board.standings) == sorted(of_series, key=lambda model: of_series[model].qlike)


def test_a_forecast_that_knows_the_level_is_found_better_than_every_baseline() -> None:
    rows = volatility_rows({"LSTM": 0.05, "GRU": 0.7, **BASELINES})
    comparison = compare_rows(rows, repetitions=300, by="qlike")
    assert comparison.winner == "LSTM"
    assert comparison.sentence.startswith(
        "LSTM is better than VolatilityHar, also as the best of those given: its QLIKE is "
    )
    assert comparison.sentence.endswith("; 2 variants were tried on these targets.")
    assert comparison.pooled.standings["LSTM"]["in_confidence_set"]
    assert not comparison.pooled.standings["GRU"]["in_confidence_set"]


def test_the_claim_ends_at_the_first_baseline_that_is_not_beaten() -> None:
    rows = volatility_rows({**dict.fromkeys(["LSTM", *BASELINES], 0.1), "VolatilityHar": 0.05})
    rows["forecast"] *= rows["model"].map({"VolatilityEwma": 0.6, "VolatilityGarch": 0.7}).fillna(1.0)
    comparison = compare_rows(rows, repetitions=300, by="qlike")
    best_of = not_none(comparison.claim.best_of)
    assert (best_of.benchmark, not_none(best_of.next_rung).name) == ("VolatilityGarch", "VolatilityHar")
    assert "LSTM is better than VolatilityGarch, also as" in comparison.sentence
    assert ", but not shown to be better than VolatilityHar (SPA p = " in comparison.sentence


def test_twenty_equal_forecasts_give_no_claim() -> None:
    walk = volatility_rows({})
    random = np.random.default_rng(3)
    copies = [
        walk.assign(model=f"LSTM {at}", forecast=walk["last"] * np.exp(0.01 * random.normal(size=len(walk))))
        for at in range(20)
    ]
    rows = pd.concat([walk, *copies], ignore_index=True)
    comparison = compare_rows(rows, repetitions=300, by="qlike")
    assert comparison.winner is None
    assert comparison.sentence.startswith("No model is better than the random walk: LSTM ")


def test_a_model_with_a_forecast_that_is_not_above_zero_is_named_and_left_out(tmp_path: Path) -> None:
    rows = volatility_rows({"LSTM": 0.1, "Linear": 0.1})
    rows.loc[rows["model"] == "Linear", "forecast"] -= 0.02
    result = compare(rows, repetitions=100, by="qlike", output_dir=tmp_path)
    assert set(result.pooled.standings) == {"LSTM", "RandomWalk"}
    sentence = "left out, for it has a forecast that is not above zero: Linear"
    assert f"{sentence}\n" in repr(result)
    assert sentence in (tmp_path / "comparison.html").read_text()
    assert json.loads((tmp_path / "comparison.json").read_text())["not_above_zero"] == ["Linear"]
    by_rmse = compare(rows, repetitions=100)
    assert by_rmse.pooled.standings["Linear"].get("qlike") is None
    assert "rel. QLIKE" in repr(by_rmse)
    with pytest.raises(UserError, match="by qlike: no model beside RandomWalk forecasts volatilities above zero"):
        compare(rows[rows["model"].isin(["Linear", "RandomWalk"])], by="qlike")


def test_prices_are_refused_and_have_no_such_column() -> None:
    rows = many(0, copies=1)
    with pytest.raises(UserError, match="by qlike: these forecasts are of prices"):
        compare(rows, by="qlike")
    assert "QLIKE" not in repr(compare(rows, repetitions=100))


def test_runs_of_several_quantities_are_refused_and_of_a_silent_file_the_others_tell(tmp_path: Path) -> None:
    first, second = volatility_rows({"LSTM": 0.1}), volatility_rows({"GRU": 0.3})
    to_csv(first, tmp_path / "first.csv")
    second.attrs.clear()
    to_csv(second, tmp_path / "second.csv")
    assert "quantity" not in (tmp_path / "second.csv").read_text()
    result = compare(tmp_path / "first.csv", tmp_path / "second.csv", repetitions=100, by="qlike")
    assert list(result.pooled.standings) == ["LSTM", "GRU", "RandomWalk"]
    with pytest.raises(UserError, match=r"first.csv forecasts a volatility, and frame 2 a ratio; compare runs of one"):
        compare(tmp_path / "first.csv", second.assign(quantity="ratio"), by="qlike")


def test_several_series_count_the_same_whatever_their_noise() -> None:
    calm = volatility_rows({"LSTM": 0.05})
    wild = volatility_rows({"LSTM": 0.9}, seed=1, series="WILD-USD volatility")
    comparison = compare_rows(pd.concat([calm, wild]), repetitions=100, by="qlike")
    each = [not_none(board.standings["LSTM"]["relative_qlike"]) for board in comparison.by_series.values()]
    pooled = comparison.pooled.standings["LSTM"]
    assert pooled["relative_qlike"] == pytest.approx(np.mean(each))
    assert 1 - not_none(pooled["relative_qlike"]) == pytest.approx(comparison.claim.skill)


def test_the_files_say_by_what_models_are_ranked(tmp_path: Path) -> None:
    to_csv(volatility_rows({"LSTM": 0.1, **BASELINES}), tmp_path / "rows.csv")
    result = compare(tmp_path / "rows.csv", repetitions=100, by="qlike", output_dir=tmp_path)
    record, page = json.loads((tmp_path / "comparison.json").read_text()), (tmp_path / "comparison.html").read_text()
    assert record["pooled"]["by"] == "qlike"
    assert list(record["pooled"]["rungs"]) == RUNGS
    assert set(record["pooled"]["rungs"]["VolatilityHar"]["relative_qlike"]) == {"LSTM", *RUNGS}
    assert record["sentence"] == result.sentence
    for words in ("relative QLIKE", "QLIKE saved against the random walk", "each baseline", "VolatilityHar p"):
        assert words in page
    assert max(len(line) for line in repr(result).splitlines()[:-1] if "SPA" not in line) <= 100
