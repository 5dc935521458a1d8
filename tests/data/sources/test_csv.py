"""The user's own files."""

import warnings
from pathlib import Path
from random import Random

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptoforecast import CsvSource, DataNotice, UserError
from cryptoforecast.data.series import fingerprint

CLOSES = [100.0, 101.5, 99.25]
FORMATS = {
    "classic Yahoo": "Date,Open,High,Low,Close,Adj Close,Volume\n"
    "2024-03-10,99,102,98,100.0,50,9\n2024-03-11,100,102,98,101.5,50,9\n2024-03-12,100,102,98,99.25,50,9\n",
    "yf.download().to_csv()": "Price,Close,High,Low,Open,Volume\nTicker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\n"
    "Date,,,,,\n2024-03-10,100.0,102,98,99,9\n2024-03-11,101.5,102,98,100,9\n2024-03-12,99.25,102,98,100,9\n",
    "history().to_csv()": "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits\n"
    "2024-03-10 00:00:00+00:00,99,102,98,100.0,9,0.0,0.0\n2024-03-11 00:00:00+00:00,100,102,98,101.5,9,0.0,0.0\n"
    "2024-03-12 00:00:00+00:00,100,102,98,99.25,9,0.0,0.0\n",
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
    path = write(tmp_path, "Date,Close\n03/04/2024,100.0\n04/05/2024,101.5\n")
    with pytest.raises(
        UserError,
        match=r"line 2: the date is '03/04/2024', 2024-03-04 .* or 2024-04-03 .*: nothing .*set data.source.date_f",
    ):
        CsvSource(path).load()
    assert CsvSource(path, date_format="%d/%m/%Y").load().provenance.first.startswith("2024-04-03")


SEVERAL = "Price,Close,Close\nTicker,BTC-USD,ETH-USD\nDate,,\n2024-03-10,1,2\n2024-03-11,1,2\n"
BROKEN = {
    SEVERAL: "has closes of BTC-USD, ETH-USD; set data.source.symbol to one of them",
    "Date,Close\n2024-03-10,1\n\udcff\udcfe,2\n": "line 3: the date is",
    "": "the file is empty",
    "Date,Close\n": "no row of dates and numbers; it begins with 'Date,Close'",
    "Date,Open,High\n2024-03-10,1,2\n": "no close column among Open, High; set data.source.column",
    "Weekday,Close\nSunday,1\nMonday,2\n": "no date column among Weekday, Close",
    "Date,Close\n2024-03-10,1\n2024-03-11,abc\n": "line 3: the close is 'abc', not a number",
    'Date,Close\n2024-03-10,"1,010"\n2024-03-11,"1,000"\n': "line 2: the close is '1,010', 1010 or 1.01: nothing in",
    "Date,Close\n2024-03-10,1.010\n2024-03-11,1.020\n": "line 2: the close is '1.010', 1.01 or 1010: nothing in the",
    "Date,Close\n2024-03-10,1\nnever,2\n": "line 3: the date is 'never'",
    "Date,Close\n20240310,1\n20240311,1\n99,2\n": "line 4: the date is '99', not written as %Y%m%d",
    "Date,Close\n2024-03-10,1\n2024-03-11,28,420.3\n": "line 3: 3 columns, where the header has 2",
    'Date,"Close"\n2024-03-10,1\n2024-03-11,2,3,4\n': "line 3: 4 columns, where the header has 2",
    "Date,Open,Close\n2024-03-10,1,1\n2024-03-11,2\n2024-03-12,3,3\n": "line 3: 2 columns, where the header has 3",
    "<!DOCTYPE html>\n<html><body>Please log in</body></html>\n": "it begins with '<!DOCTYPE html>'",
    "Date,Symbol,Close\n2024-03-10,BTC,1\n2024-03-10,ETH,2\n": "has rows of BTC, ETH; set data.source.symbol to",
    "1,2,3,4,5\n1,2,3,4,5\n": "no column holds dates or times",
    "1710028800,2,3,4,5\n1710115200,2,3,4,5\n": "has no header, and its columns cannot be told",
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    closes=st.lists(st.floats(1e-8, 1e8), min_size=3, max_size=30),
    separator=st.sampled_from(",;\t|"),
    style=st.sampled_from(
        [1, 10**3, 10**6, 10**9, "%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d-%b-%Y", "%Y-%m-%dT%H:%M:%SZ"]
    ),
    end=st.sampled_from(["\n", "\r\n"]),
    random=st.randoms(),
)
def test_any_order_delimiter_epoch_unit_date_style_and_line_end_gives_the_same_closes_to_the_last_bit(
    closes: list[float], separator: str, style: int | str, end: str, random: Random, tmp_path: Path
) -> None:
    days = pd.date_range("2023-12-30", periods=len(closes), tz="UTC")
    stamps = [f"{day:{style}}" if isinstance(style, str) else str(int(day.timestamp()) * style) for day in days]
    rows = [f"{stamp}{separator}{close!r}" for stamp, close in zip(stamps, closes, strict=True)]
    random.shuffle(rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        series = CsvSource(write(tmp_path, end.join([f"Date{separator}Close", *rows, ""]))).load()
    assert series.closes.tolist() == closes
    assert series.provenance.sha256 == fingerprint(pd.Series(closes, days))
