"""What a cell holds, whoever wrote it."""

import pytest

from cryptoforecast.data.files.cells.kinds import (
    is_clock,
    is_compact_clock,
    is_compact_date,
    is_date,
    is_empty,
    is_epoch,
    is_number,
)

DATES = [
    *("22.05.2026", "2019.07.22", "2024-01-02", "1/2/2024", "12/31/24", "2024. 1. 5.", "2024-03", "03/2024"),
    *("Sept 1, 2021", "Aug 31, 2021", "Jan. 2, 2024", "5-Jan-24", "2024-Jan-02", "1st January 2024", "Dic 2023"),
    *("1 de enero de 2024", "août 1987", "Août 1987", "Mär 2024", "Oca 2024", "мар. 2024", "2 января 2024 г."),
    *("Mon, Jan 2, 2023", "Montag, 2. Januar 2023", "wt., 2 stycznia 2024", "sábado, 2 de março de 2024"),
    *("2024年12月31日", "2024년 12월 31일", "2023年1月2日 星期一", "12月 31, 2024", "2023Q1", "2023-Q1"),
    *("Q1 2023", "2024-W05"),
    *("2021-05-11T13:00:00", "2021-05-11 13:00:00+00:00", "2021-05-11T13:00:00Z", "20240102T134500Z", "20240102 13:45"),
    *("11.10.2021 00:00:00.000 GMT+0800", "2021-05-11 13:00 UTC+8", "2021-10-11T00:00:00-04:00[America/New_York]"),
    *("1/2/2024 1:45 PM", "2024. 1. 5. 오후 3:00", "2024-01-02 12-AM", "2024/1/2 上午 9:30:00"),
    *("Mon Oct 11 2021 00:00:00 GMT+0800 (China Standard Time)", "Mon Oct 11 00:00:00 2021"),
]  # fmt: skip
NUMBERS = [
    *("28420.3", "28,420.3", "28.420,3", "0,512", "1.012", "-0,03%", "21,12K", "1.5M", "12,34,567.89", "1'234.50"),
    *("1’234.50", "1 234,50", "1\u00a0234.5", "1\u2009234", "R$ 1.234,50", "US$1,234.50", "₹1,234.50", "₩123,456"),
    *("1.234,50 zł", "1 234 kr", "1,234.50 USD", "USD 1,234.50", "1.234,5 €", "+5.2%", "-1e-5", "1.5147648e9", "-$5"),
    *("20240102", "2024", ".5", "5.", "₺1.234,50", "1,234.50 EUR"),
]
EMPTY = [
    *("", " ", ".", "-", "–", "--", "…", "...", "?", "n/a", "N/D", "s/d", "#N/A", "None", "NULL", "nan", "null"),
    *("暂无", "无", "н/д", "\\N"),
]
NEITHER = [
    *("1.12.2", "v1.2", "10.15.7", "BTC-USD", "close", "1/2", "May", "12 34", "1,234,5", "12.345.6", "0x1F", "inf"),
    *("99.99.2024", "Bitcoin 2024", "hello 5 2024", "A1", "(5)", "1_000", "31/31/2024", "Feb 30, 2024", ""),
]


@pytest.mark.parametrize("cell", DATES)
def test_a_date_of_any_language_is_a_date_and_no_number(cell: str) -> None:
    assert is_date(cell)
    assert is_date(f" {cell} ")
    assert not is_number(cell)
    assert not is_clock(cell)


@pytest.mark.parametrize("cell", NUMBERS)
def test_a_number_of_any_writing_is_a_number_and_no_date(cell: str) -> None:
    assert is_number(cell)
    assert is_number(f" {cell} ")
    assert not is_date(cell)
    assert not is_clock(cell)


@pytest.mark.parametrize("cell", NEITHER)
def test_a_version_a_name_or_a_damaged_number_is_neither(cell: str) -> None:
    assert not is_number(cell)
    assert not is_date(cell)


@pytest.mark.parametrize("cell", EMPTY)
def test_no_value_is_told_in_any_language(cell: str) -> None:
    assert is_empty(cell)
    assert not is_number(cell)
    assert not is_date(cell)


def test_a_value_is_not_empty() -> None:
    assert not any(map(is_empty, ["0", "0.0", "-1", ".5", "NANO", "Nil Coin", "2024-01-02"]))


def test_a_time_of_day_alone_is_a_clock() -> None:
    assert all(map(is_clock, ["13:45", "13:45:00", "13:45:00.000", "1:45 PM", "오후 3:00", "9:05"]))
    assert not any(map(is_clock, ["134500", "25:00", "13:75", "1.45", "2024-01-02 13:45", "-1:45", "PM"]))
    assert is_compact_clock("134500")
    assert is_compact_clock("0930")
    assert not any(map(is_compact_clock, ["246000", "13450", "13:45", "1345.0"]))


def test_digits_alone_are_a_day_only_if_they_can_be() -> None:
    assert is_compact_date("20240102")
    assert is_compact_date("20240102.0")
    assert not any(map(is_compact_date, ["20241302", "16000101", "2024010", "44187123"]))
    assert not is_date("20240102")


def test_an_epoch_may_be_old_negative_or_a_float() -> None:
    assert all(map(is_epoch, ["1514764800", "-220924800", "1514764800000.0", "1.5147648e9", "1.5147648E+12"]))
    assert not any(map(is_epoch, ["28420.3", "1514", "2024-01-02", "1.5e3"]))
