"""Which mark goes before the decimals of a file: told by the file, or by the user, or refused."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.data.sources.csv import CsvSource
from cryptoforecast.errors import DataNotice, UserError

DAYS = [f"{day:%d.%m.%Y}" for day in pd.date_range("2024-04-25", periods=30)]


def write(folder: Path, closes: list[str], delimiter: str = ";", further: str = "", heading: str = "Date;Close") -> str:
    lines = [f"{day};{close}{further}" for day, close in zip(DAYS, closes, strict=False)]
    path = folder / "COIN.csv"
    path.write_text("\n".join([heading, *lines, ""]).replace(";", delimiter))
    return str(path)


def datamodule_of(path: str, **knobs: str) -> list[float]:
    return CsvSource(path, **knobs).load().closes.tolist()  # type: ignore[arg-type]


THREE = [f"{98 + at / 7:.3f}".replace(".", ",") for at in range(20)]


def test_dots_in_dates_are_no_evidence_of_a_decimal_point(tmp_path: Path) -> None:
    path = write(tmp_path, THREE)
    with pytest.raises(UserError, match=r"line 2: the close is '98,000', 98000 or 98: nothing in the file tells which"):
        datamodule_of(path)
    assert datamodule_of(path, decimal=",") == [float(text.replace(",", ".")) for text in THREE]
    assert datamodule_of(path, decimal=".") == [float(text.replace(",", "")) for text in THREE]


@pytest.mark.parametrize("further", [";21,12K", ";-0,03%", ";1.234.567,5", ";1 234,5"])
def test_another_column_of_numbers_tells(tmp_path: Path, further: str) -> None:
    path = write(tmp_path, THREE, further=further, heading="Date;Close;More")
    assert datamodule_of(path) == [float(text.replace(",", ".")) for text in THREE]


def test_thousands_with_dots_are_told_by_continuity_though_pandas_reads_them_as_floats(tmp_path: Path) -> None:
    prices = [1012, 998, 1003, 987, 1021]
    path = write(tmp_path, [f"{price:,}".replace(",", ".") for price in prices], delimiter=",", heading="Date,Close")
    with pytest.warns(DataNotice, match="jump by a factor of a thousand from row to row; data.source.decimal settles"):
        assert datamodule_of(path) == prices


def test_floats_of_three_decimals_that_nothing_tells_are_refused_and_the_knob_works(tmp_path: Path) -> None:
    texts = [f"{134 + at / 7:.3f}" for at in range(20)]
    path = write(tmp_path, texts, delimiter=",", heading="Date,Close")
    with pytest.raises(UserError, match="nothing in the file tells which; set data.source.decimal"):
        datamodule_of(path)
    assert datamodule_of(path, decimal=".") == list(map(float, texts))


@pytest.mark.parametrize("odd", ["134.5", "0.512", "1234.5", "134.5671"])
def test_one_cell_that_shows_the_point_settles_it(tmp_path: Path, odd: str) -> None:
    texts = [*(f"{134 + at / 7:.3f}" for at in range(20)), odd]
    path = write(tmp_path, texts, delimiter=",", heading="Date,Close")
    assert datamodule_of(path) == list(map(float, texts))


def test_a_cell_that_contradicts_the_user_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, ["99,186", "0,512"])
    with pytest.raises(UserError, match=r"line 3: the close is '0,512', no number whose decimals follow '\.'"):
        datamodule_of(path, decimal=".")
    path = write(tmp_path, ["99.18", "98.42"], delimiter=",", heading="Date,Close")
    with pytest.raises(UserError, match=r"line 2: the close is '99\.18', no number whose decimals follow ','"):
        datamodule_of(path, decimal=",")


@pytest.mark.filterwarnings("ignore::cryptoforecast.errors.DataNotice")
def test_no_value_is_an_empty_close_in_whichever_way_it_is_written(tmp_path: Path) -> None:
    for nothing in (".", "-", "–", "n/a", "N/D", "暂无", "#N/A", "?"):
        path = write(tmp_path, ["99.18", nothing, "98.42", "98.4"], delimiter=",", heading="Date,Close")
        closes = CsvSource(path, gaps="ffill").load().closes
        assert np.array_equal(closes, [99.18, 99.18, 98.42, 98.4])
