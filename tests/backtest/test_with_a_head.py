"""A backtest of a model with a distribution, and the comparison of what it writes, as commands."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS, QUANTILES
from cryptoforecast.evaluation.rows import read_written_rows
from tests.cli.helpers import QUICK
from tests.helpers import Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
SOURCES = "[{class_path: CsvSource, init_args: {path: A.csv}}, {class_path: CsvSource, init_args: {path: B.csv}}]"
BACKTEST = ("backtest", *QUICK, f"--data.source={SOURCES}", "--data.horizon=2", "--model.head=StudentT", "--folds=1",
            "--seeds=2", "--seed_everything=0")  # fmt: skip


@pytest.mark.slow
def test_a_backtest_of_a_head_has_the_ladder_the_ensemble_and_two_sentences_and_is_compared_by_crps(
    type_in: TypeIn,
) -> None:
    for seed, name in enumerate("AB"):
        write_yahoo(Path(f"{name}.csv"), random_walk(300, seed))
    said = type_in(*BACKTEST, "--output_dir=out")
    assert said.status == 0, said.err
    rows, scores = read_written_rows(Path("out/forecasts.csv")), json.loads(Path("out/scores.json").read_text())
    assert list(rows.columns[-24:]) == [*DISTRIBUTION_COLUMNS, "seed"]
    counts = rows.groupby("model").size()
    assert counts["LSTM"] == 2 * counts["RandomWalk"] == 2 * counts["Ensemble"] == 2 * counts["Har"]
    assert set(rows.loc[rows["model"] == "LSTM", "seed"]) == {0, 1}
    assert rows.loc[rows["model"] != "LSTM", "seed"].isna().all()
    lstm = [part[QUANTILES].to_numpy() for _, part in rows[rows["model"] == "LSTM"].groupby("seed")]
    ensemble = rows.loc[rows["model"] == "Ensemble", QUANTILES].to_numpy()
    np.testing.assert_allclose(ensemble, np.sqrt(lstm[0] * lstm[1]), rtol=1e-12)
    assert scores["distribution"]["verdict"] in said.out
    assert scores["distribution"]["ensemble"]["verdict"] in said.out
    assert len(Path("runs/ledger.jsonl").read_text().splitlines()) == 1
    found = type_in("compare", "out", "--by", "crps")
    assert found.status == 0, found.err
    record = json.loads(Path("comparison/comparison.json").read_text())
    assert {"LSTM seed 0", "LSTM seed 1", "Ensemble", "RandomWalk", "Har"} < set(record["pooled"]["standings"])
    assert record["without_distribution"] == ["Drift", "Mean"]
    assert "its CRPS is " in record["sentence"]
    assert "tried on these targets" in record["sentence"]
    again = type_in(*BACKTEST, "--output_dir=out", "--ensemble=false")
    assert again.status == 0, again.err
    assert "kept     2 of 2 fits" in again.out
    kept = read_written_rows(Path("out/forecasts.csv"))
    expected = rows[rows["model"] != "Ensemble"].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, expected, check_exact=True)


def test_a_wrong_measure_or_choice_of_the_ensemble_is_refused_in_one_sentence(type_in: TypeIn) -> None:
    for words, sentence in (
        (("compare", "rows.csv", "--by", "mape"), "by is 'mape'; it is one of rmse, crps, qlike."),
        ((*BACKTEST, "--ensemble=maybe"), "'maybe' is neither true nor false"),
    ):
        said = type_in(*words)
        assert (said.status, said.err.count("\n")) == (2, 1), said.err
        assert sentence in said.err
