"""A last line that breaks off is no evidence of how numbers are written."""

from pathlib import Path

import numpy as np
import pytest

from tests.data.files.helpers import load, refusal

DAYS = [f"2023-07-{day:02}" for day in range(3, 24)]
CLOSES = [43_000 + round(900 * np.sin(at / 3)) for at in range(len(DAYS))]


def write(folder: Path, delimiter: str, thousands: str, quoted: bool, volumes: bool) -> tuple[str, str]:
    """A file of whole closes with thousands marked, and its last line."""
    quote = '"' if quoted else ""
    rows = [
        delimiter.join([day, *(f"{quote}{value:,}{quote}".replace(",", thousands) for value in values)])
        for day, *values in zip(DAYS, *([[7_654] * len(DAYS)] if volumes else []), CLOSES, strict=True)
    ]
    head = delimiter.join(["Date", *(["Volume"] if volumes else []), "Close"])
    (folder / "f.csv").write_text("\n".join([head, *rows]), encoding="utf-8")
    return "\n".join([head, *rows[:-1]]) + "\n", rows[-1]


@pytest.mark.parametrize("volumes", [False, True])
@pytest.mark.parametrize(
    ("delimiter", "thousands", "quoted"), [(",", ",", True), (";", ",", False), (";", ".", False), ("\t", ",", True)]
)
def test_each_end_of_a_last_line_leaves_the_other_closes_as_they_are(
    delimiter: str, thousands: str, quoted: bool, volumes: bool, tmp_path: Path
) -> None:
    above, last = write(tmp_path, delimiter, thousands, quoted, volumes)
    decimal = {",": ".", ".": ","}[thousands]
    for end in (1, 5, *range(len(DAYS[0]), len(last))):
        (tmp_path / "f.csv").write_text(above + last[:end], encoding="utf-8")
        path = str(tmp_path / "f.csv")
        said = refusal(path)  # no other cell tells what the mark in 43,888 is
        assert "data.source.decimal" in said or "no row" in said
        series = load(path, decimal=decimal)
        whole = quoted and end == len(last) - 1  # the closing quote alone is missing
        assert series.closes.tolist() in (CLOSES[:-1], *([CLOSES] if whole else []))
        assert any("left out" in note or "the series ends there" in note for note in series.provenance.notes)


@pytest.mark.parametrize("thousands", [",", "."])
def test_a_last_line_is_read_by_what_the_others_say(thousands: str, tmp_path: Path) -> None:
    above, last = write(tmp_path, ";", thousands, False, False)
    written = f"{CLOSES[4]:,}".replace(",", thousands)
    above = above.replace(written, written + {",": ".25", ".": ",25"}[thousands], 1)
    for end in range(len(DAYS[0]) + 2, len(last)):
        (tmp_path / "f.csv").write_text(above + last[:end], encoding="utf-8")
        closes = load(str(tmp_path / "f.csv")).closes.tolist()
        assert closes == [*CLOSES[:4], CLOSES[4] + 0.25, *CLOSES[5:-1]], last[:end]
