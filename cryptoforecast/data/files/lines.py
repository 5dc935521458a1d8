"""The lines of a text file: the delimiter between cells, the header, and the first row of data."""

import csv
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cryptoforecast.data.files.cells import is_date, is_number
from cryptoforecast.data.files.vocabulary import DATE, kind_of
from cryptoforecast.errors import UserError

DELIMITERS = ",;\t|"


def is_data(cells: Sequence[str]) -> bool:
    """Whether a line holds data: some cell is a number or a date, and it is no header with a column called 1e5."""
    return len(cells) > 1 and any(map(_is_value, cells)) and not _names_a_date(cells)


def _names_a_date(cells: Sequence[str]) -> bool:
    """Whether a line is a header's: it begins with the name of a date column, or has one and no date."""
    if kind_of(cells[0]) == DATE:
        return True
    return any(kind_of(cell) == DATE for cell in cells) and not any(map(is_date, cells))


def _is_value(cell: str) -> bool:
    return is_number(cell) or is_date(cell)


def split_lines(file: Path, head: Sequence[str]) -> tuple[str, list[tuple[int, list[str]]]]:
    """The delimiter by which most cells are numbers or dates, in lines of one length; and the lines split by it."""
    best = 0
    found: tuple[str, list[tuple[int, list[str]]]] | None = None
    for delimiter in DELIMITERS:
        rows = _cells(file, head, delimiter)
        values: Counter[int] = Counter()
        for _, cells in rows:
            values[len(cells)] += sum(map(_is_value, cells)) if len(cells) > 1 else 0
        if (most := max(values.values(), default=0)) > best:
            best, found = most, (delimiter, rows)
    if found is None:
        start = next((line.strip() for line in head if line.strip()), "")[:60]
        raise UserError(f"{file}: no row of dates and numbers; it begins with {start!r}.")
    return found


def _cells(file: Path, head: Sequence[str], delimiter: str) -> list[tuple[int, list[str]]]:
    reader = csv.reader(head, delimiter=delimiter)
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as problem:
        raise UserError(f"{file}: cannot be read as CSV ({problem}).") from None


def header_above(file: Path, above: list[tuple[int, list[str]]], width: int) -> list[list[str]]:
    """The lines right above the data that have a cell for each column; what stands above them is a banner."""
    header: list[list[str]] = []
    for _, cells in reversed(above):
        if len(cells) != width:
            break
        header.insert(0, cells)
    if above and not header and len(above[-1][1]) > 1:
        raise UserError(
            f"{file}, line {above[-1][0]}: the header has {len(above[-1][1])} columns, and the row below it {width}."
        )
    return header


def blank_lines(head: Sequence[str]) -> int:
    """How many blank lines a file without a header begins with."""
    return next(at for at, line in enumerate(head) if line.strip())
