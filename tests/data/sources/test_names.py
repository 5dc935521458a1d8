"""Symbols, tickers and columns are called what the file calls them, whatever that looks like."""

import csv
from pathlib import Path

import pandas as pd
import pytest

from cryptoforecast import CsvSource, UserError
from cryptoforecast.data.files import parsed_cache

NAMES = ["TRUE", "True", "005930", "NA", "N/A", "null", "nan", "None", "1e5", "1.0", "10", "0x10", "inf", "2024-01-01",
         " spaced ", 'with "quotes", and a comma', "比特币", "NO", "~", "+1", "=A1"]  # fmt: skip
DAYS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2017-01-01", periods=8)]


def written(path: Path, rows: list[list[object]]) -> str:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    return str(path)


def closes(at: int) -> list[float]:
    return [100.0 * (at + 1) + day for day in range(len(DAYS))]


@pytest.mark.parametrize("large", [False, True])
def test_each_ticker_of_a_long_table_can_be_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:  # read beside a count of its lines, and kept
        monkeypatch.setattr(parsed_cache, "LARGE", 0)
        monkeypatch.setattr("cryptoforecast.data.files.rows.parsing.LARGE", 0)
    rows = [[day, name, closes(at)[row]] for row, day in enumerate(DAYS) for at, name in enumerate(NAMES)]
    path = written(tmp_path / "long.csv", [["Date", "Symbol", "Close"], *rows])
    for at, name in enumerate(NAMES):
        series = CsvSource(path, symbol=name).load()
        assert (series.closes.name, series.closes.tolist()) == (name, closes(at))
    with pytest.raises(UserError, match="set data.source.symbol to one of them"):
        CsvSource(path).load()


def test_each_column_of_a_wide_table_can_be_asked_for(tmp_path: Path) -> None:
    rows = [[day, *(closes(at)[row] for at in range(len(NAMES)))] for row, day in enumerate(DAYS)]
    path = written(tmp_path / "wide.csv", [["Date", *NAMES], *rows])
    for at, name in enumerate(NAMES):
        assert CsvSource(path, column=name).load().closes.tolist() == closes(at)
        assert CsvSource(path, symbol=name).load().closes.name == name


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_one_ticker_gives_the_series_its_name(tmp_path: Path, name: str, kind: str) -> None:
    if kind == "csv":
        rows = [[day, name, close] for day, close in zip(DAYS, closes(0), strict=True)]
        path = written(tmp_path / "one.csv", [["Date", "Symbol", "Close"], *rows])
    else:
        table = pd.DataFrame({"Date": pd.to_datetime(DAYS), "Symbol": name, "Close": closes(0)})
        table.to_parquet(tmp_path / "one.parquet")
        path = str(tmp_path / "one.parquet")
    assert CsvSource(path).load().closes.name == name


def test_ways_of_writing_one_symbol_are_still_one(tmp_path: Path) -> None:
    names = ["BTC/USD", "BTCUSD", "btc-usd"] * 3
    rows = [[day, name, close] for day, name, close in zip(DAYS, names, closes(0), strict=False)]
    path = written(tmp_path / "mixed.csv", [["Date", "Symbol", "Close"], *rows])
    assert CsvSource(path).load().closes.tolist() == closes(0)
    assert CsvSource(path, symbol="BTC-USD").load().closes.tolist() == closes(0)
