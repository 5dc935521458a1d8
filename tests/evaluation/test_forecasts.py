"""Forecast rows."""

import numpy as np
import pandas as pd
import torch

from cryptoforecast import LSTM, RandomWalk, forecast_rows
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.forecasts import COLUMNS, to_csv
from cryptoforecast.evaluation.next_closes import next_closes
from tests.helpers import Given, coins_of, data_of, random_walk


def test_there_is_one_row_per_origin_and_step_in_time_order() -> None:
    data = data_of(random_walk(100), horizon=3)
    rows = forecast_rows(RandomWalk(5, 3), data.windows, data.fold.val, fold=4)
    assert list(rows) == COLUMNS
    assert len(rows) == 3 * len(data.fold.val)
    assert rows["step"].tolist() == [1, 2, 3] * len(data.fold.val)
    assert rows["origin"].is_monotonic_increasing
    assert set(rows["fold"]) == {4}


def test_a_row_says_what_the_series_says() -> None:
    data = data_of(random_walk(100), horizon=3)
    closes = data.series[0].closes
    rows = forecast_rows(RandomWalk(5, 3), data.windows, data.fold.val)
    assert len(rows) > 0
    for row in rows.itertuples():
        assert row.timestamp == row.origin + row.step * pd.Timedelta("1D")
        assert row.actual == closes[row.timestamp]
        assert row.last == row.forecast == closes[row.origin]


def test_all_models_are_scored_on_exactly_the_same_targets() -> None:
    data = data_of(random_walk(100))
    rows = rows_beside_baselines(LSTM(context_length=5, horizon=2, hidden_size=4), data, "val")
    assert rows["model"].unique().tolist() == ["LSTM", "RandomWalk", "Drift", "Mean"]
    targets = [
        list(zip(own["origin"], own["timestamp"], own["actual"], strict=True)) for _, own in rows.groupby("model")
    ]
    assert all(own == targets[0] for own in targets)


def test_a_baseline_beside_the_baselines_stands_once() -> None:
    rows = rows_beside_baselines(RandomWalk(5, 2), data_of(random_walk(100)), "val")
    assert rows["model"].unique().tolist() == ["RandomWalk", "Drift", "Mean"]


def test_the_next_closes_come_after_the_last_with_dates() -> None:
    data = data_of(random_walk(100), horizon=3)
    rows = next_closes(RandomWalk(5, 3), data)
    assert rows["timestamp"].tolist() == list(pd.date_range("2020-04-10", periods=3, tz="UTC"))
    assert (rows["forecast"] == data.series[0].closes.iloc[-1]).all()
    assert (rows["last"] == data.series[0].closes.iloc[-1]).all()


def test_the_same_window_gives_the_same_forecast_whatever_else_the_file_holds() -> None:
    closes, lengths = random_walk(100), {"context_length": 5, "horizon": 2}
    forecaster = LSTM(hidden_size=4, **lengths).eval()
    short, longer = data_of(closes[20:80]), data_of(closes)
    alone = next_closes(forecaster, short)["forecast"].to_numpy()
    rows = forecast_rows(forecaster, longer.windows, torch.arange(len(longer.windows)))
    among_others = rows[rows["origin"] == longer.series[0].closes.index[79]]["forecast"].to_numpy()
    np.testing.assert_allclose(alone, among_others, rtol=1e-6)
    other = data_of(closes, start="2020-01-21", end="2020-03-20")
    assert (next_closes(forecaster, other)["forecast"].to_numpy() == alone).all()


def test_forecasting_leaves_a_model_in_training_where_it_was() -> None:
    forecaster, data = LSTM(context_length=5, horizon=2, hidden_size=4, dropout=0.5), data_of(random_walk(100))
    forecaster.train()
    first, again = (forecast_rows(forecaster, data.windows, data.fold.val)["forecast"] for _ in range(2))
    assert first.equals(again)  # dropout was off
    assert forecaster.training
    assert torch.is_grad_enabled()


def test_rows_are_written_with_iso_times_and_whole_floats() -> None:
    data = data_of(random_walk(100))
    rows = forecast_rows(RandomWalk(5, 2), data.windows, data.fold.val)
    line = (to_csv(rows) or "").splitlines()[1].split(",")
    assert line[:3] == ["COIN-USD", "RandomWalk", "0"]
    assert pd.Timestamp(line[3]) == rows["origin"].iloc[0]
    assert line[3].endswith("T00:00:00Z")
    assert float(line[8]) == rows["actual"].iloc[0]


def test_every_row_names_its_series() -> None:
    coins = [
        Given(random_walk(100), symbol="ONE-USD"),
        Given(random_walk(90, seed=1, first=0.1), "2020-01-11", "TWO-USD"),
    ]
    data = coins_of(*coins)
    together = rows_beside_baselines(LSTM(context_length=5, horizon=2, hidden_size=4), data, "val")
    assert together["series"].unique().tolist() == ["ONE-USD", "TWO-USD"]
    closes = {one.closes.name: one.closes for one in data.series}
    for row in together.itertuples():
        assert row.actual == closes[row.series][row.timestamp]
        assert row.last == closes[row.series][row.origin]
    walk = together[together["model"] == "RandomWalk"]
    assert walk.groupby("series")["origin"].is_monotonic_increasing.all()
    assert walk.groupby("series").size().tolist() == [18, 18]


def test_the_next_closes_come_for_each_series_after_its_own_last() -> None:
    data = coins_of(Given(random_walk(100), symbol="ONE-USD"), Given(random_walk(95, seed=1), symbol="TWO-USD"))
    rows = next_closes(RandomWalk(5, 2), data)
    assert rows["series"].tolist() == ["ONE-USD", "ONE-USD", "TWO-USD", "TWO-USD"]
    assert rows["timestamp"].dt.strftime("%m-%d").tolist() == ["04-10", "04-11", "04-05", "04-06"]
    assert rows["forecast"].tolist() == [one.closes.iloc[-1] for one in data.series for _ in range(2)]
