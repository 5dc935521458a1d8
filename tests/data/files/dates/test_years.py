"""Times long ago, and days with times of day in digits alone."""

from pathlib import Path

import pandas as pd
import pytest

from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.dates.read_times import read_times
from tests.data.files.helpers import load, table

STYLES = ["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%b %d, %Y", "%Y%m%d", "%Y年%m月%d日"]


@pytest.mark.parametrize("first", ["1701-03-05", "1789-12-20", "1896-05-26", "1899-12-25"])
@pytest.mark.parametrize("style", STYLES)
def test_days_of_any_century_since_1700_are_read(first: str, style: str, tmp_path: Path) -> None:
    days = pd.date_range(first, periods=40, freq="D", tz="UTC")
    dates = [f'"{date}"' for date in days.strftime(style)]
    series = load(table(tmp_path, {"Date": dates, "Close": [35 + at / 8 for at in range(40)]}))
    assert (series.closes.index == days).all()


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("freq", ["1h", "4h", "1D", "7D"])
@pytest.mark.parametrize("first", ["1969-12-20", "1970-01-01", "1971-06-07"])
def test_epochs_near_1970_are_read_where_they_go_on_by_usual_bars(unit: str, freq: str, first: str) -> None:
    times = pd.date_range("1970-01-01", periods=2, freq=freq)
    times = pd.date_range(
        pd.Timestamp(first).floor(freq if freq != "7D" else "D"), periods=30, freq=times.freq, tz="UTC"
    )
    if freq == "7D":
        times = times - (times[0] - pd.Timestamp("1970-01-01", tz="UTC")) % pd.Timedelta("7D")
    assert (read_times(pd.Series(times.as_unit(unit).asi8)).times == times).all()


@pytest.mark.parametrize(
    "column", [range(0, 3000, 60), range(0, 400, 7), range(0, 40 * 86_400 + 1, 86_399), [0, 86_400]]
)
def test_numbers_near_0_that_count_something_else_are_no_epochs(column: range) -> None:
    with pytest.raises(Unreadable, match="not an epoch"):
        read_times(pd.Series(column))


@pytest.mark.parametrize("style", ["%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"])
@pytest.mark.parametrize("first", ["2020-01-01", "1999-12-31", "2024-02-28"])
def test_days_with_hours_in_digits_alone_are_read(style: str, first: str) -> None:
    times = pd.date_range(first, periods=60, freq="1h", tz="UTC")
    read = read_times(pd.Series(times.strftime(style).astype("int64")))
    assert (read.times == times).all()
    assert read.style == style
    with pytest.raises(Unreadable, match="not an epoch"):
        read_times(pd.Series([202401010000, 202413010000, 202401020000]))


@pytest.mark.parametrize("damaged", ["2023年-4月01日", "2023年04月-1日", "2023년 -4월 01일"])
def test_a_month_with_a_mark_in_the_place_of_a_digit_is_none(damaged: str) -> None:
    good = [f"2023{year}04{month}{day:02}{days}" for day in (2, 3, 4) for year, month, days in [("年", "月", "日")]]
    with pytest.raises(Unreadable):
        read_times(pd.Series([damaged, *good]))
