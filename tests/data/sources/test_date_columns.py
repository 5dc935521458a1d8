"""Dates of a file: read in any language and writing, or refused with a remedy that works."""

import re
from pathlib import Path

import pandas as pd
import pytest

from cryptoforecast.data.sources.csv import CsvSource
from cryptoforecast.errors import DataNotice, UserError

DAYS = pd.date_range("2023-10-20", periods=30, tz="UTC")


def write(folder: Path, dates: list[str], closes: list[object] | None = None) -> str:
    closes = closes or [round(100 + at / 7, 2) for at in range(len(dates))]
    path = folder / "COIN.csv"
    path.write_text("\n".join(["Date;Close", *(f"{day};{of}" for day, of in zip(dates, closes, strict=True)), ""]))
    return str(path)


STYLES = ["%d.%m.%Y 00:00:00.000 GMT+0000", "%Y年%m月%d日", "%A, %d. %B %Y", "%b %d, %Y 12:00 AM"]


@pytest.mark.parametrize("style", STYLES)
def test_daily_closes_are_read_whatever_the_days_look_like(tmp_path: Path, style: str) -> None:
    series = CsvSource(write(tmp_path, [f"{day:{style}}" for day in DAYS])).load()
    assert (series.closes.index == DAYS).all()


def test_a_zone_by_its_name_is_refused_and_no_format_is_advised_that_would_take_it_for_utc(tmp_path: Path) -> None:
    path = write(tmp_path, [f"{day:%Y-%m-%d %H:%M} EST" for day in DAYS])
    with pytest.raises(UserError, match="write the offset in its place, such as -05:00.$"):
        CsvSource(path).load()


def test_sept_among_other_months(tmp_path: Path) -> None:
    days = pd.date_range("2021-08-20", periods=30, tz="UTC")
    series = CsvSource(write(tmp_path, [f"{day:%b %d, %Y}".replace("Sep ", "Sept ") for day in days])).load()
    assert (series.closes.index == days).all()


def test_local_days_are_told_behind_any_day(tmp_path: Path) -> None:
    local = pd.date_range("2024-03-01", periods=60, tz="America/New_York")
    path = write(tmp_path, [f"{day:%d.%m.%Y %H:%M:%S} GMT{day:%z}" for day in local])
    with pytest.warns(DataNotice, match="clocks change"):
        series = CsvSource(path).load()
    assert (series.closes.index == local.tz_localize(None).tz_localize("UTC")).all()


REFUSED = {
    "months or days": ["12/01/2022", "11/01/2022", "10/01/2022", "09/01/2022"],
    "hours of one day": [f"01/02/2022 {hour:02}:00" for hour in range(20)],
    "damaged": ["2024-01-01", "2024-01-02", "2024-31-01"],
    "odd marks": ["2024_01_01", "2024_01_02", "2024_01_03"],
}


@pytest.mark.parametrize("dates", REFUSED.values(), ids=REFUSED)
def test_the_format_that_an_error_advises_reads_the_cell_that_it_names(tmp_path: Path, dates: list[str]) -> None:
    path = tmp_path / "COIN.csv"
    path.write_text("\n".join(["Date;Close", *(f"{day};{100 + at}" for at, day in enumerate(dates)), ""]))
    with pytest.raises(UserError, match="set data.source.date_format") as refused:
        CsvSource(str(path)).load()
    text = str(refused.value)
    cell = re.search("the date is '([^']+)'", text)
    advised = re.findall(r"(?:such as|format to|or to) (%\S+?)[.;]?(?=\s|$)", text)
    assert cell
    assert advised
    for date_format in advised:
        path.write_text(f"Date;Close\n{cell[1]};100.5\n{cell[1]};100.5\n")
        with pytest.raises(UserError, match="at least 2|at least|only one|2 closes"):  # read, but it is one bar alone
            CsvSource(str(path), date_format=date_format).load()


@pytest.mark.filterwarnings("ignore::cryptoforecast.errors.DataNotice")
def test_zeros_before_the_first_trade_are_left_out_and_said(tmp_path: Path) -> None:
    dates = [f"{day:%Y-%m-%d}" for day in DAYS[:6]]
    for order in (1, -1):
        path = write(tmp_path, dates[::order], [0, "0.0", 1.5, 1.75, 1.25, 1.5][::order])
        series = CsvSource(path).load()
        note = "the close is 0 before the first trade at 2023-10-22; rows left out: 2."
        assert note in series.provenance.notes
        assert series.closes.tolist() == [1.5, 1.75, 1.25, 1.5]


@pytest.mark.parametrize("closes", [[1.5, 0, 1.75], [1.5, 1.75, 0], [1.5, -37.63, 1.75], [0, 0, 0]])
def test_a_zero_or_a_negative_price_between_trades_stays_an_error(tmp_path: Path, closes: list[object]) -> None:
    path = write(tmp_path, [f"{day:%Y-%m-%d}" for day in DAYS[:3]], closes)
    with pytest.raises(UserError, match="closes are positive numbers"):
        CsvSource(path).load()


def test_a_file_that_begins_as_utf_8_and_goes_on_otherwise_is_refused_with_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "COIN.csv"
    rows = b"".join(b"2024-01-%02d,%d.5\n" % (day, 100 + day) for day in range(1, 20))
    path.write_bytes(b"\xef\xbb\xbfDate,Close\n" + rows + b"2024-01-20,1\xff0.5\n2024-01-21,100.5\n")
    with pytest.raises(UserError, match="its first bytes say UTF-8, and not all of it is; mend or download it again"):
        CsvSource(str(path)).load()
