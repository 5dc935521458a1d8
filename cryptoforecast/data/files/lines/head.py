"""The first lines of a text in cells: the delimiter, the header, and the first row of data."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cryptoforecast.data.files.cells.kinds import are_usual_numbers, is_date, is_empty, is_number
from cryptoforecast.data.files.headings.vocabulary import DATE, kind_of
from cryptoforecast.data.files.lines.line_kinds import is_comment, is_data, is_value, names_a_date
from cryptoforecast.data.files.lines.longer_header import cut_to_rows
from cryptoforecast.errors import UserError

SPACE, SPACES = " ", "  "  # between cells: one or more; two or more, where a cell may have single ones
DELIMITERS = (",", ";", "\t", "|", SPACES, SPACE)
NOT_IN_QUOTES = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'
SPACED_DELIMITERS = {  # patterns of delimiters with spaces in them; between two tabs is an empty cell
    SPACE: re.compile(r"(?: *\t *| +)" + NOT_IN_QUOTES),
    SPACES: re.compile(r"(?: *\t *| {2,})" + NOT_IN_QUOTES),
    ", ": re.compile(r"[ \t]*,[ \t]*" + NOT_IN_QUOTES),
    "; ": re.compile(r"[ \t]*;[ \t]*" + NOT_IN_QUOTES),
    "| ": re.compile(r"[ \t]*\|[ \t]*" + NOT_IN_QUOTES),
}
QUOTE_AFTER_SPACE = re.compile(r'[,;|][ \t]+"')


class Row(NamedTuple):
    """The cells of a line, and its number from 1."""

    line: int
    cells: list[str]


class Split(NamedTuple):
    """The first lines of a file in cells.

    ``header`` are the lines that name the columns, each with as many cells as a row of ``body``. The rows are below
    ``header_lines`` lines, of which ``header_rows`` are not blank.
    """

    delimiter: str
    header: list[list[str]]
    body: list[list[str]]
    header_lines: int
    header_rows: int


def cells_of(lines: Iterable[str], delimiter: str) -> Iterator[Row]:
    """Split the lines that are not blank into cells.

    Raises:
        csv.Error: if a line cannot be split.
    """
    if blanks := SPACED_DELIMITERS.get(delimiter):
        lines, delimiter = (blanks.sub("\t", line.strip(" \r\n")) + "\n" for line in lines), "\t"
    reader = csv.reader(lines, delimiter=delimiter)
    for cells in reader:
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield Row(reader.line_num, cells)


def split_head(file: Path, head: Sequence[str]) -> Split:
    """Split a file's first lines into header and rows.

    Raises:
        UserError: if there is no row of data, or the header does not fit the rows.
    """
    delimiter, width, rows = _by_best_delimiter(file, head)
    below = _below_names(rows)
    first = next(at for at, row in enumerate(rows) if at >= below and _is_row(row.cells, width))
    body = [row.cells for row in rows[first:] if len(row.cells) == width and not is_comment(row.cells)]
    header, end = _header(file, rows[:first], body, rows[first].line)
    body = _of_one_kind(body)
    if not header:
        return Split(delimiter, header, body, rows[first].line - 1, first)
    return Split(delimiter, header, body, rows[end].line, end + 1)


def _is_row(cells: Sequence[str], width: int) -> bool:
    return len(cells) == width and is_data(cells) and not is_comment(cells)


def _below_names(rows: Sequence[Row]) -> int:
    """The place after the first line that names a date column; 0 if there is none or bars are above it."""
    for at, (_, cells) in enumerate(rows[:-1]):
        if are_usual_numbers(cells):
            continue
        if len(cells) > 1 and names_a_date(cells) and not any(map(is_value, cells)):
            return at + 1
        if any(map(is_date, cells)) and any(map(is_number, cells)):
            return 0
    return 0


def _by_best_delimiter(file: Path, head: Sequence[str]) -> tuple[str, int, list[Row]]:
    """The delimiter with which most cells are values in lines of equal length, that length, and the split lines."""
    best, found = (False, 0), None
    for delimiter in _possible("".join(head)):
        if delimiter == SPACE and best >= (True, 1):
            continue
        try:
            rows = list(cells_of(head, delimiter))
        except csv.Error as problem:
            raise UserError(f"{file}: cannot be read as CSV ({problem}).") from None
        width, values, named = _usual_width(rows)
        if delimiter == SPACE:  # it separates dates from times of day, so other delimiters come first
            values = min(values, 1)
        if values and (named, values) > best:
            best, found = (named, values), (delimiter, width, rows)
    if found is None:
        _refuse_nested(file, head)
        start = next((line.strip() for line in head if line.strip()), "")[:60]
        raise UserError(f"{file}: no row of dates and numbers; it begins with {start!r}.")
    return found


def _possible(text: str) -> list[str]:
    """The delimiters in a text; with spaces where quotes begin after these."""
    present = [mark for mark in DELIMITERS if mark in text or (mark == SPACES and "\t" in text)]
    if not QUOTE_AFTER_SPACE.search(text):
        return present
    return [f"{mark} " if f"{mark} " in SPACED_DELIMITERS else mark for mark in present]


def delimiter_to_write(delimiter: str) -> str:
    """The single character to write in the place of a delimiter."""
    return "\t" if delimiter == SPACES else delimiter[0]


def _usual_width(rows: Sequence[Row]) -> tuple[int, int, bool]:
    """The cells in most lines of data, the count of values in these lines, and whether the header has as many cells.

    The length of the header is taken if half of the lines have it: the others have an unquoted 28,420.3.
    """
    found: dict[int, list[list[str]]] = {}
    named, before = 0, 0
    for _, cells in rows:
        if is_comment(cells):
            continue
        if len(cells) > 1 and is_data(cells):
            found.setdefault(len(cells), []).append(cells)
            named = named or (len(cells) if before == len(cells) else -1)
        before = len(cells)
    if named > 0 and 2 * len(found[named]) >= sum(map(len, found.values())):
        return named, _values_in(found[named]), True
    values = {width: _values_in(lines) for width, lines in found.items()}
    return *max(values.items(), key=lambda pair: pair[1], default=(0, 0)), False


def _values_in(lines: list[list[str]]) -> int:
    """Count of the cells that are numbers, dates or times of day."""
    columns = zip(*lines, strict=True)
    return sum(len(lines) if are_usual_numbers(cells) else sum(map(is_value, cells)) for cells in columns)


def _refuse_nested(file: Path, head: Sequence[str]) -> None:
    """Refuse lines that are one quoted cell each.

    Raises:
        UserError: if most lines are.
    """
    rows = list(csv.reader(head))
    if sum(len(cells) == 1 and is_data(next(csv.reader(cells))) for cells in rows) * 2 > len(rows):
        raise UserError(f"{file}: each line is quoted as a whole; save it with its cells quoted, or none.")


def _header(file: Path, above: list[Row], body: list[list[str]], first: int) -> tuple[list[list[str]], int]:
    """The lines above the data with a cell for each column, and the place of the last of them.

    Lines above these are a banner; lines below them are judged with the rows.
    """
    width, header, end = len(body[0]), list[list[str]](), 0
    named = [(at, row.cells) for at, row in enumerate(above) if not is_comment(row.cells)]
    for at, cells in reversed(named):
        if not any(cell.strip() for cell in cells):
            continue
        fitted = None if is_data(cells) else _fitted(cells, body)
        if fitted is not None:
            end = end if header else at
            header.insert(0, fitted)
        elif header or (len(cells) > 1 and not is_data(cells)):
            break
    if not header and above and is_comment(above[-1].cells) and len(above[-1].cells) == width:
        names = [above[-1].cells[0].lstrip("#/ "), *above[-1].cells[1:]]  # after the mark of a comment
        return [names], len(above) - 1
    if named and not header and len(named[-1][1]) > 1:
        if shortened := cut_to_rows(named[-1][1], body):
            return [shortened], named[-1][0]
        _refuse_open_quote(file, above[named[-1][0]], body[0])
        _refuse_misfit(file, above[named[-1][0]], width, first)
    return header, end


def _refuse_open_quote(file: Path, header: Row, cells: Sequence[str]) -> None:
    if any("\n" in cell.strip() for cell in cells):
        raise UserError(f'{file}, line {header.line + 1}: a quote (") is open at the end of the line; end it there.')


def _refuse_misfit(file: Path, last: Row, width: int, first: int) -> None:
    if is_data(last.cells):
        raise UserError(f"{file}, line {last.line}: {len(last.cells)} columns, where line {first} has {width}.")
    raise UserError(
        f"{file}, line {last.line}: the header has {len(last.cells)} columns, and the row below it {width}."
    )


def _fitted(cells: list[str], body: list[list[str]]) -> list[str] | None:
    """A line with a cell for each column of the body; None if it is not a header of it.

    A delimiter at the end of each line gives a column without name and cells; an index may have no name.
    """
    width = len(body[0])
    if len(cells) >= width:
        return None if any(cell.strip() for cell in cells[width:]) else cells[:width]
    if len(cells) > 1 and not any(cell.strip() for row in body for cell in row[len(cells) :]):
        return cells + [""] * (width - len(cells))
    is_index = len(cells) == width - 1 > 1 and _is_index(cells, [row[0] for row in body])
    return ["", *cells] if is_index else None


def _is_index(names: list[str], cells: list[str]) -> bool:
    """Whether the first cells of rows are a counter, or dates without a heading."""
    if all(cell.strip().isdigit() for cell in cells):
        numbers = [int(cell) for cell in cells]
        return len(cells) > 1 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return all(map(is_date, cells)) and not any(kind_of(name) == DATE for name in names)


def _of_one_kind(body: list[list[str]]) -> list[list[str]]:
    """The rows with a date or nothing wherever most rows have a date; by these the columns are chosen."""
    not_numbers = [cells for cells in zip(*body, strict=True) if not are_usual_numbers(cells)]
    dated = [cells for cells in not_numbers if 2 * sum(map(is_date, cells)) > len(body)]
    fitting = ([is_date(cell) or is_empty(cell) for cell in cells] for cells in dated)
    fitting_rows = (
        [row for row, fits in zip(body, zip(*fitting, strict=True), strict=True) if all(fits)] if dated else body
    )
    if len(not_numbers) < len(body[0]):
        return fitting_rows or body
    return [row for row in fitting_rows if any(map(is_value, row))] or body
