"""A bar a calendar day, stamped with a place's own midnight, is a daily series; its date is the bar."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice, UserError
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series

ZONES = [
    "America/New_York",
    "Europe/Berlin",
    "Australia/Sydney",
    "America/Santiago",
    "Asia/Beirut",
    "America/Havana",
]  # of some, midnights are put forward or come twice


def stamps(zone: str, start: str = "2022-01-01", periods: int = 500, freq: str = "D") -> pd.DatetimeIndex:
    if freq.endswith("D"):
        return in_zone(pd.date_range(start, periods=periods, freq=freq), zone)
    return pd.date_range(start, periods=periods, freq=freq, tz=zone)


def in_zone(times: pd.DatetimeIndex, zone: str) -> pd.DatetimeIndex:
    return times.tz_localize(zone, nonexistent="shift_forward", ambiguous=np.ones(len(times), dtype=bool))


def written(path: Path, times: pd.DatetimeIndex, form: str = "iso") -> pd.Series:
    closes = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.03, len(times))))
    texts = [time.isoformat(sep=" ") for time in times] if form == "iso" else times.strftime(form)
    pd.DataFrame({"Date": texts, "Close": closes}).to_csv(path, index=False)
    return pd.Series(closes, [pd.Timestamp(time.date(), tz="UTC") for time in times])


def load(*paths: Path, **knobs: object) -> CloseSeries:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        return CsvSource([str(path) for path in paths], **knobs).load()  # type: ignore[arg-type]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("freq", ["D", "7D"])
def test_local_midnights_are_days_by_their_dates(tmp_path: Path, zone: str, freq: str) -> None:
    expected = written(tmp_path / "days.csv", stamps(zone, freq=freq, periods=120 if freq == "7D" else 500))
    series = load(tmp_path / "days.csv")
    assert series.interval == pd.Timedelta(freq if freq == "7D" else "1D")
    assert series.closes.index.tolist() == expected.index.tolist()
    assert series.closes.tolist() == pytest.approx(expected.tolist(), rel=1e-15)
    assert "clocks change" in series.provenance.notes[0]


@pytest.mark.parametrize("time", ["09:30:00", "16:00:00", "23:59:59"])
def test_so_are_days_that_are_stamped_with_another_time_of_that_place(tmp_path: Path, time: str) -> None:
    days = pd.date_range("2022-01-01", periods=500) + pd.Timedelta(time)
    times = in_zone(days, "America/New_York")
    expected = written(tmp_path / "days.csv", times)
    assert load(tmp_path / "days.csv").closes.index.tolist() == expected.index.tolist()


def test_parquet_files_and_formats_of_ones_own_are_read_so_too(tmp_path: Path) -> None:
    times = stamps("Europe/Berlin")
    expected = written(tmp_path / "days.csv", times, "%d/%m/%Y %H:%M %z")
    series = load(tmp_path / "days.csv", date_format="%d/%m/%Y %H:%M %z")
    assert series.closes.index.tolist() == expected.index.tolist()
    pd.DataFrame({"Close": expected.to_numpy()}, times.rename("Date")).to_parquet(tmp_path / "days.parquet")
    assert load(tmp_path / "days.parquet").closes.index.tolist() == expected.index.tolist()


def test_hours_across_the_change_stay_hours_of_utc(tmp_path: Path) -> None:
    for zone in ZONES:
        times = stamps(zone, freq="h", periods=9000)
        written(tmp_path / "hours.csv", times)
        series = load(tmp_path / "hours.csv")
        assert series.interval == pd.Timedelta("1h")
        assert series.closes.index.tolist() == times.tz_convert("UTC").tolist()


def test_midnights_of_an_offset_that_never_changes_stay_where_they_are_in_utc(tmp_path: Path) -> None:
    times = stamps("Asia/Shanghai")
    written(tmp_path / "days.csv", times)
    assert load(tmp_path / "days.csv").closes.index.tolist() == times.tz_convert("UTC").tolist()


def test_a_winter_and_a_summer_in_files_of_their_own_are_joined(tmp_path: Path) -> None:
    times = stamps("America/New_York", "2022-11-10", 200)
    winter = times < "2023-03-13"
    days = [*written(tmp_path / "a.csv", times[winter]).index, *written(tmp_path / "b.csv", times[~winter]).index]
    series = load(tmp_path / "a.csv", tmp_path / "b.csv")
    assert series.closes.index.tolist() == days


def test_a_missing_day_is_a_gap_and_so_is_one_whose_stamp_is_in_the_day_before(tmp_path: Path) -> None:
    times = stamps("America/New_York")
    written(tmp_path / "gap.csv", times.delete([70, 71]))
    with pytest.raises(UserError, match="3 days between the bars of 2022-03-11 and 2022-03-14, elsewhere 1 day"):
        load(tmp_path / "gap.csv")
    assert len(load(tmp_path / "gap.csv", gaps="ffill").closes) == len(times)
    for hours, doubled in ((5, False), (-5, True)):
        odd = times.to_list()
        for at in range(10, 400, 20):
            odd[at] += pd.Timedelta(hours=hours)
        written(tmp_path / "odd.csv", pd.Index(odd))
        if doubled:
            with pytest.raises(
                UserError, match="jitter about bars of 1 day, of which 11 have two rows .* and 11 have none"
            ):
                load(tmp_path / "odd.csv")
        else:
            moved = load(tmp_path / "odd.csv")
            assert [time.date() for time in moved.closes.index] == [time.date() for time in times]
            assert "times that jitter" in moved.provenance.notes[0]


def test_a_day_in_the_west_is_over_when_it_is_over_there() -> None:
    times = pd.date_range("2024-01-01", periods=10, tz="UTC")
    raw = RawRows("COIN-USD", times, np.arange(1.0, 11.0), "Test", late=pd.Timedelta("5h"))
    now = times[-1] + pd.Timedelta("1D")
    with pytest.warns(DataNotice, match="the bar of 2024-01-10 is not over"):
        assert len(to_close_series(raw, now=now + pd.Timedelta("4h")).closes) == 9
    assert len(to_close_series(raw, now=now + pd.Timedelta("5h")).closes) == 10


@pytest.mark.parametrize("freq", ["1h", "30min", "15min"])
def test_an_hour_that_stands_twice_is_told_as_what_it_is(tmp_path: Path, freq: str) -> None:
    written(tmp_path / "hours.csv", stamps("America/New_York", "2022-10-01", 6000, freq), "%Y-%m-%d %H:%M:%S")
    with pytest.raises(UserError, match="if that is where clocks are put back, the times are not UTC: write them in"):
        load(tmp_path / "hours.csv")
