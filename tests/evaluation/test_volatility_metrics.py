"""The metrics of volatility in a backtest, a test and a comparison."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cryptoforecast as cf
from cryptoforecast.evaluation.volatility_metrics import log_mse, qlike, with_metrics_of_quantity
from tests.evaluation.helpers import volatility_rows

VOLATILITIES = st.lists(st.tuples(*[st.floats(1e-4, 1.0)] * 2), min_size=1, max_size=20)
CONFIG = {
    "source": cf.VolatilitySource(cf.SimulatedSource(rows=300)), "model": cf.LSTM, "hidden_size": 4, "seed": 0,
    "context_length": 20, "val_from": 200, "test_from": 230, "max_epochs": 1, "accelerator": "cpu",
}  # fmt: skip


def rows_of(pairs: list[tuple[float, float]]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["forecast", "actual"])


def test_both_are_those_counted_by_hand() -> None:
    rows = rows_of([(0.02, 0.02), (0.02, 0.04)])
    assert qlike(rows) == pytest.approx((4 - np.log(4) - 1) / 2)
    assert log_mse(rows) == pytest.approx(np.log(2) ** 2 / 2)


@given(VOLATILITIES, st.floats(0.01, 100.0))
def test_neither_depends_on_the_unit(pairs: list[tuple[float, float]], unit: float) -> None:
    rows = rows_of(pairs)
    for metric in (qlike, log_mse):
        assert metric(rows * unit) == pytest.approx(metric(rows), rel=1e-6, abs=1e-9)


def test_a_forecast_that_is_not_above_zero_has_none() -> None:
    rows = rows_of([(0.02, 0.02), (0.0, 0.04)])
    assert qlike(rows) is None
    assert log_mse(rows) is None


def test_prices_have_neither() -> None:
    assert with_metrics_of_quantity(rows_of([(1.0, 2.0)]), {}) == {}


def test_a_backtest_of_volatility_and_a_comparison_of_it_show_both(tmp_path: Path) -> None:
    result = cf.backtest(**CONFIG, folds=2, output_dir=tmp_path / "out", progress=False)
    assert {"qlike", "log_mse"} <= set(result.table())
    assert "the volatility of LSTM" in repr(result)
    assert "VolatilityHar" in set(result.rows["model"])
    rows = pd.read_csv(tmp_path / "out" / "forecasts.csv")
    expected = {str(model): qlike(part) for model, part in rows.groupby("model")}
    assert result.table()["qlike"].iloc[-1] == pytest.approx(expected["LSTM"])
    scores = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert "judge" not in scores
    board = cf.compare(tmp_path / "out", repetitions=50).table().set_index("model")["qlike"]
    assert sorted(board) == pytest.approx(sorted(expected.values())), dict(board)


def test_a_test_of_volatility_is_compared_by_both_too(tmp_path: Path) -> None:
    run = cf.fit(**CONFIG, name="volatile")
    run.test()
    assert {"qlike", "log_mse"} <= set(cf.compare(run, repetitions=50).table())


def test_a_metric_of_the_user_takes_the_place_of_one_of_the_same_name() -> None:
    def qlike(rows: pd.DataFrame) -> float:
        return float(len(rows))

    rows = volatility_rows({"LSTM": 0.2}, count=20)
    verdict = cf.judge(rows, metrics=[qlike])
    assert verdict.scores["LSTM"] | {"qlike": 20.0} == verdict.scores["LSTM"]
    assert list(json.loads(verdict.to_json())["judge"]["metrics"]) == ["qlike"]
    assert "qlike" in repr(verdict)
    assert "log_mse" not in repr(verdict)
    assert "judge" not in json.loads(cf.judge(volatility_rows({"LSTM": 0.2}, count=20)).to_json())
