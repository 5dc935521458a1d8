"""Where times and closes stand in a file, told by its first lines."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptoforecast.data.files.columns import Chosen, choose
from cryptoforecast.data.files.formats import name_of_format, name_without_header
from cryptoforecast.data.files.names import DATE as DATE_COLUMN
from cryptoforecast.data.files.names import Label, kind_of, label
from cryptoforecast.data.files.numbers import Decimal, decimal_of
from cryptoforecast.errors import UserError

DELIMITERS = ",;\t|"
NUMBER = re.compile(r"[-+$€£¥]?\d[\d.,' ]*([eE][+-]?\d+)?[KMBT%]?|[-+]?\.\d+")
DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[-, ]+\d{2,4})([T, ]+\d[-\d:.+ APMapmUTCGZ]*)?"
)


class Layout(NamedTuple):
    """How the rows of a file are to be read.

    ``header_lines`` come before the first row, ``header_rows`` of them not blank; each row has ``columns`` cells;
    ``names`` are the columns' own, ``chosen`` are those wanted; ``decimal`` is the mark before decimals where some
    cell shows it; ``epochs`` tells whether times are numbers.
    """

    format: str
    delimiter: str
    columns: int
    header_lines: int
    header_rows: int
    names: tuple[str, ...]
    chosen: Chosen
    decimal: Decimal
    epochs: bool


def recognise(
    file: Path, head: Sequence[str], column: str | None = None, symbol: str | None = None, others: Sequence[str] = ()
) -> Layout:
    """Find delimiter, header and columns.

    Args:
        file: for errors.
        head: the file's first lines.
        column: the close column's name, if the user has said it.
        symbol: whose closes are wanted, where the file has several.
        others: further columns wanted.

    Raises:
        UserError: saying what is missing, or what there is too much of.
    """
    delimiter, rows = _split(file, head)
    first = next(at for at, (_, cells) in enumerate(rows) if is_data(cells))
    width, above = len(rows[first][1]), rows[:first]
    body = [cells for _, cells in rows[first:] if len(cells) == width]
    header = _header(file, above, width)
    if header:
        labels = tuple(label([cell for row in header if (cell := row[at].strip())]) for at in range(width))
        labels = _name_unnamed_dates(labels, body)
        format = name_of_format([one.text for one in labels], len(header), " ".join(head[: first + 1]))
    else:
        format, labels = name_without_header(file, body)
    chosen = choose(str(file), labels, column, symbol, others)
    return Layout(
        format=format,
        delimiter=delimiter,
        columns=width,
        header_lines=rows[first - 1][0] if first else _blank_lines(head),
        header_rows=first,
        names=tuple(one.text for one in labels),
        chosen=chosen,
        decimal=decimal_of(cell for row in body for cell in row),
        epochs=any(NUMBER.fullmatch(row[chosen.date].strip()) for row in body),
    )


def is_data(cells: Sequence[str]) -> bool:
    """Whether a line holds data: some cell is a number or a date, and it is no header with a column called 1e5."""
    return len(cells) > 1 and any(map(_is_value, cells)) and not _names_a_date(cells)


def _names_a_date(cells: Sequence[str]) -> bool:
    """Whether a line is a header's: it begins with the name of a date column, or has one and no date."""
    if kind_of(cells[0]) == DATE_COLUMN:
        return True
    return any(kind_of(cell) == DATE_COLUMN for cell in cells) and not any(
        DATE.fullmatch(cell.strip()) for cell in cells
    )


def _is_value(cell: str) -> bool:
    return bool(NUMBER.fullmatch(cell.strip()) or DATE.fullmatch(cell.strip()))


def _split(file: Path, head: Sequence[str]) -> tuple[str, list[tuple[int, list[str]]]]:
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


def _header(file: Path, above: list[tuple[int, list[str]]], width: int) -> list[list[str]]:
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


def _name_unnamed_dates(labels: tuple[Label, ...], body: list[list[str]]) -> tuple[Label, ...]:
    """An index that pandas wrote has no name; where nothing else is a date, the first column may be it."""
    first = labels[0]
    if any(one.kind == "date" for one in labels) or (first.text and not first.text.startswith("Unnamed")):
        return labels
    dated = all(
        DATE.fullmatch(cells[0].strip()) or re.fullmatch(r"\d{10,19}(\.0*)?", cells[0].strip()) for cells in body
    )
    return (Label("(unnamed)", "date"), *labels[1:]) if dated else labels


def _blank_lines(head: Sequence[str]) -> int:
    return next(at for at, line in enumerate(head) if line.strip())
