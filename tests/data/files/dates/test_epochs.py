"""Numbers are read as times by the unit that their size tells."""

from collections.abc import Sequence

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.dates.read_times import read_times

DAYS = pd.date_range("2023-07-20", periods=40, tz="UTC")


UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}


@given(st.lists(st.sampled_from(list(UNITS)), min_size=40, max_size=40))
def test_epochs_of_any_unit_and_of_several_in_one_column_are_read_by_their_size(units: list[str]) -> None:
    stamps = [int(day.timestamp()) * UNITS[unit] for day, unit in zip(DAYS, units, strict=True)]
    read = read_times(pd.Series(stamps))
    assert (read.times == DAYS).all()
    assert all(unit in read.style for unit in units)


def test_epochs_as_floats_are_read_and_an_empty_one_is_no_time() -> None:
    read = read_times(pd.Series([1689811200.0, None, 1689984000.0]))
    assert read.times.isna().tolist() == [False, True, False]
    assert read.times[2] == pd.Timestamp("2023-07-22", tz="UTC")


@pytest.mark.parametrize("unit", UNITS)
def test_epochs_of_any_year_are_read_where_they_go_on_without_a_leap(unit: str) -> None:
    for start in ("1962-01-02", "1985-06-01", "2001-01-01", "2024-01-01"):
        times = pd.bdate_range(start, periods=6000 if start < "2000" else 300, tz="UTC")
        stamps = times.as_unit("ns").asi8 // (10**9 // UNITS[unit])
        assert (read_times(pd.Series(stamps)).times == times).all()
        assert (read_times(pd.Series(stamps.astype(float))).times == times).all()
        assert (read_times(pd.Series(stamps.astype(str))).times == times).all()


def test_epochs_in_scientific_notation_are_read() -> None:
    read = read_times(pd.Series(["1.5147648e9", "1.5148512e+09", "1.5149376E9"]))
    assert (read.times == pd.date_range("2018-01-01", periods=3, tz="UTC")).all()


@pytest.mark.parametrize("column", [range(1970, 2024, 2), range(40), [100_000_001, 100_000_002, 100_000_003]])
def test_years_that_do_not_follow_each_other_and_counters_are_no_epochs(column: Sequence[int]) -> None:
    with pytest.raises(Unreadable, match="not an epoch"):
        read_times(pd.Series(column))


def test_days_as_spreadsheets_count_them_are_refused_with_what_to_do() -> None:
    for column in ([44197, 44198, 44199], [44197.0, 44197.5, 44198.0], ["44197", "44198"]):
        with pytest.raises(Unreadable, match="as spreadsheets count days, from 1900 or from 1904: format the column"):
            read_times(pd.Series(column))


def test_months_in_digits_are_read_unless_they_may_be_days() -> None:
    assert read_times(pd.Series([202311, 202312, 202401])).times[2] == pd.Timestamp("2024-01-01", tz="UTC")
    for column in ([200101, 200102, 200103], [202311, 202312, 202402, 202403]):
        with pytest.raises(Unreadable, match="not an epoch"):
            read_times(pd.Series(column))


@pytest.mark.parametrize("stamp", [12, 1_200_000_000, 4_100_000_000, 10**17, -1_689_811_200])
def test_an_epoch_before_bitcoin_or_behind_now_is_refused(stamp: int) -> None:
    with pytest.raises(Unreadable, match="not an epoch between 2009 and now") as refused:
        read_times(pd.Series([1689811200, stamp, 1689897600]))
    assert refused.value.row == 1
