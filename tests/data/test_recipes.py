"""Sources and models of one's own: each is trained, judged and audited as any other."""

import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import cryptoforecast as cf
from tests.data.recipes import GarchInputs, Har, RangeVolatility, SqliteSource, TokenPerCoin
from tests.helpers import Given, bars, random_walk

LENGTHS: dict[str, Any] = {"context_length": 22, "horizon": 2}


def test_a_database_is_a_source(tmp_path: Path) -> None:
    table = pd.DataFrame({name.lower(): values for name, values in bars(80).items()})
    table = table.assign(symbol="BTC-USD", time=pd.date_range("2024-01-01", periods=80).astype(str), funding=-0.01)
    with sqlite3.connect(tmp_path / "bars.db") as base:
        table.to_sql("bars", base, index=False)
    series = SqliteSource(str(tmp_path / "bars.db"), "BTC-USD").load(["Volume", "Funding"])
    assert series.closes.tolist() == table["close"].tolist()
    assert series.others is not None
    assert series.others.columns.tolist() == ["Volume", "Funding"]


@pytest.mark.filterwarnings("ignore:VolatilityGarch is left out")
def test_volatility_is_forecast_by_har_and_from_closes() -> None:
    columns = bars(160)
    source = RangeVolatility(Given(columns["Close"], others=columns))
    data = cf.CloseDataModule(source, columns=["Volatility", "Close"], **LENGTHS)
    rows = cf.rows_beside_baselines(GarchInputs(columns=data.columns, **LENGTHS), data, "test")
    assert rows.attrs["quantity"] == "volatility"
    closes = torch.tensor(columns["Close"], dtype=torch.float64)
    first = rows[rows["model"] == "GarchInputs"].iloc[0]
    at = int(data.series[0].closes.index.get_loc(first["origin"]))
    squares = closes[at - 21 : at + 1].log().diff().square()
    weights = 0.94 ** torch.arange(20.0, -1, -1, dtype=torch.float64)
    assert first["forecast"] == pytest.approx(float(((squares * weights).sum() / weights.sum()).sqrt()), rel=1e-12)
    model = Har(columns=data.columns, **LENGTHS)
    result = cf.audit(model, cf.CloseDataModule(source, columns=["Volatility", "Close"], **LENGTHS), steps=1)
    assert result.stages[-1].stage == "forecast"


def test_coins_are_columns_of_each_other() -> None:
    coins = [Given(random_walk(120, seed), symbol=f"COIN{seed}") for seed in range(3)]
    data = cf.CloseDataModule(list(coins), across=True, **LENGTHS)
    rows = cf.forecast_rows(TokenPerCoin(across=True, series_count=3, **LENGTHS), data, "test")
    assert rows["series"].unique().tolist() == ["COIN0", "COIN1", "COIN2"]


class Early(cf.WithColumns):
    """A leak: each value is used a day before its time."""

    def load(self, columns: Any = ()) -> cf.CloseSeries:
        """The series whose column is shifted by a day."""
        series = super().load(columns)
        assert series.others is not None
        return series._replace(others=series.others.shift(-1).ffill())


@pytest.mark.filterwarnings("ignore::cryptoforecast.DataNotice")
@pytest.mark.parametrize("source", [cf.WithColumns, Early])
def test_the_audit_alters_a_joined_file_from_the_border_less_the_delay_on(
    source: type[cf.WithColumns], tmp_path: Path
) -> None:
    days, closes = pd.date_range("2020-01-01", periods=120), random_walk(120)
    table = pd.DataFrame({"close": closes, "Rate": [close / 1e6 - 0.03 for close in closes]}, index=days)
    table[["close"]].to_csv(tmp_path / "COIN.csv", index_label="date")
    table[["Rate"]].to_csv(tmp_path / "rate.csv", index_label="date")
    prices = cf.CsvSource(str(tmp_path / "COIN.csv"))
    joined = source(prices, str(tmp_path / "rate.csv"), available_at="1d")
    data = cf.CloseDataModule(joined, columns=["Close", "Rate"], context_length=5)
    model = cf.LSTM(hidden_size=2, context_length=5, columns=["Close", "Rate"])
    if source is cf.WithColumns:
        result = cf.audit(model, data, steps=1)
        assert "with garbage in its files" in result.stages[0].compared
        assert not result.stages[0].unchecked
    else:
        with pytest.raises(cf.LookAhead, match=r"first stage that differs is source: Early: the rate of"):
            cf.audit(model, data, steps=1)


@pytest.mark.parametrize("scaling", ["as_is", "by_window", "price", "other_price", cf.WindowStandard()])
def test_each_scaling_of_a_column_is_kept_with_the_model_and_declared_by_its_source(scaling: Any) -> None:
    columns = bars(100)
    source = Given(columns["Close"], others=columns)
    data = cf.CloseDataModule(source, columns=["Close", "Volume"], context_length=5)
    data.setup("fit")
    model = cf.LSTM(hidden_size=2, context_length=5, columns=["Close", "Volume"], scalings={"Volume": scaling})
    context = data.windows[torch.arange(4)].context
    close, volume = context.unbind(-1)
    expected = {
        "as_is": volume,
        "price": cf.RelativeLog().encode(volume, close),
        "other_price": cf.RelativeLog().encode(volume, volume),
        "by_window": (volume - volume.mean(1, keepdim=True)) / volume.std(1, keepdim=True, correction=0),
    }.get(scaling if isinstance(scaling, str) else "", cf.WindowStandard().encode(volume, volume))
    torch.testing.assert_close(model.network_inputs(context)[..., 1], expected.float())
    written = model.record()["init_args"]["scalings"]["Volume"]
    assert written == scaling if isinstance(scaling, str) else written["class_path"].endswith("WindowStandard")


def test_a_scaling_of_a_column_that_is_none_is_refused_with_the_nearest() -> None:
    with pytest.raises(cf.UserError, match="model.scalings names Volum, which is no further column .*nearest is Vol"):
        cf.LSTM(columns=["Close", "Volume"], scalings={"Volum": "as_is"})
