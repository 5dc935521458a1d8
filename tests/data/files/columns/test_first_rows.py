"""What is told of a column of first rows at once is what its cells say one by one."""

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.data.files.cells.decimal_mark import Decimal
from cryptoforecast.data.files.cells.kinds import are_usual_numbers, is_clock, is_date, is_empty, is_number
from cryptoforecast.data.files.cells.numbers import Unreadable, read_numbers
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.dates.day_order import iso_times, parse_days
from cryptoforecast.data.files.dates.parts import Parts
from cryptoforecast.data.files.dates.read_times import ISO, read_times

NUMBERS = ["28420.3", "28,719.1", "1,234", "0.5", "999", "-3.25", "", "1,234,567.8", "12.345", "0,512", "1234", "1.012"]
OTHERS = ["2024-01-02", "13:45", "$5", " 7", "1,23", "57.3K", "1e5", "1.2.3", "v2", "-", "+1", "2,842,30.1"]


@pytest.mark.parametrize("decimal", ["", "."])
def test_numbers_of_first_rows_are_those_that_the_reader_of_whole_columns_gives(decimal: Decimal) -> None:
    random = np.random.default_rng(0)
    for _ in range(150):
        cells = random.choice(random.choice(NUMBERS, 3), 5).tolist()
        body = FirstRows([[cell] for cell in cells], decimal)
        if body.are_numbers(0):
            np.testing.assert_array_equal(body.numbers(0), _one_by_one(cells, decimal))  # None where there are none


def _one_by_one(cells: list[str], hint: Decimal) -> np.ndarray | None:
    marks: tuple[Decimal, ...] = (hint, ".", ",")
    for decimal in marks:
        try:
            return read_numbers(pd.Series(cells, dtype="str"), decimal, suffixes=True)
        except Unreadable:
            continue
    return None


def test_cells_that_are_told_for_numbers_at_once_are_numbers_and_nothing_else() -> None:
    for cell in NUMBERS + OTHERS:
        if are_usual_numbers([cell, "1.5"]):
            assert is_number(cell)
            assert not any(law(cell) for law in (is_date, is_clock, is_empty))
    assert [cell for cell in NUMBERS if not are_usual_numbers([cell])] == [""]


def test_days_in_iso_8601_are_told_at_once_as_by_pandas() -> None:
    days = ["2024-02-28", "", "2024-02-28T13:45Z", "2024-02-28 13:45:10.5", "1999-12-31T00:00:00.000Z", "2024-02-30"]
    for cells in (days[:5], days[:1], days[1:3]):
        pd.testing.assert_index_equal(iso_times(cells), parse_days(cells, ISO))
    assert iso_times(days) is None
    assert iso_times(["2024-02-28 13:45+01:00"]) is None


@pytest.mark.parametrize("style", ["%m/%d/%Y %H:%M", "%d.%m.%y %H:%M:%S", "%d-%m-%Y %H:%M"])
def test_a_long_column_is_taken_apart_as_a_short_one_is(style: str, monkeypatch: pytest.MonkeyPatch) -> None:
    times = pd.date_range("2024-01-01", periods=500, freq="1h", tz="UTC")
    cells = pd.Series(times.strftime(style))
    odd = pd.concat([cells, pd.Series([" ", None])], ignore_index=True)  # no column of digits alone
    monkeypatch.setattr("cryptoforecast.data.files.dates.parts.CELLS_AT_A_TIME", 7)
    assert (read_times(cells).times == times).all()
    assert (read_times(odd).times[:-2] == times).all()
    assert Parts(cells).days == list(dict.fromkeys(times.strftime(style.split()[0])))


def test_a_cell_that_goes_over_the_end_of_its_line_is_no_two_numbers() -> None:
    numbers = FirstRows([["1.5"], ["569.2\n2"], ["3"]]).numbers(0)
    assert numbers is None or len(numbers) == 3
