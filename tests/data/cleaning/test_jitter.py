"""Times that jitter go back to their bar where each bar has one row, and are refused with counts where not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import CloseSeries, DataNotice, UserError
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.series import Gaps

STEPS = ["1min", "5min", "15min", "30min", "1h", "4h", "12h", "1D"]


def series(times: pd.DatetimeIndex, gaps: Gaps = "error") -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return to_close_series(RawRows("COIN-USD", times, 100.0 + np.arange(len(times)), "Test"), gaps)


def late(
    step: str, count: int, most: float, seed: int, least: float = 0.0
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """The openings of bars, and stamps that are late by a share of the step."""
    opened = pd.date_range("2023-03-05", periods=count, freq=step, tz="UTC", unit="ns")
    share = np.random.default_rng(seed).uniform(least, most, count)
    return opened, opened + pd.to_timedelta((share * pd.Timedelta(step).value).astype("int64"), unit="ns")


@given(st.sampled_from(STEPS), st.integers(8, 300), st.floats(0.001, 0.3), st.integers(0, 99))
def test_late_stamps_go_back_to_the_opening_of_their_bar(step: str, count: int, most: float, seed: int) -> None:
    opened, stamps = late(step, count, most, seed)
    found = series(stamps)
    assert found.interval == pd.Timedelta(step)
    if step != "1D" or most < 1 / 24:
        assert found.closes.index.tolist() == opened.tolist()
    moved = stamps - found.closes.index
    assert moved.min() >= pd.Timedelta(0)  # no close is named after a bar that had not begun
    assert moved.max() <= pd.Timedelta(step) * most
    assert "times that jitter were moved to the opening" in found.provenance.notes[-1]
    assert found.closes.tolist() == (100.0 + np.arange(count)).tolist()


@given(st.sampled_from(["1min", "5min", "1h", "1D"]), st.integers(12, 200), st.integers(0, 99))
def test_stamps_that_straddle_the_opening_by_seconds_go_to_the_nearest(step: str, count: int, seed: int) -> None:
    opened = pd.date_range("2023-03-05", periods=count, freq=step, tz="UTC", unit="ns")
    seconds = np.random.default_rng(seed).integers(-4, 5, count)
    seconds[:3] = (0, -2, 1)
    found = series(opened + pd.to_timedelta(seconds, unit="s"))
    assert found.closes.index.tolist() == opened.tolist()


def test_how_late_the_latest_was_is_said() -> None:
    opened, _ = late("1h", 20, 0.1, 0)
    stamps = opened + pd.to_timedelta([7, 611, 30, 95, 12] * 4, unit="s")
    assert series(stamps).provenance.notes == (
        "times that jitter were moved to the opening of their bar of 1 hour: 20, by up to 611 seconds back; "
        "so a close may count as known that much earlier than it was.",
    )


@pytest.mark.parametrize("step", ["5min", "1h"])
def test_bars_with_two_rows_or_none_are_counted_and_the_knob_that_is_named_works(step: str) -> None:
    opened, stamps = late(step, 90, 0.2, 1, 0.05)
    length = pd.Timedelta(step)
    doubled = stamps.to_list()
    for at in (40, 60):
        doubled[at] -= 0.3 * length  # asked too early: it is the bar before that has two
    with pytest.raises(UserError) as refused:
        series(pd.DatetimeIndex(doubled))
    sentence = str(refused.value)
    assert f"jitter about bars of {'5 minutes' if step == '5min' else '1 hour'}" in sentence
    assert "of which 2 have two rows (first 2023-03-" in sentence
    assert "and 2 have none (first 2023-03-" in sentence
    assert "data.source.gaps to split" in sentence
    split, filled = series(pd.DatetimeIndex(doubled), "split"), series(pd.DatetimeIndex(doubled), "ffill")
    assert split.closes.index.tolist() == opened.delete([40, 60]).tolist()
    assert filled.closes.index.tolist() == opened.tolist()
    assert any("of bars with two rows the first was taken: 2" in note for note in split.provenance.notes)


def test_an_hour_that_was_not_asked_for_is_a_gap_like_any() -> None:
    opened, stamps = late("1h", 90, 0.2, 2)
    with pytest.raises(UserError, match=r"3 hours between the bars .* elsewhere 1 hour; set data.source.gaps"):
        series(stamps.delete([50, 51]))
    assert series(stamps.delete([50, 51]), "ffill").closes.index.tolist() == opened.tolist()


def test_the_price_of_the_moment_below_times_that_jitter_is_left_out_and_said() -> None:
    opened, stamps = late("1h", 30, 0.1, 3)
    found = series(stamps.append(pd.DatetimeIndex([stamps[-1] + pd.Timedelta("25min")])))
    assert found.closes.index.tolist() == opened.tolist()
    assert "the last row, of 2023-03-06" in " ".join(found.provenance.notes)


def test_midnights_of_a_zone_that_do_not_say_their_offset_are_days() -> None:
    local = pd.date_range("2023-01-02", periods=200, freq="D", tz="America/New_York").tz_convert("UTC")
    found = series(local)
    assert found.interval == pd.Timedelta("1D")
    assert [time.date() for time in found.closes.index] == [time.date() for time in local]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Sydney"])
@pytest.mark.parametrize("hour", [0, 17])
@pytest.mark.parametrize("freq", ["D", "B"])
@pytest.mark.parametrize("count", [62, 70, 350])
def test_days_of_a_place_whose_clocks_change_are_never_moved_to_an_earlier_time(
    zone: str, hour: int, freq: str, count: int
) -> None:
    dates = pd.date_range("2023-01-02", periods=count, freq=freq) + pd.Timedelta(hours=hour)
    times = dates.tz_localize(zone).tz_convert("UTC")
    found = series(times, "sessions")
    moves = found.closes.index - times
    assert len(moves) == count
    assert pd.Timedelta(0) == moves.min() <= moves.max() <= pd.Timedelta("1h")
    assert len(set(found.closes.index.time)) == 1
    assert (moves.max() > pd.Timedelta(0)) == ("whose clocks change" in " ".join(found.provenance.notes))


def test_steps_in_no_order_are_refused_with_what_was_seen() -> None:
    minutes = np.cumsum([1, 7, 4, 1, 9, 7, 4, 2, 30, 5, 7, 4, 1, 8, 7, 3])
    times = pd.Timestamp("2023-03-05", tz="UTC") + pd.to_timedelta(7 * minutes + minutes % 3, unit="min")
    with pytest.raises(UserError, match=r"the times are \d+ different steps apart, most often .* \(\d+ times\)"):
        series(times)


def test_a_single_stamp_some_seconds_early_is_that_of_the_bar_it_comes_before() -> None:
    opened = pd.date_range("2023-03-05", periods=200, tz="UTC", unit="ns")
    early = opened.to_list()
    early[70] -= pd.Timedelta("2s")
    found = series(pd.DatetimeIndex(early))
    assert found.closes.index.tolist() == opened.tolist()
    assert (
        "stamps beside the opening of a bar were moved to it: 1, first 2023-05-13 23:59:58" in found.provenance.notes[0]
    )


@given(st.lists(st.integers(1, 86_399), min_size=1, max_size=5), st.integers(0, 99))
def test_a_few_stamps_late_in_their_day_are_that_days_however_late(seconds: list[int], seed: int) -> None:
    opened = pd.date_range("2018-03-05", periods=600, tz="UTC", unit="ns")
    late_ones = opened.to_list()
    for at, second in zip(np.random.default_rng(seed).permutation(598)[: len(seconds)], seconds, strict=True):
        late_ones[at] += pd.Timedelta(second, unit="s")
    assert series(pd.DatetimeIndex(late_ones)).closes.index.tolist() == opened.tolist()


def test_bars_shorter_than_a_second_have_no_sessions_and_a_long_hole_takes_no_room() -> None:
    times = pd.date_range("2023-03-05", periods=50, freq="10ms", tz="UTC", unit="ns")
    later = times + pd.Timedelta("400D")
    with pytest.raises(UserError, match="set data.source.gaps to ffill"):
        series(times.append(later))
    assert len(series(times.append(later), "sessions").closes) == 100
    _, stamps = late("1min", 40, 0.2, 5)
    assert len(series(stamps.append(stamps + pd.Timedelta("1000D")), "split").closes) == 80
