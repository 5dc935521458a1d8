"""What a close series is."""

import hashlib
import struct
import warnings
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import DataNotice, UserError
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.series import fingerprint
from cryptoforecast.data.times import say_duration

DAYS = pd.date_range("2021-06-10", periods=6, tz="UTC")
CLOSES = np.array([10.0, 11.0, 12.5, 12.0, 13.0, 12.75])


def raw(times: pd.DatetimeIndex = DAYS, values: np.ndarray = CLOSES) -> RawRows:
    return RawRows("COIN-USD", times, values, "Test")


def test_a_close_series_is_sorted_float64_in_utc_nanoseconds() -> None:
    series = to_close_series(raw(DAYS.as_unit("s")))
    assert series.closes.index.unit == "ns"
    assert str(series.closes.index.tz) == "UTC"
    assert series.closes.dtype == np.float64
    assert series.interval == pd.Timedelta("1D")
    assert series.provenance.rows == 6


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing_but_a_note(order: list[int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        shuffled = to_close_series(raw(DAYS[order], CLOSES[order]))
    assert shuffled.closes.tolist() == CLOSES.tolist()
    assert shuffled.provenance.sha256 == fingerprint(pd.Series(CLOSES, DAYS))
    assert bool(shuffled.provenance.notes) == (order != list(range(6)))


def test_newest_first_is_sorted_and_said() -> None:
    with pytest.warns(DataNotice, match="COIN-USD: the rows were newest first; sorted"):
        series = to_close_series(raw(DAYS[::-1], CLOSES[::-1]))
    assert series.closes.iloc[0] == 10.0


def test_the_fingerprint_is_the_sha256_of_times_and_closes_as_little_endian_eight_bytes() -> None:
    rows = b"".join(
        struct.pack("<qd", time.value, close) for time, close in zip(DAYS.as_unit("ns"), CLOSES, strict=True)
    )
    assert fingerprint(pd.Series(CLOSES, DAYS)) == hashlib.sha256(rows).hexdigest()


def test_one_cent_changes_the_fingerprint() -> None:
    other = CLOSES.copy()
    other[3] += 0.01
    assert fingerprint(pd.Series(other, DAYS)) != fingerprint(pd.Series(CLOSES, DAYS))


def test_repeated_rows_that_agree_are_merged_and_said() -> None:
    with pytest.warns(DataNotice, match="rows that repeat a time with the same close were merged: 1"):
        series = to_close_series(raw(DAYS.insert(2, DAYS[2]), np.insert(CLOSES, 2, CLOSES[2])))
    assert series.closes.tolist() == CLOSES.tolist()


def test_repeated_rows_that_disagree_are_refused_with_both_values() -> None:
    with pytest.raises(UserError, match=r"COIN-USD: two closes at 2021-06-12, 12.5 and 99"):
        to_close_series(raw(DAYS.insert(2, DAYS[2]), np.insert(CLOSES, 2, 99.0)))


def test_a_gap_is_refused_with_both_dates_and_the_knob() -> None:
    with pytest.raises(
        UserError, match=r"2 days between the bars of 2021-06-11 and 2021-06-13, elsewhere 1 day; set data.source.gaps"
    ):
        to_close_series(raw(DAYS.delete(2), np.delete(CLOSES, 2)))


def test_a_gap_is_filled_with_the_close_before_it_never_the_one_after() -> None:
    with pytest.warns(DataNotice, match="filled with the last before them: 1, first after 2021-06-11"):
        series = to_close_series(raw(DAYS.delete(2), np.delete(CLOSES, 2)), gaps="ffill")
    assert series.closes.tolist() == [10.0, 11.0, 11.0, 12.0, 13.0, 12.75]


def test_a_row_without_a_close_is_refused_with_its_date() -> None:
    values = CLOSES.copy()
    values[4] = np.nan
    with pytest.raises(UserError, match=r"no close at 2021-06-14; set data.source.gaps"):
        to_close_series(raw(values=values))
    with pytest.warns(DataNotice, match="filled"):
        assert to_close_series(raw(values=values), gaps="ffill").closes.iloc[4] == 12.0


@pytest.mark.parametrize("bad", [0.0, -3.0, np.inf])
def test_a_close_that_is_no_price_is_refused_with_date_and_value(bad: float) -> None:
    values = CLOSES.copy()
    values[1] = bad
    with pytest.raises(UserError, match=f"the close at 2021-06-11 is {bad:g}"):
        to_close_series(raw(values=values))


def test_bars_off_the_grid_are_refused() -> None:
    with pytest.raises(UserError, match=r"36 hours between .* 2021-06-12 and 2021-06-13 12:00.*evenly"):
        to_close_series(raw(DAYS[:3].append(DAYS[3:] + pd.Timedelta("12h"))))


def test_a_last_row_off_the_grid_is_the_price_of_a_moment_and_left_out() -> None:
    with pytest.warns(DataNotice, match="the last row, of 2021-06-15 12:00, is not a whole bar after the one before"):
        series = to_close_series(raw(DAYS[:5].append(DAYS[5:] + pd.Timedelta("12h"))))
    assert series.closes.tolist() == CLOSES[:-1].tolist()


def test_a_bar_that_is_not_over_is_dropped_and_said() -> None:
    noon = datetime(2021, 6, 15, 12, tzinfo=UTC)
    with pytest.warns(DataNotice, match="bar of 2021-06-15 is not over in UTC; the series ends at 2021-06-14"):
        series = to_close_series(raw(), now=noon)
    assert len(series.closes) == 5


@pytest.mark.parametrize("count", [0, 1])
def test_one_row_is_no_series(count: int) -> None:
    with pytest.raises(UserError, match=f"at least 2 closes; here there are {count}"):
        to_close_series(raw(DAYS[:count], CLOSES[:count]))


def test_durations_are_said_in_words() -> None:
    said = [say_duration(pd.Timedelta(text)) for text in ("1D", "2D", "1h", "90min", "30s")]
    assert said == ["1 day", "2 days", "1 hour", "90 minutes", "30 seconds"]


def test_a_last_bar_that_has_no_close_yet_is_dropped_and_said() -> None:
    values = CLOSES.copy()
    values[-1] = np.nan
    with pytest.warns(DataNotice, match="no close yet after 2021-06-14; the series ends there"):
        assert to_close_series(raw(values=values)).closes.tolist() == CLOSES[:-1].tolist()
