"""Numbers as vendors write them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast.data.files.cells.decimal_mark import decimal_of, decimal_of_table
from cryptoforecast.data.files.cells.jumps import may_be_thousands
from cryptoforecast.data.files.cells.numbers import Unreadable, numbers_of, read_numbers

PRICES = st.lists(st.integers(1, 10**9).map(lambda tenths: tenths / 10), min_size=1, max_size=20)
SWAPPED = str.maketrans(",.", ".,")


def numbers(cells: list[str], **how: object) -> list[float]:
    return read_numbers(pd.Series(cells, dtype="str"), **how).tolist()  # type: ignore[arg-type]


@given(PRICES)
def test_thousands_commas_change_no_number(prices: list[float]) -> None:
    assert numbers([f"{price:,.1f}" for price in prices]) == prices


@given(PRICES)
def test_decimal_commas_change_no_number(prices: list[float]) -> None:
    assert numbers([f"{price:,.1f}".translate(SWAPPED) for price in prices]) == prices


@given(PRICES)
def test_thousands_spaces_and_currency_signs_change_no_number(prices: list[float]) -> None:
    assert numbers([f"$ {price:,.1f}".replace(",", "\u202f") for price in prices]) == prices


@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=20))
def test_a_written_float_comes_back_to_the_last_bit_where_the_mark_is_known(prices: list[float]) -> None:
    assert numbers([repr(price) for price in prices], decimal=".") == prices


def test_empty_cells_of_all_kinds_are_no_numbers() -> None:
    assert np.isnan(
        numbers(["", "null", "NaN", "n/a", "-", "None", ".", "–", "--", "…", "N/D", "s/d", "?", "#N/A", "暂无"])
    ).all()


def test_volumes_may_end_in_a_letter_and_prices_may_not() -> None:
    assert numbers(["57.32K", "1.5M", "2B", "-"], suffixes=True)[:3] == [57_320.0, 1_500_000.0, 2e9]
    with pytest.raises(Unreadable, match="not a number"):
        numbers(["57.32K"])


@pytest.mark.parametrize("cell", ["28,420", "1,234,5", "12.345.6", "1_000", "0x1F", "inf", "12 34", "5%", "1,23,45.0"])
def test_a_number_that_is_none_or_two_is_refused(cell: str) -> None:
    with pytest.raises(Unreadable) as refused:
        numbers(["1", cell, "3"])
    assert refused.value.row == 1


def test_other_columns_settle_what_a_comma_means() -> None:
    assert numbers(["28,420", "7"], decimal=".") == [28_420.0, 7.0]
    assert numbers(["28,420", "7"], decimal=",") == [28.42, 7.0]
    assert numbers(["28.420", "7"], decimal=",") == [28_420.0, 7.0]


def test_a_mark_for_thousands_in_one_cell_alone_is_damage() -> None:
    for cells in (["28420.3", "2 842.3", "28842.3"], ["28,420.3", "28,719.1", "28842.3"]):
        with pytest.raises(Unreadable, match="written in another way than others"):
            numbers(cells)


def test_the_decimal_mark_is_told_by_a_cell_that_leaves_no_choice() -> None:
    assert decimal_of(["93,557.2", "74.85K", "0.84%"]) == "."
    assert decimal_of(["93.557,2", "74,85K", "0,84%"]) == ","
    assert decimal_of(["28,420", "100.123", "2024-03-11", "22.05.2026"]) == ""
    assert decimal_of(["1.5", "1,5"]) == ""


def test_a_leading_zero_or_four_digits_before_a_mark_leave_no_choice() -> None:
    assert numbers(["0,512", "1,510"]) == [0.512, 1.51]
    assert numbers(["1234,567", "998"]) == [1234.567, 998.0]
    assert numbers(["1 234,567", "1 998,001"]) == [1234.567, 1998.001]
    assert decimal_of(["0,512"]) == ","
    assert decimal_of(["0.512"]) == "."


def test_dates_and_texts_say_nothing_of_numbers() -> None:
    assert decimal_of(["22.05.2026", "99,186", "2024-01-02", "13:45", "1.12.2"]) == ""
    assert decimal_of_table([["2024.05", "99,186", "v1.5"], ["2024.06", "99,218", "1.5"]], dates=0) == ""
    assert decimal_of_table([["22.05.2026", "99,186", "21,12K"], ["21.05.2026", "99,218", "-"]], dates=0) == ","


@given(st.lists(st.floats(-0.3, 0.3), min_size=3, max_size=30), st.sampled_from(".,"))
def test_where_one_reading_is_smooth_and_the_other_jumps_the_smooth_one_is_right(steps: list[float], mark: str) -> None:
    prices = np.round(1000 * np.exp(np.cumsum(np.clip(np.concatenate([[-0.01, 0.02], steps]), -0.3, 0.3) / 3)))
    if not (prices.min() < 1000 <= prices.max() < 1e6):
        return
    cells = [f"{price:,.0f}".replace(",", mark) for price in prices]
    read = numbers_of(pd.Series(cells, dtype="str"), smooth=True)
    assert (read.values == prices).all()
    assert read.by_continuity


def test_decimals_beside_a_whole_number_are_told_by_continuity_too() -> None:
    read = numbers_of(pd.Series(["1.998", "2", "2.012"], dtype="str"), smooth=True)
    assert read.values.tolist() == [1.998, 2.0, 2.012]


@pytest.mark.parametrize("cells", [["99,186", "98,423"], ["1.012", "1.998"], ["1.012", "2.500", "3.100"]])
def test_what_is_smooth_in_both_readings_is_refused_with_both_and_the_knob(cells: list[str]) -> None:
    with pytest.raises(Unreadable, match=r"or \S+: nothing in the file tells which; set data.source.decimal"):
        numbers_of(pd.Series(cells, dtype="str"), smooth=True)


def test_the_mark_that_the_user_says_settles_everything_and_contradiction_is_an_error() -> None:
    ambiguous = pd.Series(["99,186", "98,423"], dtype="str")
    assert numbers_of(ambiguous, forced=",", hint=".").values.tolist() == [99.186, 98.423]
    assert numbers_of(ambiguous, forced=".", hint=",").values.tolist() == [99186.0, 98423.0]
    with pytest.raises(Unreadable, match="no number whose decimals follow '.'") as refused:
        numbers_of(pd.Series(["99,186", "0,512"], dtype="str"), forced=".")
    assert refused.value.row == 1


def test_continuity_against_other_columns_is_refused() -> None:
    with pytest.raises(Unreadable, match="other columns tell the one, the rows around it the other"):
        numbers_of(pd.Series(["1.012", "998"], dtype="str"), hint=".", smooth=True)


def test_columns_of_floats_that_may_be_thousands_are_few() -> None:
    assert may_be_thousands(np.array([1.012, 998.0, np.nan]))
    assert not may_be_thousands(np.array([1.012, 998.0, 1000.0]))
    assert not may_be_thousands(np.array([0.512, 1.012]))
    assert not may_be_thousands(np.array([1.0121, 998.0]))
    assert not may_be_thousands(np.array([997.0, 998.0]))
    assert not may_be_thousands(np.array([]))
    assert not may_be_thousands(np.array([np.nan]))


@pytest.mark.parametrize(
    "form",
    ["₹{}", "R$ {}", "US${}", "{} USD", "USD {}", "{}€", "{} zł", "₺{}", "₩{}", "{} kr", "EUR {}", "¥{}", "{} TL"],
)  # fmt: skip
def test_a_currency_before_or_behind_changes_no_number(form: str) -> None:
    assert numbers([form.format(text) for text in ("1,234.50", "1,240.00", "998.75")]) == [1234.5, 1240.0, 998.75]
    assert numbers([form.format(text) for text in ("1.234,50", "1.240,00", "998,75")]) == [1234.5, 1240.0, 998.75]


def test_two_currencies_in_one_column_are_refused() -> None:
    with pytest.raises(Unreadable, match="in another currency"):
        numbers(["$1.50", "€1.50", "$1.75"])


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=20))
def test_lakhs_and_crores_are_read(prices: list[int]) -> None:
    def indian(price: int) -> str:
        head, tail = str(price)[:-3], str(price)[-3:]
        pairs = [head[max(at - 2, 0) : at] for at in range(len(head), 0, -2)][::-1]
        return ",".join([*pairs, tail]) + ".50"

    assert numbers([indian(price) for price in prices]) == [price + 0.5 for price in prices]


def test_thousands_parted_in_two_ways_in_one_column_are_damage() -> None:
    with pytest.raises(Unreadable, match="written in another way than others"):
        numbers(["12,34,567.5", "12,34,569.5", "123,456.5"])


@pytest.mark.parametrize("space", " '\u2019\u00a0\u202f\u2009")
def test_thousands_are_parted_by_any_space_or_apostrophe(space: str) -> None:
    assert numbers([f"1{space}234{space}567.50"]) == [1_234_567.5]
    assert numbers([f"1{space}234,5", f"1{space}001,75"]) == [1234.5, 1001.75]


@pytest.mark.parametrize("damaged", ["4e7", "4E7"])
def test_a_digit_that_became_an_e_is_no_power_of_ten(damaged: str) -> None:
    with pytest.raises(Unreadable, match="written in another way than others"):
        numbers_of(pd.Series(["417", "418", damaged, "421"]))
    assert numbers_of(pd.Series(["4e+07", "1e-05", "0.0001"])).values.tolist() == [4e7, 1e-5, 1e-4]
