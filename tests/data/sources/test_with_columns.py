"""Columns joined to a source from a file, by time and after a delay."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cryptoforecast import CsvSource, DataNotice, UserError, WithColumns
from cryptoforecast.data.files.joined_columns import FileColumns
from tests.helpers import Given

HOUR = pd.Timedelta("1h")


def csv(folder: Path, rows: dict[str, float | str], heading: str = "Funding Rate", name: str = "funding.csv") -> str:
    path = folder / name
    path.write_text("\n".join([f"date,{heading}", *(f"{time},{value}" for time, value in rows.items())]) + "\n")
    return str(path)


def values(source: WithColumns, name: str = "Funding Rate") -> list[float]:
    series = source.load([name])
    assert series.others is not None
    return series.others[name].tolist()


CLOSES = Given([1.0, 2.0, 3.0, 4.0], "2024-01-01")
DAILY = {
    "2023-12-30": 0.5,
    "2023-12-31": 0.3,
    "2024-01-01": 0.1,
    "2024-01-02": -0.2,
    "2024-01-03": 0.0,
    "2024-01-04": 0.4,
}


def test_a_bar_has_the_value_of_its_time_and_with_a_delay_the_last_that_is_available(tmp_path: Path) -> None:
    path = csv(tmp_path, DAILY)
    assert values(WithColumns(CLOSES, path)) == [0.1, -0.2, 0.0, 0.4]
    assert values(WithColumns(CLOSES, path, available_at="1d")) == [0.3, 0.1, -0.2, 0.0]
    assert values(WithColumns(CLOSES, path, available_at="25h"), "funding rate") == [0.5, 0.3, 0.1, -0.2]


def test_a_value_that_becomes_available_within_a_bar_is_not_seen_in_it(tmp_path: Path) -> None:
    times = {"2023-12-31T16:00:00Z": 1, "2024-01-01T00:00:00Z": 2, "2024-01-01T08:00:00Z": 3, "2024-01-02T16:00:00Z": 4}
    assert values(WithColumns(CLOSES, csv(tmp_path, dict(times)))) == [2, 3, 4, 4]
    assert values(WithColumns(CLOSES, csv(tmp_path, dict(times)), available_at="8h")) == [1, 3, 4, 4]


def test_bars_before_the_first_value_are_left_out_and_said(tmp_path: Path) -> None:
    source = WithColumns(CLOSES, csv(tmp_path, {"2024-01-03": 5.0}))
    with pytest.warns(DataNotice, match="funding.csv has values available from 2024-01-03 to .*were left out: 2"):
        series = source.load(["Funding Rate"])
    assert series.closes.tolist() == [3.0, 4.0]
    assert series.provenance.rows == 2
    assert series.provenance.files == ("funding.csv",)


def test_a_value_is_carried_no_further_than_its_limit(tmp_path: Path) -> None:
    path = csv(tmp_path, {"2024-01-01": 5.0, "2024-01-04": 6.0})
    assert values(WithColumns(CLOSES, path, max_age="2d")) == [5.0, 5.0, 5.0, 6.0]
    with pytest.raises(UserError, match=r"the last Funding Rate that is available at 2024-01-03 is of 2024-01-01, and 1"
                       r" day is the longest .*\(1 bars have none\); set data.source.max_age"):  # fmt: skip
        values(WithColumns(CLOSES, path, max_age="1d"))
    with pytest.warns(DataNotice, match=r"carried forward for 1 day \(data.source.max_age\); bars .* left out: 2"):
        assert values(WithColumns(CLOSES, csv(tmp_path, {"2024-01-01": 5.0}), max_age="1d")) == [5.0, 5.0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"available_at": "soon"}, "data.source.available_at is 'soon', which is not a duration such as 1d"),
        ({"available_at": "-1d"}, "data.source.available_at is '-1d', which is not a duration"),
    ],
)
def test_an_argument_that_cannot_be_used_is_named(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        WithColumns(CLOSES, "funding.csv", **options)


def test_what_is_wrong_with_a_column_is_said_with_file_and_time(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="COIN-USD: Given gives closes only; leave Fundng out of data.columns"):
        WithColumns(CLOSES, csv(tmp_path, DAILY)).load(["Fundng"])
    with pytest.raises(UserError, match=r"no column 'Fundng' among Funding Rate"):
        WithColumns(CLOSES, csv(tmp_path, DAILY), columns=["Fundng"]).load(["Fundng"])
    twice = tmp_path / "twice.csv"
    twice.write_text("date,Funding\n2024-01-01,1\n2024-01-01,2\n")
    with pytest.raises(UserError, match="twice.csv: Funding has two values at 2024-01-01, 1 and 2"):
        WithColumns(CLOSES, str(twice)).load(["Funding"])


def test_columns_of_several_files_and_other_names_stand_beside_each_other(tmp_path: Path) -> None:
    first = WithColumns(CLOSES, csv(tmp_path, DAILY), scalings={"Funding Rate": "as_is"})
    price = csv(tmp_path, {f"2024-01-0{day}": 10.0 * day for day in range(1, 5)}, "Close", "ETH-USD.csv")
    second = WithColumns(first, price, {"ETH": "Close"}, max_age="0s", scalings={"ETH": "other_price"})
    series = second.load(["Funding Rate", "ETH"])
    assert series.others is not None
    assert series.others["ETH"].tolist() == [10.0, 20.0, 30.0, 40.0]
    assert series.others["Funding Rate"].tolist() == [0.1, -0.2, 0.0, 0.4]
    assert dict(series.scalings) == {"Funding Rate": "as_is", "ETH": "other_price"}


def test_columns_known_in_advance_reach_as_far_as_their_file(tmp_path: Path) -> None:
    days = pd.date_range("2023-12-30", "2024-01-08")
    path = csv(tmp_path, {f"{day:%Y-%m-%d}": float(len(days) - at) for at, day in enumerate(days)}, "Countdown")
    source = WithColumns(CLOSES, path, known=["Countdown"], available_at="5d")
    series = source.load(["Countdown"])
    assert source.load().known == series.known == ("Countdown",)
    assert series.others is not None
    assert series.ahead is not None
    assert series.others["Countdown"].tolist() == [8.0, 7.0, 6.0, 5.0]
    assert series.ahead["Countdown"].tolist() == [4.0, 3.0, 2.0, 1.0]
    assert series.ahead.index[-1] == pd.Timestamp("2024-01-08", tz="UTC")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hours=st.lists(st.integers(-240, 400), min_size=1, max_size=40, unique=True).map(sorted),
    delay=st.integers(0, 100),
    origin=st.integers(0, 13),
)
def test_values_after_the_origin_less_the_delay_change_nothing_up_to_it(
    hours: list[int], delay: int, origin: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also compared with pandas' merge_asof, an independent computation of the same join."""
    closes = Given([float(n + 1) for n in range(14)], "2024-01-01")
    times = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(hours, unit="h")
    stamps, numbers = pd.DatetimeIndex(times).as_unit("ns").asi8, np.arange(1.0, len(hours) + 1)
    source = WithColumns(closes, "funding.csv", ["Funding"], available_at=f"{delay}h", max_age="1000d")
    monkeypatch.setattr("cryptoforecast.data.sources.with_columns.find_files", lambda path, folder: [Path(path)])

    def load(held: np.ndarray) -> pd.DataFrame:
        def read(file: FileColumns) -> FileColumns:
            return file._replace(columns=dict.fromkeys(file.headings, (stamps, held)))

        with monkeypatch.context() as patched, warnings.catch_warnings():
            warnings.simplefilter("ignore", DataNotice)
            patched.setattr("cryptoforecast.data.sources.with_columns.read_columns", read)
            series = source.load(["Funding"])
        assert series.others is not None
        return series.others

    bars = closes.load().closes.index
    if stamps[0] + delay * HOUR.value > bars[-1].value:
        with pytest.raises(UserError, match="the closes are from"):
            load(numbers)
        return
    joined = load(numbers)
    file = pd.DataFrame({"at": pd.DatetimeIndex(stamps + delay * HOUR.value, tz="UTC"), "Funding": numbers})
    expected = pd.merge_asof(pd.DataFrame({"at": joined.index}), file, on="at")["Funding"]
    assert joined["Funding"].tolist() == expected.tolist()
    later = pd.DatetimeIndex(stamps, tz="UTC") > bars[origin] - delay * HOUR
    changed = load(np.where(later, -7.0 * numbers, numbers))
    assert joined.loc[: bars[origin]].equals(changed.loc[: bars[origin]])


def test_a_column_of_the_price_file_itself_is_read_by_its_heading(tmp_path: Path) -> None:
    path = tmp_path / "BTC-USD.csv"
    path.write_text("Date,Close,Funding Rate,Market Cap\n2024-01-01,1,0.01,5\n2024-01-02,2,-0.03,6\n")
    series = CsvSource(str(path)).load(["funding rate", "market_cap"])
    assert series.others is not None
    assert series.others["funding rate"].tolist() == [0.01, -0.03]
    assert series.others["market_cap"].tolist() == [5.0, 6.0]
    with pytest.raises(UserError, match=r"no column Fundin Rate among Date, Close, Funding Rate, Market Cap \(the near"
                       r"est is Funding Rate\); leave Fundin Rate out of data.columns"):  # fmt: skip
        CsvSource(str(path)).load(["Fundin Rate"])
