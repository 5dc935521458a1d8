"""Numbers as vendors write them."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast.data.files.numbers import Unreadable, decimal_of, read_numbers

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
def test_a_written_float_comes_back_to_the_last_bit(prices: list[float]) -> None:
    assert numbers([repr(price) for price in prices]) == prices


def test_empty_cells_of_all_kinds_are_no_numbers() -> None:
    assert np.isnan(numbers(["", "null", "NaN", "n/a", "-", "None"])).all()


def test_volumes_may_end_in_a_letter_and_prices_may_not() -> None:
    assert numbers(["57.32K", "1.5M", "2B", "-"], suffixes=True)[:3] == [57_320.0, 1_500_000.0, 2e9]
    with pytest.raises(Unreadable, match="not a number"):
        numbers(["57.32K"])


@pytest.mark.parametrize("cell", ["28,420", "1,234,5", "12.345.6", "1_000", "0x1F", "inf", "12 34", "5%", "1,23,456.0"])
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
    assert decimal_of(["28,420", "0.123", "2024-03-11"]) == ""
    assert decimal_of(["1.5", "1,5"]) == ""
