"""Numbers that can be checked by head, and by another library."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scoringrules import crps_ensemble
from torchmetrics.functional import mean_absolute_error, mean_absolute_percentage_error, mean_squared_error

from cryptoforecast.evaluation.metrics import Score, mae, mape, overall, rmse, scores, scores_by_series
from tests.helpers import rows_of

prices = st.lists(st.tuples(st.floats(1, 1e5), st.floats(1, 1e5), st.floats(1, 1e5)), min_size=1, max_size=40)


def test_metrics_by_hand() -> None:
    rows = rows_of("Model", [103.0, 196.0], [100.0, 200.0])  # errors 3 and -4, of 3 % and 2 %
    assert rmse(rows) == (25 / 2) ** 0.5
    assert mae(rows) == 3.5
    assert abs(mape(rows) - 2.5) < 1e-12


@given(prices)
def test_metrics_agree_with_torchmetrics(drawn: list[tuple[float, float, float]]) -> None:
    forecast, actual, _ = (torch.tensor(column, dtype=torch.float64) for column in zip(*drawn, strict=True))
    rows = rows_of("Model", forecast.tolist(), actual.tolist())
    pairs = [
        (rmse(rows), mean_squared_error(forecast, actual, squared=False)),
        (mae(rows), mean_absolute_error(forecast, actual)),
        (mape(rows), 100 * mean_absolute_percentage_error(forecast, actual)),
    ]
    for ours, theirs in pairs:
        torch.testing.assert_close(ours, theirs.item(), rtol=1e-9, atol=1e-9)


@given(prices)
def test_the_random_walks_skill_is_zero_to_the_last_digit(drawn: list[tuple[float, float, float]]) -> None:
    forecast, actual, last = (list(column) for column in zip(*drawn, strict=True))
    table = scores(pd.concat([rows_of("Model", forecast, actual), rows_of("RandomWalk", last, actual)]))
    assert list(table) == ["Model", "RandomWalk"]
    assert table["RandomWalk"]["skill"] == 0.0


def test_scores_of_several_series_by_hand() -> None:
    def coin(symbol: str, unit: float, forecast: float, walk: float) -> list[pd.DataFrame]:
        pairs = (("Model", forecast), ("RandomWalk", walk))
        return [rows_of(model, [unit * said], [unit * 100]).assign(series=symbol) for model, said in pairs]

    rows = pd.concat([*coin("DEAR-USD", 1000.0, 103.0, 104.0), *coin("CHEAP-USD", 0.01, 98.0, 101.0)])
    by_series = scores_by_series(rows)
    assert list(by_series) == ["DEAR-USD", "CHEAP-USD"]
    skills = [table["Model"]["skill"] for table in by_series.values()]
    assert [round(skill, 12) for skill in skills] == [0.25, -1.0]  # 3 % beside 4 %, and 2 % beside 1 %
    assert by_series["DEAR-USD"]["Model"]["rmse"] == 3000.0
    together = overall(by_series)["Model"]
    assert {name: round(value, 12) for name, value in together.items()} == {
        "mape": 2.5,
        "skill": -0.375,
        "positive": 0.5,
    }
    walk = overall(by_series)["RandomWalk"]
    assert (walk["skill"], walk["positive"]) == (0.0, 0.0)


def test_a_series_that_stands_still_is_not_averaged_away() -> None:
    still, usual = (Score(rmse=1.0, mae=1.0, mape=1.0, skill=skill) for skill in (-float("inf"), 0.5))
    assert overall({"STILL": {"Model": still}, "COIN": {"Model": usual}})["Model"]["skill"] == -float("inf")


def test_skill_is_one_minus_the_ratio_of_rmses() -> None:
    rows = pd.concat([rows_of("Model", [101.0], [100.0]), rows_of("RandomWalk", [104.0], [100.0])])
    assert scores(rows)["Model"]["skill"] == 0.75


@given(prices)
def test_the_mean_absolute_error_is_the_probability_score_of_a_forecast_without_doubt(
    drawn: list[tuple[float, float, float]],
) -> None:
    forecast, actual, _ = (np.array(column) for column in zip(*drawn, strict=True))
    certain = crps_ensemble(actual, forecast[:, None])  # of an ensemble with one member
    assert mae(rows_of("Model", forecast.tolist(), actual.tolist())) == pytest.approx(float(certain.mean()), rel=1e-9)
