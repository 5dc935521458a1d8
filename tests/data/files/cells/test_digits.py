"""Days in digits with the year last, years, and JSON of a close for each date."""

import json
from pathlib import Path

import pandas as pd
import pytest

from tests.data.files.helpers import load, refusal, table


def closes(count: int) -> list[float]:
    return [100.25 + 1.5 * (7 * at % 11) for at in range(count)]


@pytest.mark.parametrize("style", ["%d%m%Y", "%m%d%Y"])
@pytest.mark.parametrize("start", ["2024-12-29", "2011-12-20", "2023-01-01"])
@pytest.mark.parametrize("count", [20, 100])
@pytest.mark.parametrize("zeros", [True, False])
def test_days_in_digits_with_the_year_last_are_read(
    style: str, start: str, count: int, zeros: bool, tmp_path: Path
) -> None:
    days = pd.date_range(start, periods=count)
    texts = [f"{day:{style}}" if zeros else f"{day:{style}}".lstrip("0") for day in days]
    found = load(table(tmp_path, {"Date": texts, "Close": closes(count)}))
    assert found.closes.index.tz_localize(None).tolist() == days.tolist()
    assert found.closes.tolist() == closes(count)


def test_days_in_digits_with_the_year_last_that_may_be_months_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path, {"Date": ["1022024", "2022024", "3022024"], "Close": closes(3)})
    assert "set data.source.date_format to %d%m%Y or to %m%d%Y" in refusal(path, gaps="split")


@pytest.mark.parametrize("heading", ["Date", "Year", "año", "年"])
@pytest.mark.parametrize("first", [1790, 1950, 2001])
@pytest.mark.parametrize("step", [1, -1])
def test_years_are_dates_and_no_prices(heading: str, first: int, step: int, tmp_path: Path) -> None:
    years = list(range(first, first + 22))
    found = load(table(tmp_path, {heading: years[::step], "Price": closes(22)[::step]}))
    assert found.closes.index.year.tolist() == years
    assert (found.closes.tolist(), str(found.interval)) == (closes(22), "1 year")


def test_a_year_that_is_missing_is_a_gap(tmp_path: Path) -> None:
    years = [*range(1950, 1960), *range(1961, 1970)]
    path = table(tmp_path, {"Date": years, "Price": closes(19)})
    assert "1959" in refusal(path)
    assert load(path, gaps="split").closes.index.year.tolist() == years


@pytest.mark.parametrize(
    "wrap", [lambda days: days, lambda days: {"bpi": days, "disclaimer": "none", "time": {"a": 1}}]
)
@pytest.mark.parametrize("epoch", [True, False])
def test_json_of_a_close_for_each_date_is_read(wrap: object, epoch: bool, tmp_path: Path) -> None:
    days = pd.date_range("2024-01-01", periods=12, tz="UTC")
    names = [str(int(day.timestamp())) if epoch else f"{day:%Y-%m-%d}" for day in days]
    text = json.dumps(wrap(dict(zip(names, closes(12), strict=True))))  # type: ignore[operator]
    (tmp_path / "days.json").write_text(text)
    found = load(str(tmp_path / "days.json"))
    assert (found.closes.index.tolist(), found.closes.tolist()) == (days.tolist(), closes(12))


def test_the_only_closes_are_taken_though_they_are_bids_and_two_are_named(tmp_path: Path) -> None:
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-01-01", periods=12)]
    bids = {"BidOpen": closes(12)[::-1], "BidClose": closes(12)}
    assert load(table(tmp_path, {"Date": days, **bids})).closes.tolist() == closes(12)
    sentence = refusal(table(tmp_path, {"Date": days, **bids, "AskClose": closes(12)}))
    assert "BidClose, AskClose; set data.source.column to one of them" in sentence


def test_plain_columns_of_numbers_are_offered_before_prices_of_owners(tmp_path: Path) -> None:
    days = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-01-01", periods=12)]
    columns = {name: closes(12) for name in ("SP500", "Consumer Price Index", "Real Price")}
    path = table(tmp_path, {"Date": days, **columns})
    assert "data.source.column to one of SP500, Consumer Price Index, Real Price" in refusal(path)
    assert load(path, column="SP500").closes.tolist() == closes(12)
