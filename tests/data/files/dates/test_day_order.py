"""The order of day, month and year is that in which the whole column makes sense, or asked for."""

import pandas as pd
import pytest

from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.dates.read_times import read_times


def test_a_day_above_twelve_settles_which_is_the_day() -> None:
    assert read_times(pd.Series(["03/04/2024", "13/04/2024"])).style == "%d/%m/%Y"
    assert read_times(pd.Series(["04/03/2024", "04/13/2024"])).style == "%m/%d/%Y"


@pytest.mark.parametrize(
    "column", [["03/04/2024", "04/04/2024", "05/04/2024"], ["01/05/2024 13:00", "02/05/2024 13:00"]]
)
def test_days_of_one_month_may_be_months_on_one_day_and_are_refused(column: list[str]) -> None:
    with pytest.raises(Unreadable, match="nothing in the file tells which; set data.source.date_format to %m/%d/%Y or"):
        read_times(pd.Series(column))


@pytest.mark.parametrize("step", [1, 3])
def test_months_and_quarters_within_a_year_are_refused_and_the_knob_works(step: int) -> None:
    for style in ("%m/%d/%Y", "%d/%m/%Y", "%m-%d-%Y"):
        times = pd.date_range("2022-01-01", periods=12 // step, freq=pd.DateOffset(months=step), tz="UTC")[::-1]
        column = pd.Series(times.strftime(style))
        with pytest.raises(Unreadable, match="nothing in the file tells which"):
            read_times(column)
        assert (read_times(column, style).times == times).all()


def test_months_over_years_and_month_ends_are_told() -> None:
    for style in ("%m/%d/%Y", "%d/%m/%Y"):
        for freq in ("MS", "ME", "QS", "QE"):
            times = pd.date_range("2022-01-01", periods=30, freq=freq, tz="UTC")
            assert (read_times(pd.Series(times.strftime(style))).times == times).all()


def test_even_steps_settle_which_is_the_day() -> None:
    hours = pd.date_range("2024-04-03", periods=100, freq="h", tz="UTC")
    for style in ("%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M"):
        assert (read_times(pd.Series(hours.strftime(style))).times == hours).all()


def test_dots_are_written_between_days_first_and_that_is_said() -> None:
    for freq in ("D", "MS"):
        times = pd.date_range("2024-01-01", periods=12, freq=freq, tz="UTC")
        read = read_times(pd.Series(times.strftime("%d.%m.%Y")))
        assert (read.times == times).all()
        assert "with the day first (%d.%m.%Y); data.source.date_format settles it" in read.note


def test_order_settles_which_is_the_day() -> None:
    assert read_times(pd.Series(["01/02/2024", "02/02/2024", "05/02/2024", "01/03/2024"])).style == "%d/%m/%Y"


def test_the_future_is_no_reading() -> None:
    column = pd.Series(["05/06/2024", "07/08/2024"])
    assert read_times(column, now=pd.Timestamp("2024-07-10", tz="UTC")).style == "%m/%d/%Y"


def test_days_that_nothing_settles_are_refused() -> None:
    with pytest.raises(Unreadable, match=r"2024-03-04 \(%m/%d/%Y\) or 2024-04-03 \(%d/%m/%Y\): nothing in the"):
        read_times(pd.Series(["03/04/2024", "05/06/2024"]))


def test_one_day_the_same_both_ways_is_not_in_doubt() -> None:
    assert read_times(pd.Series(["03/03/2024", "04/04/2024"])).times[0] == pd.Timestamp("2024-03-03", tz="UTC")


@pytest.mark.parametrize("style", ["%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y"])
def test_days_with_short_years_are_no_years_with_short_days(style: str) -> None:
    for times in (
        pd.date_range("2018-01-01", periods=20, tz="UTC"),
        pd.bdate_range("2018-01-01", periods=20, tz="UTC"),
    ):
        assert (read_times(pd.Series(times.strftime(style))).times == times).all()
