"""Tables that contradict themselves are refused: two marks before decimals, closes outside their bars."""

from pathlib import Path

import numpy as np
import pytest

from tests.data.files.helpers import DAYS, OHLC, load, refusal, table

THOUSANDS = [15.0 + round(3 * np.sin(at / 5), 3) for at in range(len(DAYS))]  # 15186, read with a point on the way
AS_WRITTEN = [f"{value:.3f}".rstrip("0") for value in THOUSANDS]


@pytest.mark.parametrize("further", ['"239,98M"', '"-2,65%"', '"1.234.567,5"'])
@pytest.mark.parametrize("close", ["Close", "Último", "Price"])
def test_closes_with_another_mark_than_all_other_numbers_are_refused(close: str, further: str, tmp_path: Path) -> None:
    path = table(tmp_path, {"Date": DAYS, close: AS_WRITTEN, "Open": AS_WRITTEN, "Vol.": [further] * len(DAYS)})
    said = refusal(path)
    assert close in said
    assert further.strip('"') in said
    assert "data.source.decimal to '.'" in said
    assert load(path, decimal=".").closes.tolist() == [float(value) for value in AS_WRITTEN]


@pytest.mark.parametrize("further", ['"1,234,567"', "0.5%", "57.32K", '"1,234.5"', '"12,34,567"', "1234", "1e-05"])
def test_numbers_that_agree_or_say_nothing_of_marks_are_no_contradiction(further: str, tmp_path: Path) -> None:
    path = table(tmp_path, {"Date": DAYS, "Close": AS_WRITTEN, "Vol.": [further] * len(DAYS)})
    assert load(path).closes.tolist() == [float(value) for value in AS_WRITTEN]


def test_a_mark_that_closes_show_far_down_contradicts_too(tmp_path: Path) -> None:
    days = [f"{day:%Y-%m-%d}" for day in np.datetime64("2010-01-01").astype(object) + np.arange(5000) * _a_day()]
    closes = ["15.186"] * 4990 + ["16.83"] * 10
    path = table(tmp_path, {"Date": days, "Close": closes, "Vol.": ['"239,98M"'] * 5000})
    said = refusal(path)
    assert "16.83" in said
    assert "data.source.decimal to '.'" in said
    assert load(path, decimal=".").closes.iloc[-1] == 16.83


def _a_day() -> object:
    return np.timedelta64(1, "D").astype(object)


@pytest.mark.parametrize("order", ["Open Close Low High", "Open High Close Low"])
def test_names_over_other_columns_than_their_own_are_refused(order: str, tmp_path: Path) -> None:
    path = table(tmp_path, dict(zip(["Date", *order.split()], [DAYS, *OHLC.values()], strict=True)))
    said = refusal(path)
    assert "not between low and high" in said
    assert "data.source.column" in said
    assert (
        load(path, column="Close").closes.tolist()
        == OHLC[["Open", "High", "Low", "Close"][order.split().index("Close")]]
    )


@pytest.mark.parametrize("names", ["OPEN HIGH LOW CLOSE", "Apertura Massimo Minimo Chiusura", "开盘 最高 最低 收盘"])
def test_decimal_commas_that_fell_apart_are_refused(names: str, tmp_path: Path) -> None:
    rows = [f"{day},00:00,1,{49050 + at},1,{49900 + at},1,{48010 + at},1,{49100 + at}" for at, day in enumerate(DAYS)]
    header = f"Date,Time,{','.join(names.split())},,,,"
    (tmp_path / "f.csv").write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    assert "not between low and high" in refusal(str(tmp_path / "f.csv"))


@pytest.mark.parametrize("share", [0.3, 1.0])
def test_closes_a_little_outside_of_their_bars_are_the_vendors(share: float, tmp_path: Path) -> None:
    bars = {"Date": DAYS} | OHLC
    few = int(share * len(DAYS))
    bars["Close"] = [*(low * 0.999 for low in OHLC["Low"][:few]), *OHLC["Close"][few:]]
    if share < 1:
        assert load(table(tmp_path, bars)).closes.tolist() == bars["Close"]
    else:
        assert "not between low and high" in refusal(table(tmp_path, bars))  # in all bars: names over other columns


def test_adjusted_closes_may_lie_below_the_lows(tmp_path: Path) -> None:
    adjusted = [close / 2 for close in OHLC["Close"]]
    bars = {"Date": DAYS} | {name: OHLC[name] for name in ("Open", "High", "Low")} | {"Adj Close": adjusted}
    assert load(table(tmp_path, bars)).closes.tolist() == adjusted


def test_a_header_whose_close_stands_over_dates_is_refused(tmp_path: Path) -> None:
    numbers = [str(100 + at) for at in range(len(DAYS))]
    path = table(tmp_path, {"Close": DAYS, "Date": numbers, "Adj Close": ["1.5"] * len(DAYS)})
    assert "the column called Close holds dates" in refusal(path)
    assert load(path, column="Date").closes.tolist() == [float(number) for number in numbers]
