"""Numbers that can be checked by head, and by another library."""

import pandas as pd
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchmetrics.functional import mean_absolute_error, mean_absolute_percentage_error, mean_squared_error

from cryptoforecast.evaluation.metrics import mae, mape, rmse, scores

prices = st.lists(st.tuples(st.floats(1, 1e5), st.floats(1, 1e5), st.floats(1, 1e5)), min_size=1, max_size=40)


def rows_of(model: str, forecasts: list[float], actuals: list[float]) -> pd.DataFrame:
    origins = pd.date_range("2024-01-01", periods=len(actuals), tz="UTC")
    return pd.DataFrame(
        {"series": "COIN-USD", "model": model, "fold": 0, "origin": origins, "step": 1,
         "timestamp": origins + pd.Timedelta("1D"), "last": 0.0, "forecast": forecasts, "actual": actuals}
    )  # fmt: skip


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


def test_skill_is_one_minus_the_ratio_of_rmses() -> None:
    rows = pd.concat([rows_of("Model", [101.0], [100.0]), rows_of("RandomWalk", [104.0], [100.0])])
    assert scores(rows)["Model"]["skill"] == 0.75
