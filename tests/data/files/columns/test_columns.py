"""Which column is the time, which the close, and whose they are."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CsvSource
from tests.data.files.helpers import BARS, CLOSES, DAYS, OHLC, load, refusal, table
from tests.data.sources.vendors import made_bars


def epochs(times: pd.DatetimeIndex = BARS.index, unit: int = 1000) -> list[int]:
    return [int(time.timestamp()) * unit for time in times]


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


def local(hours: float) -> list[str]:
    return [f"{time + pd.Timedelta(hours=hours):%Y-%m-%d %H:%M:%S}" for time in BARS.index]


@pytest.mark.parametrize("heading", ["时间戳", "marca", "open_stamp", "x", "unix"])
@pytest.mark.parametrize("hours", [8, -5, 5.5, 0])
@pytest.mark.parametrize("epochs_first", [True, False])
@pytest.mark.parametrize("unit", [1, 1000])
def test_of_two_columns_of_the_same_moment_the_one_in_utc_is_the_time(
    heading: str, hours: float, epochs_first: bool, unit: int, tmp_path: Path
) -> None:
    stamps: list[tuple[str, Sequence[object]]] = [(heading, epochs(unit=unit)), ("time", local(hours))]
    ordered = stamps if epochs_first else stamps[::-1]
    path = table(tmp_path, {ordered[0][0]: ordered[0][1], "close": CLOSES, ordered[1][0]: ordered[1][1]})
    series = load(path)
    assert series.closes.index.equals(BARS.index)
    assert any(f"the times are those of {heading}, in UTC" in note for note in series.provenance.notes) == bool(hours)


def test_local_times_of_two_zones_do_not_say_which_is_utc_but_their_offsets_or_names_do(tmp_path: Path) -> None:
    path = table(tmp_path, {"time": local(0), "time local": local(8), "close": CLOSES})
    assert "are 08:00 apart, and none says which are UTC; set data.source.date_column" in refusal(path)
    assert load(path, date_column="TIME").closes.index.equals(BARS.index)
    path = table(tmp_path, {"time local": local(8), "time (UTC)": local(0), "close": CLOSES})
    assert load(path).closes.index.equals(BARS.index)
    path = table(tmp_path, {"time": local(8), "at": [f"{text}+00:00" for text in local(0)], "close": CLOSES})
    assert load(path).closes.index.equals(BARS.index)


def test_columns_of_other_dates_are_refused_with_their_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    seen = [f"{time + pd.Timedelta(minutes=int(rng.integers(1, 900))):%Y-%m-%d %H:%M:%S}" for time in BARS.index]
    path = table(tmp_path, {"day": DAYS, "observed": seen, "close": CLOSES})
    assert "the columns day, observed hold different dates; set data.source.date_column" in refusal(path)
    assert load(path, date_column="Day").closes.index.equals(BARS.index)
    for name in ("last_updated", "created_at", "close_time", "timeClose", "expiry"):
        assert load(table(tmp_path, {name: seen, "when": DAYS, "close": CLOSES})).closes.index.equals(BARS.index)
    same = table(tmp_path, {"downloaded on": ["2024-05-05"] * 40, "when": DAYS, "close": CLOSES})
    assert load(same).closes.index.equals(BARS.index)


CLOCKS = {
    "MetaTrader": ("{t:%Y.%m.%d}", "{t:%H:%M:%S}", ("<DATE>", "<TIME>"), "\t"),
    "stooq": ("{t:%Y%m%d}", "{t:%H%M%S}", ("<DATE>", "<TIME>"), ","),
    "plain": ("{t:%Y-%m-%d}", "{t:%H:%M}", ("Date", "Time"), ","),
    "Chinese": ("{t:%Y/%m/%d}", "{t:%H:%M:%S}", ("日期", "时间"), ";"),
    "American": ("{t:%m/%d/%Y}", "{t:%I:%M %p}", ("day", "hour"), ";"),
    "midnights": ("{t:%Y-%m-%d} 00:00:00", "{t:%H:%M:%S}", ("Date", "Time"), ","),
    "clock first": ("{t:%d.%m.%Y}", "{t:%H:%M}", ("Date", "Time"), ";"),
}
HOURS = made_bars("1h", 60)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", CLOCKS)
def test_a_date_and_a_clock_in_two_columns_are_one_time(name: str, header: bool, tmp_path: Path) -> None:
    day, clock, headings, mark = CLOCKS[name]
    columns: dict[str, Sequence[object]] = {
        headings[0]: [day.format(t=time) for time in HOURS.index],
        headings[1]: [clock.format(t=time) for time in HOURS.index],
    }
    if name == "clock first":
        columns = dict(reversed(columns.items()))
    columns |= {f"<{name.upper()}>": HOURS[name] for name in ("Open", "High", "Low", "Close")} | {
        "<VOL>": HOURS["Volume"]
    }
    series = load(table(tmp_path, columns, mark, header))
    assert series.closes.tolist() == HOURS["Close"].tolist()
    assert series.closes.index.equals(HOURS.index)


ORDERS = ["o h l c", "c h l o", "l h o c", "o c h l", "h l o c", "c o l h", "o l h c"]
FIRST = {"epoch": epochs(), "seconds": epochs(unit=1), "ISO": DAYS, "dots": [f"{t:%d.%m.%Y}" for t in BARS.index]}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("newest_first", [False, True])
def test_a_file_without_a_header_is_read_in_any_order(
    order: str, first: str, newest_first: bool, tmp_path: Path
) -> None:
    letters = {name[0].lower(): values for name, values in OHLC.items()}
    columns = (
        {"t": FIRST[first]} | {letter: letters[letter] for letter in order.split()} | {"v": BARS["Volume"].tolist()}
    )
    turned = {name: list(values)[:: -1 if newest_first else 1] for name, values in columns.items()}
    for shape in (turned, {name: turned[name] for name in turned if name != "v"}, {"v": turned["v"], **turned}):
        assert load(table(tmp_path, shape, header=False)).closes.tolist() == CLOSES


def test_one_odd_bar_in_many_decides_nothing(tmp_path: Path) -> None:
    many = made_bars("1min", 2000)
    high = many["High"].tolist()
    high[777] = many["Low"].iloc[777] * 0.99
    columns = {"t": epochs(many.index), "o": many["Open"], "h": high, "l": many["Low"], "c": many["Close"]}
    assert load(table(tmp_path, columns, header=False)).closes.tolist() == many["Close"].tolist()


def test_what_the_numbers_do_not_tell_is_asked_for_by_number(tmp_path: Path) -> None:
    flat = {"t": DAYS, **{name: [100.0 + 1.5 * day for day in range(40)] for name in "ohlc"}, "v": BARS["Volume"]}
    path = table(tmp_path, flat, header=False)
    sentence = refusal(path)
    assert "has no header, and its columns cannot be told; the closes may be column 2, 3, 4, 5, 6" in sentence
    assert "set data.source.column to the number" in sentence
    assert load(path, column="5").closes.tolist() == flat["c"]
    twice = table(
        tmp_path, {"a": DAYS, "b": [f"{time:%Y-%m-%d} 17:13:09" for time in BARS.index], "c": CLOSES}, header=False
    )
    assert "the columns column 1, column 2 hold different dates; set data.source.date_column" in refusal(twice)
    for first in ("1", "column 1"):  # as the sentence writes it, too
        assert load(twice, date_column=first).closes.index.equals(BARS.index)


@pytest.mark.parametrize("stamps", [DAYS, epochs()])
@pytest.mark.parametrize("header", ["", "x,y\n", "Datum,Kurs\n", "unbekannt,irgendwas\n"])
def test_dates_and_one_column_of_numbers_need_no_headings(
    stamps: Sequence[object], header: str, tmp_path: Path
) -> None:
    rows = "\n".join(f"{stamp},{close}" for stamp, close in zip(stamps, CLOSES, strict=True))
    (tmp_path / "two.csv").write_text(header + rows + "\n")
    assert load(str(tmp_path / "two.csv")).closes.tolist() == CLOSES


def test_bars_under_headings_of_an_unknown_language_are_told_by_their_numbers(tmp_path: Path) -> None:
    headings = ["dydd", "agor", "uchaf", "isaf", "cau"]
    series = load(table(tmp_path, dict(zip(headings, [DAYS, *OHLC.values()], strict=True))))
    assert series.closes.tolist() == CLOSES
    assert any(
        "open from agor, high from uchaf, low from isaf, close from cau" in note for note in series.provenance.notes
    )


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


COUNTS = [1_500_517_590 + 5_000_000 * row for row in range(40)]  # nine digits and more, as epochs have


@pytest.mark.parametrize("name", ["market_cap", "circulating supply", "Volume", "marketCap"])
def test_counts_as_large_as_epochs_are_no_times(name: str, tmp_path: Path) -> None:
    uneven = [count + 7_654_321 * (row * row % 7) for row, count in enumerate(COUNTS)]
    for counts in (COUNTS, uneven):
        assert load(table(tmp_path, {"when": DAYS, name: counts, "price": CLOSES})).closes.index.equals(BARS.index)
    assert load(table(tmp_path, {"when": DAYS, "whatever": uneven, "price": CLOSES})).closes.index.equals(BARS.index)


def test_years_months_and_counters_are_no_dates(tmp_path: Path) -> None:
    columns = {"year": BARS.index.year, "month": BARS.index.month, "day": BARS.index.day, "index": range(40)}
    path = table(tmp_path, columns | {"close": CLOSES})
    assert "no date column among year, month, day, index, close" in refusal(path)
    assert load(table(tmp_path, columns | {"at": DAYS, "close": CLOSES})).closes.tolist() == CLOSES


def test_the_report_says_why_where_there_was_a_choice(tmp_path: Path) -> None:
    path = table(tmp_path, {"unix": epochs(), "time": local(8), "sp500_close": [4000.5] * 40, "price": CLOSES})
    found = load(path).cleaning_report
    assert found is not None
    assert found.columns == {
        "time": "unix (epoch milliseconds; time is the same moment in UTC+08:00)",
        "close": "price (not sp500_close)",
    }
    found = load(table(tmp_path, {"t": DAYS, **OHLC}, header=False)).cleaning_report
    assert found is not None
    assert found.columns == {"time": "column 1 (ISO 8601)", "close": "close (column 5, told by its numbers)"}
