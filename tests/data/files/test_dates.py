"""Dates as vendors write them."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast.data.files.dates import read_times
from cryptoforecast.data.files.numbers import Unreadable

DAYS = pd.date_range("2023-07-20", periods=40, tz="UTC")
STYLES = [
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y",
    "%m/%d/%y", "%d/%m/%y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%SZ",
    "%Y-%m-%d %H:%M:%S UTC", "%m/%d/%Y %H:%M", "%m/%d/%Y, %I:%M:%S %p", "%d/%m/%Y %I:%M %p", "%Y-%m-%d %I-%p",
]  # fmt: skip
UNITS = {"seconds": 1, "milliseconds": 10**3, "microseconds": 10**6, "nanoseconds": 10**9}


@given(st.sampled_from(STYLES), st.permutations(range(40)))
def test_any_style_of_dates_in_any_order_is_read_as_the_same_times(style: str, order: list[int]) -> None:
    read = read_times(pd.Series([f"{DAYS[at]:{style}}" for at in order]))
    assert (read.times == DAYS[order]).all()


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


@pytest.mark.parametrize("stamp", [12, 1_200_000_000, 4_100_000_000, 10**17, -1_689_811_200])
def test_an_epoch_before_bitcoin_or_behind_now_is_refused(stamp: int) -> None:
    with pytest.raises(Unreadable, match="not an epoch between 2009 and now") as refused:
        read_times(pd.Series([1689811200, stamp, 1689897600]))
    assert refused.value.row == 1


def test_a_day_above_twelve_settles_which_is_the_day() -> None:
    assert read_times(pd.Series(["03/04/2024", "13/04/2024"])).style == "%d/%m/%Y"
    assert read_times(pd.Series(["04/03/2024", "04/13/2024"])).style == "%m/%d/%Y"


def test_even_steps_settle_which_is_the_day() -> None:
    assert read_times(pd.Series(["03/04/2024", "04/04/2024", "05/04/2024"])).style == "%d/%m/%Y"
    assert read_times(pd.Series(["04/03/2024", "04/04/2024", "04/05/2024"])).style == "%m/%d/%Y"


def test_order_settles_which_is_the_day() -> None:
    assert read_times(pd.Series(["01/02/2024", "02/02/2024", "05/02/2024", "01/03/2024"])).style == "%d/%m/%Y"


def test_the_future_is_no_reading() -> None:
    column = pd.Series(["05/06/2024", "07/08/2024"])
    assert read_times(column, now=pd.Timestamp("2024-07-10", tz="UTC")).style == "%m/%d/%Y"


def test_days_that_nothing_settles_are_refused() -> None:
    with pytest.raises(Unreadable, match="%m/%d/%Y or %d/%m/%Y: nothing in the file tells which"):
        read_times(pd.Series(["03/04/2024", "05/06/2024"]))


def test_one_day_the_same_both_ways_is_not_in_doubt() -> None:
    assert read_times(pd.Series(["03/03/2024", "04/04/2024"])).times[0] == pd.Timestamp("2024-03-03", tz="UTC")


def test_a_cell_that_is_no_date_is_pointed_at() -> None:
    for damaged in ("2024-13-01", "never", "2024-02-30", "01/02/2024x"):
        with pytest.raises(Unreadable) as refused:
            read_times(pd.Series(["2024-01-01", "2024-01-02", damaged, "2024-01-04"]))
        assert refused.value.row == 2


def test_the_users_own_format_is_taken_at_its_word() -> None:
    assert read_times(pd.Series(["2024|11|03"]), "%Y|%d|%m").times[0] == pd.Timestamp("2024-03-11", tz="UTC")
    with pytest.raises(Unreadable, match="not written as %d/%m/%Y"):
        read_times(pd.Series(["2024-01-01"]), "%d/%m/%Y")
    with pytest.raises(Unreadable, match="data.source.date_format is '%Q', which is no format"):
        read_times(pd.Series(["2024-01-01"]), "%Q")


def test_offsets_from_utc_are_taken_off() -> None:
    assert read_times(pd.Series(["2024-01-01 02:00:00+02:00"])).times[0] == pd.Timestamp("2024-01-01", tz="UTC")
