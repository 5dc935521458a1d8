"""The column of the times is found by its cells, in UTC where there are several."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.data.files.helpers import BARS, CLOSES, DAYS, OHLC, epochs, load, refusal, table
from tests.data.sources.vendors import made_bars


def local(hours: float) -> list[str]:
    return [f"{time + pd.Timedelta(hours=hours):%Y-%m-%d %H:%M:%S}" for time in BARS.index]


@pytest.mark.parametrize("heading", ["时间戳", "marca", "open_stamp", "x", "unix"])
@pytest.mark.parametrize("hours", [8, -5, 5.5, 0])
@pytest.mark.parametrize("epochs_first", [True, False])
@pytest.mark.parametrize("unit", [1, 1000])
def test_of_two_columns_of_the_same_moment_the_one_in_utc_is_the_time(
    heading: str, hours: float, epochs_first: bool, unit: int, tmp_path: Path
) -> None:
    stamps: list[tuple[str, Sequence[object]]] = [(heading, epochs(unit=unit)), ("time", local(hours))]
    ordered = stamps if epochs_first else stamps[::-1]
    path = table(tmp_path, {ordered[0][0]: ordered[0][1], "close": CLOSES, ordered[1][0]: ordered[1][1]})
    series = load(path)
    assert series.closes.index.equals(BARS.index)
    assert any(f"the times are those of {heading}, in UTC" in note for note in series.provenance.notes) == bool(hours)


def test_local_times_of_two_zones_do_not_say_which_is_utc_but_their_offsets_or_names_do(tmp_path: Path) -> None:
    path = table(tmp_path, {"time": local(0), "time local": local(8), "close": CLOSES})
    assert "are 08:00 apart, and none says which are UTC; set data.source.date_column" in refusal(path)
    assert load(path, date_column="TIME").closes.index.equals(BARS.index)
    path = table(tmp_path, {"time local": local(8), "time (UTC)": local(0), "close": CLOSES})
    assert load(path).closes.index.equals(BARS.index)
    path = table(tmp_path, {"time": local(8), "at": [f"{text}+00:00" for text in local(0)], "close": CLOSES})
    assert load(path).closes.index.equals(BARS.index)


def test_columns_of_other_dates_are_refused_with_their_names(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    seen = [f"{time + pd.Timedelta(minutes=int(rng.integers(1, 900))):%Y-%m-%d %H:%M:%S}" for time in BARS.index]
    path = table(tmp_path, {"day": DAYS, "observed": seen, "close": CLOSES})
    assert "the columns day, observed hold different dates; set data.source.date_column" in refusal(path)
    assert load(path, date_column="Day").closes.index.equals(BARS.index)
    for name in ("last_updated", "created_at", "close_time", "timeClose", "expiry"):
        assert load(table(tmp_path, {name: seen, "when": DAYS, "close": CLOSES})).closes.index.equals(BARS.index)
    same = table(tmp_path, {"downloaded on": ["2024-05-05"] * 40, "when": DAYS, "close": CLOSES})
    assert load(same).closes.index.equals(BARS.index)


CLOCKS = {
    "MetaTrader": ("{t:%Y.%m.%d}", "{t:%H:%M:%S}", ("<DATE>", "<TIME>"), "\t"),
    "stooq": ("{t:%Y%m%d}", "{t:%H%M%S}", ("<DATE>", "<TIME>"), ","),
    "plain": ("{t:%Y-%m-%d}", "{t:%H:%M}", ("Date", "Time"), ","),
    "Chinese": ("{t:%Y/%m/%d}", "{t:%H:%M:%S}", ("日期", "时间"), ";"),
    "American": ("{t:%m/%d/%Y}", "{t:%I:%M %p}", ("day", "hour"), ";"),
    "midnights": ("{t:%Y-%m-%d} 00:00:00", "{t:%H:%M:%S}", ("Date", "Time"), ","),
    "clock first": ("{t:%d.%m.%Y}", "{t:%H:%M}", ("Date", "Time"), ";"),
}


HOURS = made_bars("1h", 60)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("name", CLOCKS)
def test_a_date_and_a_clock_in_two_columns_are_one_time(name: str, header: bool, tmp_path: Path) -> None:
    day, clock, headings, mark = CLOCKS[name]
    columns: dict[str, Sequence[object]] = {
        headings[0]: [day.format(t=time) for time in HOURS.index],
        headings[1]: [clock.format(t=time) for time in HOURS.index],
    }
    if name == "clock first":
        columns = dict(reversed(columns.items()))
    columns |= {f"<{name.upper()}>": HOURS[name] for name in ("Open", "High", "Low", "Close")} | {
        "<VOL>": HOURS["Volume"]
    }
    series = load(table(tmp_path, columns, mark, header))
    assert series.closes.tolist() == HOURS["Close"].tolist()
    assert series.closes.index.equals(HOURS.index)


COUNTS = [1_500_517_590 + 5_000_000 * row for row in range(40)]  # nine digits and more, as epochs have


@pytest.mark.parametrize("name", ["market_cap", "circulating supply", "Volume", "marketCap"])
def test_counts_as_large_as_epochs_are_no_times(name: str, tmp_path: Path) -> None:
    uneven = [count + 7_654_321 * (row * row % 7) for row, count in enumerate(COUNTS)]
    for counts in (COUNTS, uneven):
        assert load(table(tmp_path, {"when": DAYS, name: counts, "price": CLOSES})).closes.index.equals(BARS.index)
    assert load(table(tmp_path, {"when": DAYS, "whatever": uneven, "price": CLOSES})).closes.index.equals(BARS.index)


def test_years_months_and_counters_are_no_dates(tmp_path: Path) -> None:
    columns = {"year": BARS.index.year, "month": BARS.index.month, "day": BARS.index.day, "index": range(40)}
    path = table(tmp_path, columns | {"close": CLOSES})
    assert "no date column among year, month, day, index, close" in refusal(path)
    assert load(table(tmp_path, columns | {"at": DAYS, "close": CLOSES})).closes.tolist() == CLOSES


def test_the_report_says_why_where_there_was_a_choice(tmp_path: Path) -> None:
    path = table(tmp_path, {"unix": epochs(), "time": local(8), "sp500_close": [4000.5] * 40, "price": CLOSES})
    found = load(path).cleaning_report
    assert found is not None
    assert found.columns == {
        "time": "unix (epoch milliseconds; time is the same moment in UTC+08:00)",
        "close": "price (not sp500_close)",
    }
    found = load(table(tmp_path, {"t": DAYS, **OHLC}, header=False)).cleaning_report
    assert found is not None
    assert found.columns == {"time": "column 1 (ISO 8601)", "close": "close (column 5, told by its numbers)"}
