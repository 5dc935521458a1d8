"""Rows whose empty last cells were dropped are read where their bars show that they stand in line, and only there."""

from pathlib import Path

import pytest

from tests.data.files.helpers import CLOSES, DAYS, OHLC, load, refusal


def written(folder: Path, names: str, mark: str, *columns: list[object]) -> str:
    rows = [mark.join(map(str, row)) for row in zip(*columns, strict=True)]
    (folder / "made.csv").write_text("\n".join([names.replace(",", mark), *rows, ""]))
    return str(folder / "made.csv")


@pytest.mark.parametrize("mark", [",", "\t", ";"])
@pytest.mark.parametrize("names", ["Adj Close", "Split,Dividend", "first,second,third"])
def test_names_behind_the_last_cells_are_taken_for_empty_and_that_is_said(
    names: str, mark: str, tmp_path: Path
) -> None:
    volume = list(range(100, 100 + len(DAYS)))
    path = written(tmp_path, f"Date,Open,High,Low,Close,Volume,{names}", mark, DAYS, *OHLC.values(), volume)
    found = load(path)
    assert found.closes.tolist() == CLOSES
    assert names.split(",")[-1] + " were taken for empty" in " ".join(found.provenance.notes)


def test_rows_that_do_not_stand_in_line_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "Date,Name,Open,High,Low,Close,Volume", ",", DAYS, *OHLC.values(), CLOSES)
    assert "the header has 7 columns, and the row below it 6" in refusal(path)
    path = written(tmp_path, "Date,Close,Volume,Note", ",", DAYS, CLOSES, CLOSES)
    assert "the header has 4 columns, and the row below it 3" in refusal(path)


def test_a_quote_that_is_left_open_in_each_row_is_named_with_its_line(tmp_path: Path) -> None:
    rows = [f'{day},"{close}","{close}","{close}","{close}","48' for day, close in zip(DAYS, CLOSES, strict=True)]
    (tmp_path / "made.csv").write_text("\n".join(["Date,Open,High,Low,Close", *rows, ""]))
    assert 'line 2: a quote (") is open at the end of the line' in refusal(str(tmp_path / "made.csv"))
