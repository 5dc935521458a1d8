"""Months, quarters, years and weeks are steps of their own: no number of days is one."""

import warnings
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import CloseSeries, CsvSource, DataNotice, UserError
from cryptoforecast.data.calendar_interval import Months, Weeks
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.interval import FixedStep, as_interval
from cryptoforecast.data.series import Gaps, GapsFound

LATER = datetime(2026, 6, 1, tzinfo=UTC)
EVERY = [  # how stamps are told, and what the interval is called
    ("MS", "1 month"),
    ("ME", "1 month"),
    ("BMS", "1 month"),
    ("BME", "1 month"),
    ("QS", "1 quarter"),
    ("QE", "1 quarter"),
    ("BQE", "1 quarter"),
    ("YS", "1 year"),
    ("YE", "1 year"),
    ("2MS", "2 months"),
    ("6ME", "6 months"),
]


def series(times: pd.DatetimeIndex, gaps: Gaps = "error", now: datetime = LATER, **others: np.ndarray) -> CloseSeries:
    closes = 100.0 + np.arange(len(times))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return to_close_series(RawRows("COIN-USD", times, closes, "Test", others=others), gaps, now)


@pytest.mark.parametrize(("freq", "words"), EVERY)
@pytest.mark.parametrize("count", [4, 5, 12, 30])
def test_stamps_tell_months_quarters_and_years_and_when_the_next_are(freq: str, words: str, count: int) -> None:
    times = pd.date_range("1990-03-01", periods=count + 4, freq=freq, tz="UTC")
    found = series(times[:count])
    assert (str(found.interval), found.provenance.interval, found.interval.record) == (words, words, words)
    assert (found.closes.index == times[:count]).all()
    following = found.interval.after(times[count - 1], 4)
    if count > 4 or freq in ("MS", "QS", "YS", "2MS"):
        assert following.tolist() == times[count:].tolist()


@given(st.integers(1, 31), st.integers(2, 40), st.integers(1, 12), st.integers(0, 86_399))
def test_any_day_of_the_month_is_a_month_and_the_next_keeps_day_and_time(
    day: int, count: int, begin: int, seconds: int
) -> None:
    months = pd.period_range(f"2001-{begin:02}", periods=count + 1, freq="M")
    days = [pd.Timestamp(month.year, month.month, min(day, month.days_in_month), tz="UTC") for month in months]
    times = pd.DatetimeIndex(days) + pd.Timedelta(seconds, unit="s")
    found = series(times[:-1])
    if seconds < 86_399:  # stamped with their last second, bars are moved to its day
        assert (found.closes.index == times[:-1]).all()
    if found.interval == Months(1) and (day <= 28 or count > 11):
        assert found.interval.after(found.closes.index[-1], 1)[0].normalize() == times[-1].normalize()
    assert str(found.interval) == "1 month"


@given(st.sets(st.integers(1, 22), min_size=1, max_size=6), st.sampled_from(["MS", "ME", "BME"]))
def test_missing_months_are_counted_filled_and_split_as_missing_days_are(absent: set[int], freq: str) -> None:
    times = pd.date_range("2015-01-01", periods=24, freq=freq, tz="UTC", unit="ns")
    kept = times.delete(sorted(absent))
    with pytest.raises(GapsFound, match=rf"months between .*elsewhere 1 month.*\({len(absent)} closes are missing"):
        series(kept)
    filled = series(kept, "ffill")
    assert filled.closes.index.tolist() == times.tolist()
    assert f"{len(absent)} ({100 * len(absent) / 24:.2g} %) are invented" in filled.provenance.notes[-1]
    split = series(kept, "split")
    assert split.cleaning_report is not None
    assert int(split.cleaning_report.missing.sum()) == len(absent)
    assert len(split.interval.uneven(pd.DatetimeIndex(split.closes.index))) == len(split.cleaning_report.missing)


def test_a_month_is_over_when_the_next_begins_and_one_stamped_with_its_last_day_after_that() -> None:
    begins = pd.date_range("2024-01-01", periods=5, freq="MS", tz="UTC")
    for now, count in ((datetime(2024, 5, 31, 23, tzinfo=UTC), 4), (datetime(2024, 6, 1, tzinfo=UTC), 5)):
        assert len(series(begins, now=now).closes) == count
    ends = pd.date_range("2024-01-31", periods=5, freq="ME", tz="UTC")
    for now, count in ((datetime(2024, 5, 31, 23, tzinfo=UTC), 4), (datetime(2024, 6, 1, tzinfo=UTC), 5)):
        assert len(series(ends, now=now).closes) == count


def test_the_price_of_the_moment_below_whole_months_is_left_out() -> None:
    times = pd.date_range("2023-01-01", periods=9, freq="MS", tz="UTC").append(
        pd.DatetimeIndex([pd.Timestamp("2023-09-17", tz="UTC")])
    )
    found = series(times)
    assert found.closes.index[-1] == pd.Timestamp("2023-09-01", tz="UTC")
    assert "2023-09-17, is not a whole bar" in found.provenance.notes[-1]


def test_a_day_of_another_kind_among_months_is_refused() -> None:
    times = pd.date_range("2020-01-01", periods=24, freq="MS", tz="UTC").to_list()
    times[7] += pd.Timedelta("13D")
    with pytest.raises(UserError, match="bars must be evenly spaced"):
        series(pd.DatetimeIndex(times))


def test_bars_thirty_days_apart_are_no_months_and_seven_days_no_calendar_weeks() -> None:
    for freq in ("7D", "28D", "30D", "365D"):
        times = pd.date_range("2015-01-05", periods=9, freq=freq, tz="UTC")
        assert series(times).interval == pd.Timedelta(freq)
        assert series(times.delete(4), "split").interval == FixedStep(pd.Timedelta(freq).value)


def test_weeks_stamped_with_their_last_day_of_trade_are_weeks() -> None:
    fridays = pd.date_range("2021-01-01", periods=60, freq="W-FRI", tz="UTC").to_list()
    for at in (13, 20, 21, 44):
        fridays[at] -= pd.Timedelta("1D")  # a holiday
    found = series(pd.DatetimeIndex(fridays))
    assert found.interval == Weeks()
    assert found.closes.index.tolist() == fridays
    assert found.interval.after(fridays[44], 2).tolist() == [
        fridays[45],
        fridays[46],
    ]
    with pytest.raises(UserError, match="14 days between .*elsewhere 1 week"):
        series(pd.DatetimeIndex(fridays).delete(30))


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Sydney"])
@pytest.mark.parametrize(("freq", "words"), [("MS", "1 month"), ("W-MON", "7 days"), ("ME", "1 month")])
def test_local_midnights_of_months_and_weeks_go_by_their_dates(
    zone: str, freq: str, words: str, tmp_path: Path
) -> None:
    local = pd.date_range("2018-01-01", periods=40, freq=freq, tz=zone)
    rows = {"Date": [time.isoformat(sep=" ") for time in local], "Close": 100.0 + np.arange(40)}
    pd.DataFrame(rows).to_csv(tmp_path / "coin.csv", index=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        found = CsvSource(str(tmp_path / "coin.csv")).load()
    assert str(found.interval) == words
    assert [time.date() for time in found.closes.index] == [time.date() for time in local]


def test_a_duration_of_a_source_of_the_users_own_is_an_interval() -> None:
    assert as_interval(pd.Timedelta("1h")).record == 3600 * 10**9
    assert as_interval(Months(1)) == Months(1, 31, business=True) != Months(3)
