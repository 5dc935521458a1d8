"""Whose closes a file holds: what it says of itself is never overruled."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cryptoforecast.data.files import parsed_cache
from tests.data.files.helpers import BARS, CLOSES, DAYS, load, refusal, table

COINS = {"bitcoin": 1.0, "ethereum": 0.1, "dogecoin": 0.003}
CODES = {"bitcoin": "1", "ethereum": "2", "dogecoin": "7"}
NAMES = ["coin_id", "Name", "slug", "ts_code", "coin", "code", "代码", "코인명", "whatever it is", "Asset_ID", "Symbol"]


def long(folder: Path, heading: str, by_coin: bool, further: bool = False, header: bool = True) -> str:
    """Rows of several coins: one coin below the other, or day by day."""
    rows = [(day, coin, at) for coin in COINS for at, day in enumerate(DAYS)]
    rows = rows if by_coin else sorted(rows)
    name = (lambda coin: CODES[coin]) if heading == "Asset_ID" else str
    columns: dict[str, Sequence[object]] = {
        heading: [name(coin) for _, coin, _ in rows],
        "date": [day for day, _, _ in rows],
        "price_usd": [CLOSES[at] * COINS[coin] for _, coin, at in rows],
    }
    if further:
        columns |= {"note": ["seen"] * len(rows), "count": [37 * at + 11 for _, _, at in rows]}
        columns |= {"trade": [f"id{number}" for number in range(len(rows))]}
    return table(folder, columns, header=header)


@pytest.mark.parametrize("heading", NAMES)
@pytest.mark.parametrize("by_coin", [True, False])
@pytest.mark.parametrize("further", [True, False])
def test_any_column_that_tells_the_rows_of_a_date_apart_names_the_coins(
    heading: str, by_coin: bool, further: bool, tmp_path: Path
) -> None:
    path = long(tmp_path, heading, by_coin, further)
    names = list(CODES.values()) if heading == "Asset_ID" else list(COINS)
    sentence = refusal(path)
    assert all(name in sentence for name in (*names, "set data.source.symbol to one of them"))
    for name, factor in zip(names, COINS.values(), strict=True):
        assert load(path, symbol=name).closes.tolist() == [close * factor for close in CLOSES]
    assert "SHIB is none of them" in refusal(path, symbol="SHIB")


def test_a_long_table_needs_no_header(tmp_path: Path) -> None:
    path = long(tmp_path, "coin", by_coin=True, header=False)
    assert "has rows of bitcoin, ethereum, dogecoin" in refusal(path)
    assert load(path, symbol="ETH").closes.tolist() == [close * 0.1 for close in CLOSES]


def test_a_large_long_table_is_told_apart_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parsed_cache, "LARGE", 0)
    path = long(tmp_path, "whatever it is", by_coin=True, further=True)
    assert load(path, symbol="bitcoin").closes.tolist() == CLOSES


WIDE = [
    ("bitcoin_price", "ethereum_price", "litecoin_price"),
    ("price_btc", "price_eth", "price_ltc"),
    ("BTC_close", "ETH_close", "LTC_close"),
    ("BTC-USD Close", "ETH-USD Close", "LTC-USD Close"),
    ("bitcoin", "ethereum", "litecoin"),
    ("BTC", "ETH", "LTC"),
    ("BTC收盘价", "ETH收盘价", "LTC收盘价"),
    ("Close BTC/USDT", "Close ETH/USDT", "Close LTC/USDT"),
]


@pytest.mark.parametrize("headings", WIDE)
def test_of_a_wide_table_the_symbol_takes_what_stands_there(headings: tuple[str, ...], tmp_path: Path) -> None:
    columns = {
        name: [close * factor for close in CLOSES] for name, factor in zip(headings, (1, 0.07, 0.003), strict=True)
    }
    path = table(tmp_path, {"Date": DAYS, **columns})
    sentence = refusal(path)
    assert all(name in sentence for name in (*headings, "data.source."))
    for symbol, name in zip(("BTC-USD", "ethereum", "LTCUSD"), headings, strict=True):
        assert load(path, symbol=symbol).closes.tolist() == columns[name]
    for name in headings:
        assert load(path, column=name.swapcase()).closes.tolist() == columns[name]
    assert "DOGE" in refusal(path, symbol="DOGE")


SAME = ["BTC-USD", "BTC/USD", "BTCUSD", "BTC", "btcusd", "BTCUSDT", "Bitcoin", "XBTUSD"]
OTHER = ["ETHUSD", "ETH", "ethereum", "LTC-USD", "BTCEUR", "BCHUSD", "BTCDOM"]


@pytest.mark.parametrize("where", ["rows", "heading", "level"])
@pytest.mark.parametrize("symbol", [*SAME, *OTHER])
def test_what_a_file_says_of_itself_is_not_overruled(where: str, symbol: str, tmp_path: Path) -> None:
    if where == "rows":
        path = table(tmp_path, {"Date": DAYS, "Symbol": ["BTCUSD"] * 40, "Close": CLOSES})
    elif where == "heading":
        path = table(tmp_path, {"Date": DAYS, "BTCUSD_Close": CLOSES, "BTCUSD_Volume": BARS["Volume"]})
    else:
        rows = "\n".join(f"{day},{close},1" for day, close in zip(DAYS, CLOSES, strict=True))
        (tmp_path / "made.csv").write_text(f"Price,Close,Volume\nTicker,BTCUSD,BTCUSD\nDate,,\n{rows}\n")
        path = str(tmp_path / "made.csv")
    if symbol in SAME:
        series = load(path, symbol=symbol)
        assert (series.closes.tolist(), series.provenance.symbol) == (CLOSES, symbol)
    else:
        sentence = refusal(path, symbol=symbol)
        assert "BTCUSD" in sentence
        assert f"{symbol} is none of them" in sentence
    assert load(path).provenance.symbol == "BTCUSD"


def test_a_column_that_says_the_name_counts_beside_the_one_that_says_the_symbol(tmp_path: Path) -> None:
    path = table(tmp_path, {"Name": ["Tether"] * 40, "Symbol": ["USDT"] * 40, "Date": DAYS, "Close": CLOSES})
    assert load(path, symbol="tether").closes.tolist() == CLOSES
    path = table(tmp_path, {"Date": DAYS, "Currency": ["USD"] * 40, "Close": CLOSES})
    assert load(path, symbol="BTC-USD").closes.tolist() == CLOSES


@pytest.mark.parametrize("symbol", [None, "BTC-USD", "x"])
def test_files_of_different_coins_are_never_joined(symbol: str | None, tmp_path: Path) -> None:
    from cryptoforecast import CsvSource, UserError

    half = len(DAYS) // 2
    files = []
    for name, days, closes in (("BTC", DAYS[:half], CLOSES[:half]), ("ETH", DAYS[half:], CLOSES[half:])):
        path = Path(table(tmp_path, {"Date": days, "Close": closes}))
        files.append(str(path.rename(tmp_path / f"{name}-USD_2024.csv")))
    with pytest.raises(UserError, match="names files of BTC-USD and ETH-USD; one series takes one symbol"):
        CsvSource(files, symbol=symbol).load()
    for file, name in zip(files, ("BTC/USD", "ETH/USD"), strict=True):
        text = Path(file).read_text().replace("Close", "Symbol,Close", 1).splitlines()
        Path(file).write_text("\n".join([text[0], *(line.replace(",", f",{name},") for line in text[1:]), ""]))
    with pytest.raises(UserError, match="names files of BTC/USD and ETH/USD|has rows of .*; .* is none of them"):
        CsvSource(files, symbol=symbol).load()


@pytest.mark.parametrize("heading", ["s", "whatever"])
@pytest.mark.parametrize("header", [True, False])
def test_coins_in_a_column_without_a_known_heading_are_what_the_rows_say(
    heading: str, header: bool, tmp_path: Path
) -> None:
    path = table(tmp_path, {heading: ["BTCUSDT"] * 40, "date": DAYS, "close": CLOSES}, header=header)
    assert load(path, symbol="BTC-USD").closes.tolist() == CLOSES
    assert "has rows of BTCUSDT; ETH-USD is none of them" in refusal(path, symbol="ETH-USD")


def test_a_column_called_as_a_coin_is_no_other_coins(tmp_path: Path) -> None:
    path = table(tmp_path, {"Date": DAYS, "ETH": CLOSES})
    assert load(path, symbol="ethereum").closes.tolist() == CLOSES
    assert "has closes of ETH, in the column ETH; BTC is none of them" in refusal(path, symbol="BTC")
    assert "BTC is none of them" in refusal(path, symbol="BTC", column="ETH")


@pytest.mark.parametrize("heading", ["Rate", "Price type", "Series"])
def test_a_last_column_of_names_under_any_heading_tells_the_rows_apart(heading: str, tmp_path: Path) -> None:
    names = ["CHF", "EUR12M", "EUR3M", "GBP"]
    rows = [(day, (at + 1) * (number + 1.5), name) for at, day in enumerate(DAYS) for number, name in enumerate(names)]
    path = table(tmp_path, dict(zip(["Date", "Value", heading], zip(*rows, strict=True), strict=True)))
    said = refusal(path)
    assert "data.source.symbol" in said
    assert all(name in said for name in names)
    assert load(path, symbol="EUR12M").closes.tolist() == [(at + 1) * 2.5 for at in range(len(DAYS))]


def test_an_apostrophe_for_spreadsheets_is_no_part_of_a_symbol(tmp_path: Path) -> None:
    path = table(tmp_path, {"ts_code": ["'000001"] * len(DAYS), "Date": DAYS, "Close": CLOSES})
    assert load(path, symbol="000001").closes.name == "000001"


def test_files_of_two_coins_under_a_third_symbol_are_refused_with_both_names(tmp_path: Path) -> None:
    for coin in ("BTCUSD", "ETHUSD"):
        (tmp_path / coin).mkdir()
        table(tmp_path / coin, {"symbol": [coin] * len(DAYS), "Date": DAYS, "Close": CLOSES})
    said = refusal(str(tmp_path / "*" / "made.csv"), symbol="BOTH")
    assert "BTCUSD" in said
    assert "ETHUSD" in said
