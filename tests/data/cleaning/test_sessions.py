"""Trading days and hours: the bars there are, are the calendar, but for what no pattern explains."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import CloseSeries, DataNotice, UserError, WindowDataset
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.cleaning.gaps import stretches
from cryptoforecast.data.series import Gaps

MASKS = {"Monday to Friday": "1111100", "Sunday to Thursday": "1111001", "Monday to Saturday": "1111110"}


def series(times: pd.DatetimeIndex, gaps: Gaps = "sessions") -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return to_close_series(RawRows("FUND", times, 100.0 + np.arange(len(times)), "Test"), gaps)


def days(count: int = 260, mask: str = "1111100", start: str = "2023-01-02") -> pd.DatetimeIndex:
    every = pd.date_range(start, periods=3 * count, freq="D", tz="UTC", unit="ns")
    return every[[mask[day] == "1" for day in every.day_of_week]][:count]


def hours(dates: pd.DatetimeIndex, step: str, *parts: tuple[str, str], zone: str = "UTC") -> pd.DatetimeIndex:
    """Bars of each date from one clock time to before another, at a place."""
    local = [
        pd.date_range(f"{date:%Y-%m-%d} {a}", f"{date:%Y-%m-%d} {b}", freq=step, tz=zone, inclusive="left")
        for date in dates
        for a, b in parts
    ]
    return pd.DatetimeIndex(np.concatenate([part.tz_convert("UTC").tz_localize(None) for part in local]), tz="UTC")


def noted(series: CloseSeries) -> str:
    return " ".join(series.provenance.notes)


@pytest.mark.parametrize("words", MASKS)
def test_weekdays_are_told_windows_straddle_weekends_and_the_next_day_is_one_of_trade(words: str) -> None:
    times = days(120, MASKS[words])
    found = series(times[:100])
    assert found.closes.index.tolist() == times[:100].tolist()
    assert f"sessions are {words}, 0 holidays" in noted(found)
    assert str(found.interval) == "1 trading day"
    assert len(WindowDataset([found], 30, 5)) == 100 - 34
    assert found.interval.after(found.closes.index[-1], 20).tolist() == times[100:].tolist()


@given(st.sets(st.integers(1, 258), max_size=9).filter(lambda at: all(one + 1 not in at for one in at)))
def test_single_days_without_bars_are_holidays(absent: set[int]) -> None:
    found = series(days().delete(sorted(absent)))
    assert len(stretches(found)) == 1
    assert f"{len(absent)} holiday" in noted(found)
    assert found.cleaning_report is not None
    assert len(found.cleaning_report.missing) == 0


@given(st.integers(5, 240), st.integers(9, 14))
def test_two_missing_weeks_are_a_hole_that_no_window_straddles(at: int, count: int) -> None:
    times = days().delete(np.arange(at, at + count))
    found = series(times)
    assert [len(part) for part in stretches(found)] == [at, 260 - at - count]
    assert f"holes that sessions do not explain split the series: 1, first after {times[at - 1]:%Y-%m-%d}" in noted(
        found
    )
    assert found.cleaning_report is not None
    assert found.cleaning_report.missing.tolist() == [count]


def test_a_long_holiday_of_every_year_is_one_and_a_single_one_is_a_hole() -> None:
    times = days(1040, start="2019-01-07")
    years = [times.get_loc(pd.Timestamp(day, tz="UTC")) for day in ("2020-01-24", "2021-02-11", "2022-01-31")]
    golden = np.concatenate([np.arange(at, at + 5) for at in years])
    found = series(times.delete(golden))
    assert len(stretches(found)) == 1
    assert "15 holidays" in noted(found)
    assert len(stretches(series(times.delete(golden[:5])))) == 2


def test_a_bar_on_a_weekend_is_named() -> None:
    stray = pd.DatetimeIndex([pd.Timestamp("2023-05-06", tz="UTC")])
    found = series(days().append(stray).sort_values())
    assert "bars on a weekday without sessions: Saturday, 2023-05-06; is the date right?" in noted(found)


def test_a_market_that_never_closes_has_no_holidays() -> None:
    every = pd.date_range("2023-01-01", periods=200, tz="UTC", unit="ns")
    for absent in ([50], [50, 51]):
        assert len(stretches(series(every.delete(absent)))) == 2
    minutes = pd.date_range("2023-01-01", periods=8000, freq="5min", tz="UTC", unit="ns")
    assert len(stretches(series(minutes.delete([4000])))) == 2


STOCK = ("09:30", "16:00")
CHINA = (("09:35", "11:35"), ("13:05", "15:05"))


@pytest.mark.parametrize(("step", "bars"), [("5min", 78), ("30min", 13), ("1h", 7)])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Australia/Sydney"])
def test_hours_of_a_stock_are_sessions_also_where_clocks_change(step: str, bars: int, zone: str) -> None:
    dates = days(70, start="2023-02-06")
    times = hours(dates[:60], step, STOCK, zone=zone)
    found = series(times)
    assert len(stretches(found)) == 1
    assert str(found.interval).endswith("of trading")
    assert (
        found.interval.after(found.closes.index[-1], 2 * bars).tolist()
        == hours(dates[60:62], step, STOCK, zone=zone).tolist()
    )
    assert "Monday to Friday, bars from" in noted(found)


@pytest.mark.parametrize("step", ["5min", "15min", "30min"])
def test_a_break_at_noon_is_no_hole_and_the_bar_after_it_follows(step: str) -> None:
    dates = days(30)
    times = hours(dates[:25], step, *CHINA)
    found = series(times)
    assert len(stretches(found)) == 1
    assert "with a break from" in noted(found)
    noon = times[times.hour < 12][-1]
    after = found.interval.after(noon, 3)
    assert after[0] == noon.normalize() + pd.Timedelta("13h5min")


@pytest.mark.parametrize("parts", [(STOCK,), CHINA])
def test_a_missing_half_day_is_a_hole(parts: tuple[tuple[str, str], ...]) -> None:
    times = hours(days(40), "5min", *parts)
    for half in (times.hour < 12, times.hour >= 12):
        gone = (times.normalize() == days(40)[20]) & half
        found = series(times[~gone])
        assert len(stretches(found)) == 2
        assert "holes that sessions do not explain split the series: 1" in noted(found)


def test_a_few_missing_bars_within_a_session_are_a_hole() -> None:
    times = hours(days(40), "5min", STOCK)
    assert len(stretches(series(times.delete([1000, 1001])))) == 2


@pytest.mark.parametrize(
    "times", [days(60), hours(days(20), "1h", STOCK), hours(days(20), "5min", *CHINA)], ids=["days", "hours", "noon"]
)
def test_the_first_error_names_sessions_first_and_its_advice_works(times: pd.DatetimeIndex) -> None:
    with pytest.raises(UserError, match="weekends, nights or holidays: set data.source.gaps to sessions"):
        series(times, "error")
    assert len(series(times, "sessions").closes) == len(times)
    assert len(series(times, "split").closes) == len(times)
    assert len(series(times, "ffill").closes) > len(times)


def test_gaps_of_a_market_that_never_closes_are_told_as_before() -> None:
    every = pd.date_range("2023-01-01", periods=100, tz="UTC")
    with pytest.raises(UserError, match="elsewhere 1 day; set data.source.gaps to ffill to repeat the last close"):
        series(every.delete([50, 51]), "error")


def test_days_without_a_close_are_holidays_too() -> None:
    closes = 100.0 + np.arange(200)
    closes[[50, 51, 120]] = np.nan
    with pytest.warns(DataNotice, match="3 holidays"):
        found = to_close_series(RawRows("FUND", days(200), closes, "Test"), "sessions")
    assert len(found.closes) == 197
    assert len(stretches(found)) == 1


@pytest.mark.parametrize("zone", ["UTC", "America/New_York"])
@pytest.mark.parametrize("noon", [False, True], ids=["round the clock", "an hour off a day"])
def test_a_market_that_closes_for_weekends_only_has_sessions_over_midnight(zone: str, noon: bool) -> None:
    every = pd.date_range("2023-01-01", "2023-12-21", freq="1h", tz=zone, inclusive="left")
    day, hour = every.day_of_week, every.hour
    traded = ((day == 6) & (hour >= 18)) | ((day < 4) & ~(noon & (hour == 17))) | ((day == 4) & (hour < 17))
    times = every[traded].tz_convert("UTC")
    found = series(times)
    assert len(stretches(found)) == 1
    assert "sessions are Monday to Friday" in noted(found)
    assert ", 0 holidays" in noted(found)
    assert "on a weekday without sessions" not in noted(found)


def test_days_in_no_pattern_are_told_by_their_steps() -> None:
    steps = np.random.default_rng(0).integers(1, 9, 60)
    times = pd.Timestamp("2023-01-01", tz="UTC") + pd.to_timedelta(np.cumsum(steps), unit="D")
    with pytest.raises(
        UserError, match=r"8 different steps apart, most often 1 day \(12 times\), .*; set data.source.gaps"
    ):
        series(times, "error")


def test_a_market_that_has_just_opened_after_noon_keeps_its_last_bar() -> None:
    times = hours(days(20), "1h", ("09:30", "11:30"), ("13:00", "16:00"))[:-2]
    found = series(times)
    assert found.closes.index.tolist() == times.tolist()
    assert len(stretches(found)) == 1


def test_stock_days_stamped_at_their_own_midnight_in_utc_are_sessions() -> None:
    local = days(200).tz_localize(None).tz_localize("America/New_York").tz_convert("UTC")
    found = series(local)
    assert str(found.interval) == "1 trading day"
    assert [time.date() for time in found.closes.index] == [time.date() for time in local]
    assert len(stretches(found)) == 1
