"""What forecast rows are of, in memory and in files: volatilities stay volatilities, and prices keep their bytes."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import cryptoforecast as cf
from cryptoforecast.evaluation.quantity import note_quantity, quantity_of
from cryptoforecast.evaluation.rows import read_rows, read_written_rows, to_csv
from tests.evaluation.helpers import volatility_rows
from tests.helpers import rows_of

NIXTLA = """unique_id,cutoff,ds,y,NHITS,quantity
BTC-USD,2024-01-01,2024-01-02,0.03,0.02,volatility
BTC-USD,2024-01-02,2024-01-03,0.02,0.03,volatility
"""


def as_text(rows: pd.DataFrame) -> str:
    text = to_csv(rows)
    assert text is not None
    return text


def test_a_file_of_volatilities_says_so_and_is_judged_as_the_rows_in_memory_are(tmp_path: Path) -> None:
    rows = volatility_rows({"LSTM": 0.2})
    to_csv(rows, tmp_path / "forecasts.csv")
    table = pd.read_csv(tmp_path / "forecasts.csv")
    assert list(table["quantity"].unique()) == ["volatility"]
    verdict = cf.judge(table)
    assert verdict.to_json() == cf.judge(rows).to_json()
    assert "QLIKE" in repr(verdict)
    assert "held over" not in repr(verdict)


@pytest.mark.parametrize("read", [read_rows, read_written_rows])
def test_a_file_is_read_as_it_was_written(tmp_path: Path, read: object) -> None:
    rows = volatility_rows({"LSTM": 0.2}, count=20)
    to_csv(rows, tmp_path / "forecasts.csv")
    found = read(tmp_path / "forecasts.csv")  # type: ignore[operator]
    assert quantity_of(found) == "volatility"
    assert "quantity" not in found
    assert as_text(found) == as_text(rows)


def test_rows_of_prices_keep_their_bytes() -> None:
    rows = rows_of("LSTM", [1.0, 2.0], [1.5, 2.5])
    before = as_text(rows)
    note_quantity(rows, "price")
    assert as_text(rows) == before
    assert "quantity" not in before


def test_volatilities_of_another_tool_are_judged_as_such(tmp_path: Path) -> None:
    (tmp_path / "nixtla.csv").write_text(NIXTLA)
    rows = read_rows(tmp_path / "nixtla.csv")
    assert (quantity_of(rows), list(rows["model"].unique())) == ("volatility", ["NHITS"])
    wide = pd.read_csv(io.StringIO(NIXTLA)).assign(last=[0.04, 0.03])
    table = cf.judge(wide).table().set_index("model")
    ratio = np.array([0.03, 0.02]) ** 2 / np.array([0.02, 0.03]) ** 2
    assert table.loc["NHITS", "qlike"] == pytest.approx(np.mean(ratio - np.log(ratio) - 1))


def test_a_column_of_prices_overrules_what_was_noted_and_traded_quantities_are_none_of_ours() -> None:
    rows = volatility_rows({"LSTM": 0.2}, count=20)
    assert "qlike" not in cf.judge(rows.assign(quantity="price")).table()
    prices = rows_of("LSTM", [1.0, 2.0], [1.5, 2.5], [1.0, 1.0])
    assert cf.judge(prices.assign(quantity=[0.5, 3.0])).to_json() == cf.judge(prices).to_json()


@pytest.mark.parametrize(
    ("quantities", "sentence"),
    [
        (["volatility", "volatilty"], "rows: a quantity is 'volatilty'; it is one of price, volatility, ratio."),
        (["volatility", ""], "rows: the column quantity says volatility and price; judge each in rows of its own."),
    ],
)
def test_a_quantity_that_cannot_be_is_refused(quantities: list[str], sentence: str) -> None:
    rows = rows_of("LSTM", [1.0, 2.0], [1.5, 2.5], [1.0, 1.0]).assign(quantity=quantities)
    with pytest.raises(cf.UserError, match=sentence.replace(".", r"\.")):
        cf.judge(rows)


@pytest.mark.parametrize("name", ["actual", "last"])
def test_a_volatility_of_zero_is_refused_by_its_target(name: str) -> None:
    rows = volatility_rows({"LSTM": 0.2}, count=20)
    rows[name] = 0.0
    with pytest.raises(cf.UserError, match=f"LSTM has 0 as {name}; a volatility is above zero"):
        cf.judge(rows)


def test_forecasts_of_a_series_of_volatility_say_so_from_the_first(tmp_path: Path) -> None:
    data = cf.CloseDataModule(cf.VolatilitySource(cf.SimulatedSource(rows=100)), context_length=10)
    rows = cf.forecast_rows(cf.Mean(context_length=10), data, "test")
    assert quantity_of(rows) == "volatility"
    assert quantity_of(cf.forecast_rows(cf.Mean(context_length=10), data.windows, data.fold.test)) == "price"
