"""The same closes, whatever vendor, packing, order or line end they come in."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice, UserError
from cryptoforecast.data.series import fingerprint
from tests.data.sources.vendors import VENDORS, made_bars, write_vendor

BARS = made_bars()


def load(path: str, columns: tuple[str, ...] = (), **knobs: str) -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource(path, **knobs).load(columns)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", VENDORS)
def test_every_vendor_gives_the_same_closes_and_the_same_sha_256(name: str, tmp_path: Path) -> None:
    series = load(write_vendor(tmp_path, name, BARS))
    assert series.closes.tolist() == BARS["Close"].tolist()
    assert series.provenance.sha256 == fingerprint(BARS["Close"])


@pytest.mark.parametrize("packed", ["gzip", "zip", "UTF-16", "carriage returns"])
@pytest.mark.parametrize("name", ["Yahoo, CRLF", "Investing.com", "Binance klines, microseconds"])
def test_packing_and_encoding_change_nothing(name: str, packed: str, tmp_path: Path) -> None:
    assert load(write_vendor(tmp_path, name, BARS, packed)).provenance.sha256 == fingerprint(BARS["Close"])


@pytest.mark.parametrize("kind", ["parquet", "feather"])
@pytest.mark.parametrize("index", ["as index", "as column", "as an index without a name"])
def test_parquet_and_feather_give_the_same_closes(index: str, kind: str, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    table = BARS.reset_index() if index == "as column" else BARS.rename_axis(None if "without" in index else "Date")
    path = tmp_path / f"BTC-USD.{kind}"
    getattr(table, f"to_{kind}")(path)
    series = load(str(path), ("Volume",))
    assert series.cleaning_report is not None
    assert series.cleaning_report.format == kind.capitalize()
    assert series.provenance.sha256 == fingerprint(BARS["Close"], BARS[["Volume"]].astype(float))
    assert series.provenance.symbol == "BTC-USD"


COLUMNS = {
    "of two levels": lambda bars: bars.set_axis(
        pd.MultiIndex.from_product([bars.columns, ["BTC-USD"]]), axis="columns"
    ),
    "in a zone": lambda bars: bars.set_axis(bars.index.tz_convert("Asia/Tokyo")),
    "as days": lambda bars: bars.set_axis(bars.index.date),
    "as texts": lambda bars: bars.set_axis(bars.index.strftime("%d.%m.%Y")).astype("str"),
    "in another language": lambda bars: bars.reset_index().rename(columns={"Date": "日期", "Close": "收盘价"}),
    "in categories": lambda bars: bars.reset_index().assign(Symbol=pd.Categorical(["BTC-USD"] * len(bars))),
}


@pytest.mark.parametrize("changed", COLUMNS.values(), ids=COLUMNS)
def test_parquet_is_recognised_by_its_cells(changed: object, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    changed(BARS).to_parquet(tmp_path / "BTC-USD.parquet")  # type: ignore[operator]
    assert load(str(tmp_path / "BTC-USD.parquet")).provenance.sha256 == fingerprint(BARS["Close"])


HOURS = made_bars("1h")


def test_hours_with_am_and_pm_are_read(tmp_path: Path) -> None:
    rows = [f"{time:%Y-%m-%d %I-%p},BTCUSD,{close}" for time, close in HOURS["Close"].items()]
    banner = "Timestamps are UTC timezone,https://www.CryptoDataDownload.com\nDate,Symbol,Close\n"
    (tmp_path / "h.csv").write_text(banner + "\n".join(rows[::-1]) + "\n")
    series = load(str(tmp_path / "h.csv"))
    assert series.provenance.sha256 == fingerprint(HOURS["Close"])
    assert series.interval == pd.Timedelta("1h")


def side_by_side(folder: Path) -> str:
    rows = [f"{time:%Y-%m-%d},{bar.Open},{bar.Close},{2 * bar.Close},{bar.Volume}" for time, bar in BARS.iterrows()]
    (folder / "wide.csv").write_text("\n".join([",BTC:open,BTC:close,ETH:close,BTC:volume", *rows, ""]))
    return str(folder / "wide.csv")


def one_below_the_other(folder: Path) -> str:
    rows = [
        f"{time:%Y-%m-%d},{coin},{factor * bar.Close}"
        for coin, factor in (("BTC", 1), ("ETH", 2))
        for time, bar in BARS.iterrows()
    ]
    (folder / "long.csv").write_text("\n".join(["Date,Symbol,Close", *rows, ""]))
    return str(folder / "long.csv")


@pytest.mark.parametrize("write", [side_by_side, one_below_the_other])
def test_of_a_file_with_several_coins_the_symbol_chooses_one(write: object, tmp_path: Path) -> None:
    path = write(tmp_path)  # type: ignore[operator]
    with pytest.raises(UserError, match="BTC, ETH; set data.source.symbol to one of them"):
        load(path)
    with pytest.raises(UserError, match="BTC, ETH; DOGE is none of them"):
        load(path, symbol="DOGE")
    for symbol, factor in (("BTC", 1), ("eth", 2)):
        series = load(path, symbol=symbol)
        assert series.closes.tolist() == (factor * BARS["Close"]).tolist()
        assert series.provenance.symbol == symbol


@pytest.mark.parametrize(
    "name", ["Yahoo, classic", "Investing.com", "CryptoDataDownload", "Coinbase candles", "yfinance, three header rows"]
)
def test_further_columns_are_found_by_name_too(name: str, tmp_path: Path) -> None:
    series = load(write_vendor(tmp_path, name, BARS), ("High", "Low", "Open"))
    assert series.others is not None
    assert {name: column.tolist() for name, column in series.others.items()} == {
        name: BARS[name].tolist() for name in ("High", "Low", "Open")
    }


def test_volumes_in_thousands_and_millions_are_numbers(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text('"Date","Price","Vol."\n"12/30/2023","42,000.5","57.32K"\n"12/31/2023","42,100.5","1.5M"\n')
    series = load(str(path), ("Volume",))
    assert series.others is not None
    assert series.others["Volume"].tolist() == [57_320.0, 1_500_000.0]


def test_a_column_the_file_does_not_have_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no Volume among timestamp, price; leave Volume out of data.columns"):
        load(write_vendor(tmp_path, "CoinGecko, API", BARS), ("Volume",))


def test_a_bar_that_was_not_over_when_the_file_was_written_is_left_out(tmp_path: Path) -> None:
    path = write_vendor(tmp_path, "Yahoo, classic", BARS)
    import os

    noon = (BARS.index[-1] + pd.Timedelta("12h")).timestamp()
    os.utime(path, (noon, noon))
    with pytest.warns(
        DataNotice, match=r"the bar of 2023-08-28 was not over when file.csv was written; it was left out"
    ):
        series = CsvSource(path).load()
    assert series.closes.tolist() == BARS["Close"].tolist()[:-1]


def test_a_last_line_that_may_be_cut_off_is_left_out(tmp_path: Path) -> None:
    path = Path(write_vendor(tmp_path, "CoinGecko, API", BARS))
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.warns(DataNotice, match="the last line of file.csv may be cut off and was left out"):
        series = CsvSource(str(path)).load()
    assert series.closes.tolist() == BARS["Close"].tolist()[:-1]


def test_stamps_some_minutes_late_are_moved_to_the_opening_of_their_bar(tmp_path: Path) -> None:
    path = Path(write_vendor(tmp_path, "CoinGecko, max", BARS))
    path.write_text(path.read_text().replace("2023-08-01 00:00:00", "2023-08-01 00:05:18"))
    with pytest.warns(DataNotice) as notices:
        series = CsvSource(str(path)).load()
    assert series.provenance.sha256 == fingerprint(BARS["Close"])
    assert any("moved to its opening: 1, first 2023-08-01 00:05:18" in str(notice.message) for notice in notices)
    assert any("CoinGecko stamps the price at 00:00" in str(notice.message) for notice in notices)


def test_rows_without_a_date_are_counted_and_left_out(tmp_path: Path) -> None:
    path = Path(write_vendor(tmp_path, "Bitstamp, Kaggle 2025", BARS))
    path.write_text(path.read_text() + ",4.5,4.5,4.5,4.5,0.0\n")
    with pytest.warns(DataNotice, match="rows of file.csv without a date were left out: 1"):
        series = CsvSource(str(path)).load()
    assert series.provenance.sha256 == fingerprint(BARS["Close"])


def test_a_large_file_is_read_once_and_again_only_when_it_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import cryptoforecast.data.files.reading as reading
    from cryptoforecast.data.files import parsed_cache

    monkeypatch.setattr(parsed_cache, "LARGE", 1)
    monkeypatch.setattr(parsed_cache, "SETTLED", -1.0)
    monkeypatch.setenv("CRYPTOFORECAST_CACHE", str(tmp_path / "cache"))
    path, reads = Path(write_vendor(tmp_path, "ccxt", BARS)), []
    monkeypatch.setattr(reading, "_read", lambda *words, read=reading._read: reads.append(words) or read(*words))
    first, second = load(str(path)), load(str(path))
    assert len(reads) == 1
    assert first.closes.equals(second.closes)
    assert first.cleaning_report is not None
    assert second.cleaning_report is not None
    assert first.cleaning_report.columns == second.cleaning_report.columns
    path.write_text(path.read_text().replace(str(BARS["Close"].iloc[5]), "30000.5"))
    assert load(str(path)).closes.iloc[5] == 30_000.5
    for kept in (tmp_path / "cache" / "files").iterdir():
        kept.write_bytes(kept.read_bytes()[: np.random.default_rng(0).integers(200, 700)])
    assert load(str(path)).closes.iloc[5] == 30_000.5  # a damaged cache is no obstacle
