"""Bars stand at even steps, and what stands beside them is moved, left out or refused."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import CloseSeries, DataNotice, UserError
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.cleaning.gaps import stretches
from cryptoforecast.data.series import Gaps, GapsFound

DAYS = pd.date_range("2021-06-01", periods=30, tz="UTC", unit="ns")
CLOSES = np.arange(100.0, 130.0)


def series(
    times: pd.DatetimeIndex, closes: np.ndarray = CLOSES, gaps: Gaps = "error", **others: np.ndarray
) -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return to_close_series(RawRows("COIN-USD", times, closes, "Test", others=others), gaps)


@given(st.sets(st.integers(1, 28), max_size=9))
def test_split_keeps_every_close_and_fill_keeps_every_step(absent: set[int]) -> None:
    kept = [at for at in range(30) if at not in absent]
    split = series(DAYS[kept], CLOSES[kept], "split")
    assert split.closes.tolist() == CLOSES[kept].tolist()
    assert sum(map(len, stretches(split))) == len(kept)
    assert all((np.diff(part.index) == pd.Timedelta("1D")).all() for part in stretches(split))
    filled = series(DAYS[kept], CLOSES[kept], "ffill")
    assert (filled.closes.index == DAYS).all()
    assert filled.closes.tolist() == [CLOSES[max(known for known in kept if known <= at)] for at in range(30)]
    assert split.cleaning_report is not None
    assert int(split.cleaning_report.missing.sum()) == len(absent)


def test_a_gap_that_nobody_has_decided_about_comes_with_the_series_it_is_in() -> None:
    with pytest.raises(GapsFound) as found:
        series(DAYS.delete([5, 6]), np.delete(CLOSES, [5, 6]))
    assert found.value.series.closes.tolist() == np.delete(CLOSES, [5, 6]).tolist()


def test_a_filled_bar_opens_and_peaks_at_the_last_close_and_nothing_changes_hands() -> None:
    kept = np.delete(np.arange(30), 10)
    filled = series(DAYS[kept], CLOSES[kept], "ffill", High=CLOSES[kept] + 1, Volume=CLOSES[kept])
    assert filled.others is not None
    assert filled.others.iloc[10].to_dict() == {"High": 109.0, "Volume": 0.0}
    assert filled.others.iloc[11].to_dict() == {"High": 112.0, "Volume": 111.0}


def test_a_further_column_with_a_hole_is_named() -> None:
    volumes = CLOSES.copy()
    volumes[3] = np.nan
    with pytest.raises(UserError, match=r"no volume at 2021-06-04; leave Volume out of data.columns"):
        series(DAYS, Volume=volumes)


@pytest.mark.parametrize(("last_second", "day"), [("23:59:59", "1s"), ("23:59:59.999", "1ms")])
def test_bars_stamped_with_their_last_second_are_named_after_their_opening(last_second: str, day: str) -> None:
    stamped = DAYS + pd.Timedelta("1D") - pd.Timedelta(day)
    with pytest.warns(
        DataNotice, match=f"bars were stamped with their last second, as {last_second}; moved to their opening"
    ):
        moved = to_close_series(RawRows("COIN-USD", stamped, CLOSES, "Test"))
    assert (moved.closes.index == DAYS).all()


def test_bars_that_open_at_seven_stay_there() -> None:
    assert series(DAYS + pd.Timedelta("7h")).closes.index[0] == pd.Timestamp("2021-06-01 07:00", tz="UTC")


def test_a_stamp_that_would_meet_another_is_not_moved() -> None:
    early = DAYS.to_numpy().copy()
    early[10] -= np.timedelta64(1, "h")  # inside the bar before it
    with pytest.raises(UserError, match="bars must be evenly spaced"):
        series(pd.DatetimeIndex(early, tz="UTC"))


def test_a_coin_has_no_closes_before_its_first_trade() -> None:
    closes = CLOSES.copy()
    closes[:4] = np.nan
    with pytest.warns(DataNotice, match="no close before 2021-06-05; the series begins there"):
        assert to_close_series(RawRows("COIN-USD", DAYS, closes, "Test")).closes.iloc[0] == 104.0


def test_dates_that_are_all_still_to_come_are_doubted() -> None:
    with pytest.raises(UserError, match="even the first bar, of 2121-06-01, is not over; are the dates right"):
        series(DAYS + pd.Timedelta("36524D"))


@given(st.lists(st.sampled_from([1, 2, 3, 60]), min_size=2, max_size=40))
def test_the_interval_is_the_step_most_often_taken(steps: list[int]) -> None:
    minutes = np.concatenate([[0], np.cumsum(steps)])
    times = pd.Timestamp("2021-06-01", tz="UTC") + pd.to_timedelta(minutes, unit="min")
    try:
        found = series(times, 100.0 + np.arange(len(times)), "split").interval
    except UserError:
        return  # all but one row left out
    counts = pd.Series(steps).value_counts()
    assert counts[int(found.record) / 60e9] >= counts.max() - 1  # the last step may be left out as ragged
