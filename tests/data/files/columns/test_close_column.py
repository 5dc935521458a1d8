"""The column of the closes is found by its heading, else by its numbers, or asked for."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from cryptoforecast import CsvSource
from tests.data.files.helpers import BARS, CLOSES, DAYS, OHLC, load, refusal, table

HEADINGS = [  # of dates and closes, by vendor and language
    ("Data", "Último"), ("Fecha", "Último"), ("Date", "Dernier"), ("Datum", "Zuletzt"), ("Datum", "Schlusskurs"),
    ("Datum", "Schluss"), ("Data", "Zamkniecie"), ("Data", "Zamknięcie"), ("Data", "Ostatnio"), ("Datum", "Kurs"),
    ("Date", "Clôture"), ("Fecha", "Cierre"), ("Data", "Fechamento"), ("Data", "Chiusura"), ("Datum", "Slotkoers"),
    ("日期", "收盘"), ("交易日期", "收盘价"), ("日期", "收盤價"), ("日付", "終値"), ("날짜", "종가"),
    ("Tarih", "Şimdi"), ("Tarih", "Kapanış"), ("Дата", "Цена"), ("Дата", "Закрытие"), ("التاريخ", "مغلق"),
    ("DATE", "CLOSE"),
    ("timestamps", "price_close"), ("Date", "Settle"), ("Dates", "PX_LAST"), ("t", "c"), ("end", "close"),
    ("month", "Close/Last"), ("TRADEDATE", "Closing Price (USD)"), ("Local time", "priceUsd"), ("ngày", "Giá đóng cửa"),
    ("whenever", "BTC-USD"), ("<DATE>", "<CLOSE>"), ("x/t", "x/o/price"), ("День", "Kurs (EUR)"),
]  # fmt: skip


@pytest.mark.parametrize(("date", "close"), HEADINGS)
@pytest.mark.parametrize("further", [False, True])
def test_dates_and_closes_are_known_whatever_their_headings(
    date: str, close: str, further: bool, tmp_path: Path
) -> None:
    columns: dict[str, Sequence[object]] = {date: DAYS, close: CLOSES}
    if further and close not in ("BTC-USD",):
        prefix = "x/" if date.startswith("x/") else ""
        columns = {date: DAYS, f"{prefix}prev_close": [*CLOSES[1:], 1.0], close: CLOSES, f"{prefix}ratio": [0.5] * 40}
    assert load(table(tmp_path, columns)).closes.tolist() == CLOSES


LANGUAGES = [  # date, open, high, low, close, volume
    "Data Otwarcie Najwyzszy Najnizszy Zamkniecie Wolumen",
    "日期 开盘 最高 最低 收盘 成交量",
    "日付 始値 高値 安値 終値 出来高",
    "날짜 시가 고가 저가 종가 거래량",
    "Tarih Açılış Yüksek Düşük Kapanış Hacim",
    "Data Abertura Máxima Mínima Último Vol.",
    "Fecha Apertura Máximo Mínimo Cierre Volumen",
    "Date Ouverture Haut Bas Clôture Volume",
    "Datum Eröffnung Hoch Tief Schluss Umsatz",
    "Data Apertura Massimo Minimo Chiusura Volume",
    "Дата Открытие Макс. Мин. Закрытие Объем",
    "<DATE> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL>",
    "t o h l c v",
    "DATE OPEN HIGH LOW CLOSE VOLUME",
]


@pytest.mark.parametrize("headings", LANGUAGES)
def test_open_high_low_and_volume_are_known_in_the_languages_that_closes_are(headings: str, tmp_path: Path) -> None:
    cells = [DAYS, *OHLC.values(), BARS["Volume"].tolist()]
    path = table(tmp_path, dict(zip(headings.split(), cells, strict=True)))
    series = CsvSource(path).load(("Open", "High", "Low", "Volume"))
    assert series.closes.tolist() == CLOSES
    assert series.others is not None
    assert all(series.others[name].tolist() == BARS[name].tolist() for name in ("Open", "High", "Low", "Volume"))


FOREIGN = {  # columns that are no closes of the file's coin, beside one that is
    "sp500_close": [4000.0 + day for day in range(40)],
    "gold_close": [1900.0 + day for day in range(40)],
    "lag_close": [*CLOSES[1:], 1.0],
    "close_shifted": [*CLOSES[1:], 1.0],
    "previous_close": [*CLOSES[1:], 1.0],
    "prevClose": [*CLOSES[1:], 1.0],
    "close_lag_1": [*CLOSES[1:], 1.0],
    "close_t-1": [*CLOSES[1:], 1.0],
    "前收盘": [*CLOSES[1:], 1.0],
    "前日終値": [*CLOSES[1:], 1.0],
    "전일종가": [*CLOSES[1:], 1.0],
    "close_ratio": [0.5] * 40,
    "close_return": [0.5] * 40,
    "log_close": [0.5] * 40,
    "Close change": [0.5] * 40,
    "Change %": [0.5] * 40,
    "close_ma7": CLOSES[::-1],
    "SMA_close_20": CLOSES[::-1],
    "EMA20 Close": CLOSES[::-1],
    "RSI_close": [50.0] * 40,
    "close_scaled": [0.5] * 40,
    "predicted_close": CLOSES[::-1],
    "value": [1e9 + day * 7.7e7 for day in range(40)],
    "quote_volume": [1e9] * 40,
    "Closing volume": [1e9] * 40,
}


@pytest.mark.parametrize("close", ["price", "Adj Close", "btc_price", "Close", "Last", "收盘", "Price (USD)"])
@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_column_of_something_else_is_never_taken_for_the_close(foreign: str, close: str, tmp_path: Path) -> None:
    path = table(tmp_path, {"Date": DAYS, foreign: FOREIGN[foreign], close: CLOSES, "Volume": BARS["Volume"]})
    if close != "btc_price" or foreign not in ("sp500_close", "gold_close"):
        assert load(path).closes.tolist() == CLOSES
    else:  # two owners are left: both are listed, and each can be asked for
        advice = f"set data.source.symbol to one of them, or data.source.column to one of {foreign}, {close}"
        assert advice in refusal(path)
        assert load(path, symbol="BTC").closes.tolist() == CLOSES
        assert load(path, column="BTC_Price").closes.tolist() == CLOSES


CURRENCIES = [
    ("close (CNY)", "close (USD)"), ("close_usd", "close_eur"), ("price (USD)", "price (BTC)"), ("Close $", "Close €"),
    ("price_usd", "price_btc"), ("收盘价(元)", "收盘价(美元)"), ("btc_price_usd", "btc_price_eur"),
    ("priceUsd", "priceEur"), ("Closing Price (USD)", "Closing Price (KRW)"),
]  # fmt: skip


@pytest.mark.parametrize("pair", CURRENCIES)
@pytest.mark.parametrize("turned", [False, True])
def test_of_closes_in_two_currencies_the_user_chooses(pair: tuple[str, str], turned: bool, tmp_path: Path) -> None:
    columns = {pair[0]: CLOSES, pair[1]: [round(7 * close, 1) for close in CLOSES]}
    order = list(columns)[:: -1 if turned else 1]
    path = table(tmp_path, {"timestamp": DAYS} | {name: columns[name] for name in order})
    for knobs in ({}, {"symbol": "BTC-USD"}):
        sentence = refusal(path, **knobs)
        assert all(name in sentence for name in (*pair, "data.source.column"))
    for name, closes in columns.items():
        assert load(path, column=name).closes.tolist() == closes


def test_close_beside_last_price_and_adj_close_stays_close(tmp_path: Path) -> None:
    other = [round(close * 1.01, 1) for close in CLOSES]
    half = [close / 2 for close in CLOSES]
    path = table(tmp_path, {"Date": DAYS, "Last": other, "Adj Close": half, "Close": CLOSES, "Weighted_Price": other})
    assert load(path).closes.tolist() == CLOSES


def test_two_prices_of_different_size_are_both_named(tmp_path: Path) -> None:
    path = table(tmp_path, {"Date": DAYS, "Price": CLOSES, "Close": [4000.5] * 40})
    assert "2 columns may be the close: Close, Price; set data.source.column to one" in refusal(path)


def test_the_only_column_between_low_and_high_is_the_close_and_two_are_refused(tmp_path: Path) -> None:
    columns = {"Date": DAYS, **OHLC, "Trades": [7.5 * day for day in range(40)]}
    columns = {("mystery" if name == "Close" else name): values for name, values in columns.items()}
    series = load(table(tmp_path, columns))
    assert series.closes.tolist() == CLOSES
    assert any("the only column between Low and High" in note for note in series.provenance.notes)
    sentence = refusal(table(tmp_path, columns | {"riddle": [round(close * 1.001, 1) for close in CLOSES]}))
    assert "2 columns may be the close: mystery, riddle; set data.source.column" in sentence


@pytest.mark.parametrize("name", ["close_lag1", "Returns", "log price", "RSI", "ratio", "Change %"])
def test_a_column_that_is_no_price_is_no_close_even_alone(name: str, tmp_path: Path) -> None:
    path = table(tmp_path, {"Date": DAYS, name: CLOSES})
    assert "no close column among" in refusal(path)
    assert load(path, column=name.upper()).closes.tolist() == CLOSES
