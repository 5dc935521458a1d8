"""``data``: what it prints, writes and refuses."""

import subprocess
import sys
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import CsvSource, DataNotice
from cryptoforecast.cli.data import _write_canonical
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from tests.data.sources.vendors import VENDORS, made_bars, write_vendor
from tests.helpers import CONFIGS, Said

TypeIn = Callable[..., Said]
BARS = made_bars()


@pytest.fixture
def gappy(tmp_path: Path) -> str:
    """Forty days newest first, of which two are missing and one stands twice."""
    lines = VENDORS["CryptoDataDownload"](BARS).splitlines(keepends=True)
    (tmp_path / "gappy.csv").write_text("".join([*lines[:5], lines[4], *lines[5:10], *lines[12:]]))
    return "gappy.csv"


def test_the_report_names_format_columns_ends_order_and_fingerprint(type_in: TypeIn, tmp_path: Path) -> None:
    path = write_vendor(tmp_path, "Investing.com", BARS)
    said = type_in("data", path)
    assert (said.status, said.err) == (0, "")
    lines = {line[:16].strip(): line[16:] for line in said.out.splitlines()}
    assert lines["format"] == "Investing.com"
    assert lines["text"] == "UTF-8, cells between commas, a point before decimals  [--encoding, --decimal]"
    assert lines["time"] == "Date (%m/%d/%Y)  [--date_column, --date_format]"
    assert lines["close"] == "Price  [--column]"
    assert lines["order"] == "newest first"
    assert lines["rows"] == "40 read"
    assert lines["first close"] == "28,421.3 at 2023-07-20"
    assert lines["last close"] == "17,687.9 at 2023-08-28"
    assert lines["closes"] == "40, 1 day apart"
    assert (lines["duplicates"], lines["gaps"], lines["empty rows"]) == ("none", "none", "none")
    assert lines["SHA-256"] == CsvSource(write_vendor(tmp_path, "ccxt", BARS)).load().provenance.sha256
    largest = (BARS["Close"].pct_change()).abs().idxmax()
    assert lines["largest moves"].split(", ")[0].endswith(f"on {largest:%Y-%m-%d}")


def test_a_gap_is_reported_and_then_refused_and_nothing_is_written(type_in: TypeIn, gappy: str) -> None:
    said = type_in("data", gappy, "--output", "out.csv", "--plot", "out.png")
    assert said.status == 1
    assert "gaps            1, of 2 bars: 2 after 2023-08-18" in said.out
    assert "duplicates      1 merged" in said.out
    assert "3 days between the bars of 2023-08-18 and 2023-08-21, elsewhere 1 day; set --gaps to ffill" in said.err
    assert not Path("out.csv").exists()
    assert not Path("out.png").exists()


def test_gaps_are_filled_or_split_where_the_user_says_so(type_in: TypeIn, gappy: str) -> None:
    assert "closes          40, 1 day apart" in type_in("data", gappy, "--gaps", "ffill").out
    split = type_in("data", gappy, "--gaps", "split")
    assert "closes          38, 1 day apart" in split.out
    assert "note            the series was split where closes are missing: 1, first after 2023-08-18" in split.out


def test_the_canonical_file_has_the_same_fingerprint(type_in: TypeIn, gappy: str) -> None:
    first = type_in("data", gappy, "--gaps", "ffill", "--output", "canonical.csv")
    assert Path("canonical.csv").read_text().startswith("timestamp,close\n2023-07-20T00:00:00Z,28421.3\n")
    again = type_in("data", "canonical.csv")
    shas = [said.out.split("SHA-256")[1].split()[0] for said in (first, again)]
    assert shas[0] == shas[1]


def test_a_picture_is_drawn(type_in: TypeIn, gappy: str) -> None:
    assert type_in("data", gappy, "--gaps", "split", "--plot", "gappy.png").status == 0
    assert Path("gappy.png").read_bytes().startswith(b"\x89PNG")


def test_the_readers_knobs_are_options(type_in: TypeIn) -> None:
    Path("wide.csv").write_text(
        "Tag;BTC:close;BTC:vwap;ETH:close\n03|04|2024;1;2;5\n04|05|2024;2;3;6\n05|06|2024;3;4;7\n"
    )
    assert type_in("data", "wide.csv").status == 1
    Path("wide.csv").write_text(Path("wide.csv").read_text().replace("Tag", "Date"))
    said = type_in("data", "wide.csv", "--symbol", "ETH", "--date_format", "%d|%m|%Y", "--gaps", "split")
    assert "time            Date (%d|%m|%Y)  [" in said.out
    assert "close           ETH:close" in said.out
    said = type_in("data", "wide.csv", "--column", "BTC:vwap", "--date_format", "%d|%m|%Y", "--gaps", "split")
    assert "close           BTC:vwap" in said.out


def test_several_files_are_one_series(type_in: TypeIn) -> None:
    Path("a.csv").write_text("Date,Close\n2024-01-01,1\n2024-01-02,2\n")
    Path("b.csv").write_text("Date,Close\n2024-01-03,3\n")
    assert "closes          3, 1 day apart" in type_in("data", "a.csv", "b.csv").out


def test_a_configuration_is_looked_at_as_fit_would_load_it(type_in: TypeIn) -> None:
    Path("mine.yaml").write_text("data:\n  source: {class_path: SimulatedSource, init_args: {seed: 3, rows: 50}}\n")
    said = type_in("data", "--config", "mine.yaml")
    assert said.status == 0
    assert "series          SIMULATED" in said.out
    assert "closes          50, 1 day apart" in said.out


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        ((), 2, "data takes a file, or --config with a configuration"),
        (("a.csv", "--config", "b.yaml"), 2, "data takes a file, or --config with a configuration"),
        (("nowhere.csv",), 1, "nowhere.csv: no such file"),
        (("--config", "nowhere.yaml"), 2, "nowhere.yaml: no such configuration file"),
        (("--config", "odd.yaml"), 1, "odd.yaml: no configuration with a data.source in it"),
        (("--config", str(CONFIGS / "btc.yaml"), "--column", "Close"), 2, "--column: FirstAvailable has no such"),
        (("good.csv", "--gaps", "guess"), 2, "argument --gaps: invalid choice: 'guess'"),
        (("good.csv", "--output", "no/such/folder.csv"), 1, "there is no folder no/such to write it into"),
        (("good.csv", "--plot", "closes.pdf"), 2, "--plot closes.pdf: the picture is a PNG; name it so"),
        (("--gap", "error"), 2, "unrecognized arguments: --gap"),
    ],
)  # fmt: skip
def test_a_mistake_gets_one_sentence(type_in: TypeIn, words: tuple[str, ...], status: int, sentence: str) -> None:
    Path("good.csv").write_text("Date,Close\n2024-01-01,1\n2024-01-02,2\n")
    Path("odd.yaml").write_text("model: LSTM\n")
    said = type_in("data", *words)
    assert said.status == status
    assert said.err.startswith("error: ")
    assert sentence in said.err
    assert len(said.err.splitlines()) == 1


def test_neither_help_nor_data_loads_torch_or_lightning(tmp_path: Path) -> None:
    write_vendor(tmp_path, "Yahoo, classic", BARS)
    code = (
        "import sys; from cryptoforecast.cli.main import main; status = main(sys.argv[1:]);"
        "print(status, sorted({'torch', 'lightning', 'matplotlib', 'yfinance'} & set(sys.modules)))"
    )
    for words in (["--help"], ["data", str(tmp_path / "file.csv")]):
        ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
        assert ran.stdout.splitlines()[-1] == "0 []"


def test_help_lists_every_verb(type_in: TypeIn) -> None:
    said = type_in("--help")
    assert said.status == 0
    assert all(f"  {verb} " in said.out for verb in ("data", "fit", "test", "validate", "predict"))


STEPS = ["1ms", "7ms", "100ms", "500ms", "1s", "2s", "10s", "1min", "90min", "4h", "1D", "7D", "30D"]


@given(
    st.sampled_from(STEPS),
    st.datetimes(pd.Timestamp("2009-01-03").to_pydatetime(), pd.Timestamp("2016-01-01").to_pydatetime()),
    st.lists(st.floats(1e-9, 1e6), min_size=4, max_size=40),
)
def test_what_data_writes_is_read_back_to_the_same_series(step: str, start: datetime, closes: list[float]) -> None:
    times = pd.date_range(start, periods=len(closes), freq=step, tz="UTC", unit="ns")
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        series = to_close_series(RawRows("COIN-USD", times, np.array(closes), "Test"))
        _write_canonical(series, Path(folder, "out.csv"))
        again = CsvSource(f"{folder}/out.csv").load()
    assert again.provenance.sha256 == series.provenance.sha256
    assert again.interval == series.interval


@pytest.mark.parametrize("step", ["1ms", "250ms", "1s"])
@pytest.mark.parametrize(("unit", "scale"), [("s", 1e9), ("ms", 1e6), ("us", 1e3), ("ns", 1)])
def test_epochs_with_fractions_keep_them_and_nothing_is_said_of_a_last_second(
    tmp_path: Path, step: str, unit: str, scale: float
) -> None:
    times = pd.date_range("2024-01-01", periods=50, freq=step, tz="UTC", unit="ns")
    stamps = [str(value // int(scale)) if value % scale == 0 else repr(value / scale) for value in times.asi8.tolist()]
    rows = [f"{stamp},{100 + at}" for at, stamp in enumerate(stamps)]
    (tmp_path / "epochs.csv").write_text("\n".join(["timestamp,close", *rows]) + "\n")
    series = CsvSource(str(tmp_path / "epochs.csv")).load()
    assert series.closes.index.tolist() == times.tolist()
    assert series.provenance.notes == ()
    assert series.provenance.interval in ("1 millisecond", "250 milliseconds", "1 second")
