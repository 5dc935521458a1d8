"""The user's own files."""

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptoforecast import CsvSource, DataNotice, UserError

CLOSES = [100.0, 101.5, 99.25]
FORMATS = {
    "classic Yahoo": "Date,Open,High,Low,Close,Adj Close,Volume\n"
    "2024-03-10,1,2,3,100.0,50,9\n2024-03-11,1,2,3,101.5,50,9\n2024-03-12,1,2,3,99.25,50,9\n",
    "yf.download().to_csv()": "Price,Close,High,Low,Open,Volume\nTicker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\n"
    "Date,,,,,\n2024-03-10,100.0,1,2,3,9\n2024-03-11,101.5,1,2,3,9\n2024-03-12,99.25,1,2,3,9\n",
    "history().to_csv()": "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
    "2024-03-10 00:00:00+00:00,1,2,3,100.0,9,0.0,0.0\n2024-03-11 00:00:00+00:00,1,2,3,101.5,9,0.0,0.0\n"
    "2024-03-12 00:00:00+00:00,1,2,3,99.25,9,0.0,0.0\n",
    "semicolons": "time;CLOSE\n2024-03-10;100.0\n2024-03-11;101.5\n2024-03-12;99.25\n",
    "price only, BOM, CRLF": "\ufeffDate,Price\r\n2024-03-10,100.0\r\n2024-03-11,101.5\r\n2024-03-12,99.25\r\n",
    "unix seconds, unnamed counter": ",Close,Timestamp\n0,100.0,1710028800\n1,101.5,1710115200\n2,99.25,1710201600\n",
    "unix milliseconds": "timestamp,close\n1710028800000,100.0\n1710115200000,101.5\n1710201600000,99.25\n",
    "blank lines before the header": "\n\nDate,Close\n2024-03-10,100.0\n2024-03-11,101.5\n2024-03-12,99.25\n",
    "slashes, year first": "Date,Close\n2024/03/10,100.0\n2024/03/11,101.5\n2024/03/12,99.25\n",
    "month names": 'Date,Close\n"Mar 10, 2024",100.0\n"Mar 11, 2024",101.5\n"Mar 12, 2024",99.25\n',
}


def write(folder: Path, text: str, name: str = "BTC-USD.csv") -> str:
    path = folder / name
    path.write_bytes(text.encode("utf-8", errors="surrogateescape"))
    return str(path)


@pytest.mark.parametrize("text", FORMATS.values(), ids=FORMATS)
def test_the_same_closes_are_the_same_series_in_any_format(text: str, tmp_path: Path) -> None:
    series = CsvSource(write(tmp_path, text)).load()
    reference = CsvSource(write(tmp_path, FORMATS["classic Yahoo"], "reference.csv"), symbol="BTC-USD").load()
    assert series.closes.tolist() == CLOSES
    assert series.closes.name == "BTC-USD"
    assert series.provenance.sha256 == reference.provenance.sha256


def test_close_wins_over_adj_close_unless_the_column_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, FORMATS["classic Yahoo"])
    assert CsvSource(path).load().closes.iloc[0] == 100.0
    assert CsvSource(path, column="adj close").load().closes.iloc[0] == 50.0


def test_several_files_are_joined(tmp_path: Path) -> None:
    write(tmp_path, "Date,Close\n2024-03-10,100.0\n2024-03-11,101.5\n", "a.csv")
    write(tmp_path, "Date,Close\n2024-03-12,99.25\n", "b.csv")
    listed = CsvSource(["a.csv", "b.csv"], folder=str(tmp_path)).load()
    matched = CsvSource(str(tmp_path / "*.csv")).load()
    assert listed.closes.tolist() == matched.closes.tolist() == CLOSES
    assert listed.provenance.files == ("a.csv", "b.csv")
    assert listed.closes.name == "a+b"


def test_a_date_format_settles_what_could_be_read_in_two_ways(tmp_path: Path) -> None:
    path = write(tmp_path, "Date,Close\n03/04/2024,100.0\n04/04/2024,101.5\n05/04/2024,99.25\n")
    with pytest.raises(UserError, match=r"BTC-USD.csv, line 2: the date is '03/04/2024'.*set data.source.date_format"):
        CsvSource(path).load()
    assert CsvSource(path, date_format="%d/%m/%Y").load().provenance.first.startswith("2024-04-03")


SEVERAL = "Price,Close,Close\nTicker,BTC-USD,ETH-USD\nDate,,\n2024-03-10,1,2\n2024-03-11,1,2\n"
BROKEN = {
    SEVERAL: "several columns are called Close (BTC-USD, ETH-USD)",
    "Date,Close\n2024-03-10,1\n\udcff\udcfe,2\n": "UTF-8",
    "": "the file is empty",
    "Date,Close\n": "a header and no rows",
    "Date,Open,High\n2024-03-10,1,2\n": "no close column among Date, Open, High; set data.source.column",
    "Day,Close\n2024-03-10,1\n": "no date column among Day, Close",
    "Date,Close\n2024-03-10,1\n2024-03-11,abc\n": "line 3: the close is 'abc', not a number",
    'Date,Close\n2024-03-10,1\n2024-03-11,"1,000.5"\n': "line 3: the close is '1,000.5', not a number",
    "Date,Close\n2024-03-10,1\nnever,2\n": "line 3: the date is 'never'",
    "Date,Close\n2024-03-10,1\n,2\n": "line 3: a row without a date",
    "Date,Close\n20240310,1\n20240311,2\n": "line 2: the date is '20240310'",
    "Date,Close\n2024-03-10,1\n2024-03-11,28,420.3\n": "line 3: 3 columns, where the header has 2",
    'Date,"Close"\n2024-03-10,1\n2024-03-11,2,3,4\n': "line 3: 4 columns, where the header has 2",
    "Date,Open,Close\n2024-03-10,1,1\n2024-03-11,2\n2024-03-12,3,3\n": "no close at 2024-03-11",
}


@pytest.mark.parametrize(("text", "sentence"), BROKEN.items())
def test_a_broken_file_gets_a_sentence_with_place_and_value(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="BTC-USD") as refused:
        CsvSource(write(tmp_path, text)).load()
    assert sentence in str(refused.value)


def test_a_file_that_is_not_there_is_named_with_its_knob(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nowhere.csv: no such file; data.source.path names"):
        CsvSource("nowhere.csv", folder=str(tmp_path)).load()


def test_a_binary_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "BTC.csv").write_bytes(bytes(range(128, 256)))
    with pytest.raises(UserError, match="not a text file"):
        CsvSource(str(tmp_path / "BTC.csv")).load()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    closes=st.lists(st.floats(1e-8, 1e8), min_size=2, max_size=30),
    separator=st.sampled_from(",;\t"),
    unit=st.sampled_from([None, 1, 10**3, 10**6, 10**9]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_any_delimiter_epoch_unit_and_line_end_gives_the_same_closes_to_the_last_bit(
    closes: list[float], separator: str, unit: int | None, end: str, tmp_path: Path
) -> None:
    days = pd.date_range("2023-12-30", periods=len(closes), tz="UTC")
    stamps = [f"{day:%Y-%m-%d}" if unit is None else str(int(day.timestamp()) * unit) for day in days]
    rows = [f"{stamp}{separator}{close!r}" for stamp, close in zip(stamps, closes, strict=True)]
    series = CsvSource(write(tmp_path, end.join([f"Date{separator}Close", *rows]))).load()
    assert series.closes.tolist() == closes
    assert (series.closes.index == days).all()


REAL = {  # file: symbol, rows, first, last
    "BTC-USD_2026.csv": ("BTC-USD", 4210, "2014-09-17", "2026-03-27"),
    "ETH-USD.csv": ("ETH-USD", 2319, "2017-11-09", "2024-03-15"),
    "LTC-USD_2025.csv": ("LTC-USD_2025", 2792, "2018-01-01", "2025-08-23"),
    "XRP-USD_2026.csv": ("XRP-USD", 2970, "2018-01-01", "2026-02-17"),
    "formats/yfinance_multirow_header.csv": ("BTC-USD", 300, "2020-01-01", "2020-10-26"),
    "formats/yfinance_timezone.csv": ("yfinance_timezone", 300, "2014-09-17", "2015-07-13"),
}


@pytest.mark.parametrize("name", REAL)
def test_real_files_hold_the_rows_they_are_known_for(name: str, real_data: Path) -> None:
    series = CsvSource(str(real_data / name)).load()
    used = series.provenance
    assert (used.symbol, used.rows, used.first[:10], used.last[:10]) == REAL[name]


def test_a_real_newest_first_file_is_turned_round(real_data: Path) -> None:
    with pytest.warns(DataNotice, match="newest first"):
        series = CsvSource(str(real_data / "formats/coinmarketcap_quoted_semicolon.csv")).load()
    assert series.closes.index.is_monotonic_increasing
