"""A last line without a line end: complete, as many exporters write it, or cut off with the download."""

import io
import re
from collections.abc import Sequence
from io import BufferedIOBase
from itertools import pairwise
from pathlib import Path

from cryptoforecast.data.files.bytes.open_file import is_plain, opened
from cryptoforecast.data.files.cells.kinds import is_number
from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.lines.head import cells_of

TAIL_SIZE = 1 << 15  # bytes at the end of a file by which its last line is judged
CHUNK = 1 << 20  # bytes
LARGEST_STEP = 3.0  # factor between neighbours; a close further away has lost digits
LARGEST_CHANCE = 1e-3  # of a complete number with so few decimals
DIGITS_LAST = re.compile(r"\d*$")


def is_cut(file: Path, layout: Layout, encoding: str | None) -> bool:
    """Whether the last line, without a line end but with all cells, is cut off in its last cell.

    It is complete unless it contradicts the lines before: a date or a number has fewer digits after its last mark than
    all others, a close is a small part of the one before, a quote is not closed.
    """
    lines = _last_lines(file, layout, encoding)
    if lines[-1].count('"') % 2:
        return True
    chosen, last = layout.chosen, layout.columns - 1
    if last not in (*chosen.needed, chosen.ticker):
        return False
    rows = [row.cells for row in cells_of(lines, layout.delimiter) if len(row.cells) == layout.columns]
    series = [None if chosen.ticker is None else row[chosen.ticker] for row in rows]
    before = [row[last].strip() for row, owner in zip(rows[:-1], series, strict=False) if owner == series[-1]]
    text = rows[-1][last].strip()
    if last == chosen.ticker:
        return text not in {row[last].strip() for row in rows[:-1]}
    if not before:
        return False
    if last in (chosen.date, chosen.clock):
        return _is_cut_date(text, before)
    return is_cut_number(text, before, "," if layout.decimal == "," else ".", continuous=last == chosen.close)


def _is_cut_date(text: str, before: Sequence[str]) -> bool:
    lengths = {len(cell) for cell in before}
    shorter = len(lengths) == 1 and len(text) < max(lengths)
    return shorter or _digits_last(text) < min(map(_digits_last, before))


def is_cut_number(text: str, before: Sequence[str], decimal: str = ".", continuous: bool = True) -> bool:
    """Whether a number contradicts those before it, so that its last digits must be missing.

    Args:
        text: the number.
        before: the numbers of the lines before, the nearest last.
        decimal: the mark before decimals.
        continuous: whether neighbours are about equal, as closes are.
    """
    before = [cell for cell in before if is_number(cell)]
    if not text or not before:
        return False
    if not any(cell[-1] == text[-1] for cell in before) and not text[-1].isdigit():
        return True  # ends in a mark or an e
    if all(not cell[-1].isdigit() for cell in before) and text[-1].isdigit():
        return True  # a percent sign, a currency is missing
    if _lacks_decimals(text, before, decimal) or _lacks_thousands(text, before, decimal):
        return True
    return continuous and _jumps(text, before, decimal)


def _lacks_decimals(text: str, before: Sequence[str], decimal: str) -> bool:
    """Whether a number has fewer decimals than all others, and these are not likely to be zeros left out."""
    missing = min(_decimals(cell, decimal) for cell in before) - _decimals(text, decimal)
    if missing <= 0:
        return False
    zeros_are_written = any(_decimals(cell, decimal) and cell.endswith("0") for cell in before)
    return zeros_are_written or 0.9 ** len(before) * 0.1**missing < LARGEST_CHANCE


def _lacks_thousands(text: str, before: Sequence[str], decimal: str) -> bool:
    mark = "." if decimal == "," else ","
    grouped = all(len(cell.split(decimal)[0].rsplit(mark, 1)[-1]) == 3 for cell in before if mark in cell)
    group = text.split(decimal)[0].rsplit(mark, 1)
    return len(group) == 2 and grouped and len(group[1]) != 3


def _jumps(text: str, cells: Sequence[str], decimal: str) -> bool:
    """Whether the step to the number is the largest of all, and to the triple or the third at least."""
    values = [_value(cell, decimal) for cell in [*cells, text]]
    if not (values[-1] and values[-2]):
        return not values[-1]
    sizes = [value for value in values if value]
    steps = [max(before / after, after / before) for before, after in pairwise(sizes)]
    return steps[-1] > LARGEST_STEP and steps[-1] > max(steps[:-1], default=0.0)


def _value(cell: str, decimal: str) -> float:
    """The approximate size of a number; 0 if it cannot be read."""
    digits = re.sub(rf"[^0-9eE{re.escape(decimal)}-]", "", cell).replace(decimal, ".")
    try:
        return abs(float(digits))
    except ValueError:
        return 0.0


def _decimals(cell: str, decimal: str) -> int:
    return len(re.split(r"[eE]", cell)[0].partition(decimal)[2].rstrip("KMBT% "))


def _digits_last(cell: str) -> int:
    found = DIGITS_LAST.search(cell)
    return len(found[0]) if found else 0


def has_no_line_end(file: Path, encoding: str | None) -> bool:
    """Whether a file's text ends without a line end."""
    with opened(file, encoding) as content:
        return not _tail(content).rstrip(b" \t\0").endswith((b"\n", b"\r"))


def _last_lines(file: Path, layout: Layout, encoding: str | None) -> list[str]:
    """The last lines of the table, the header left out."""
    with opened(file, encoding) as content:
        tail = _tail(content)
    lines = io.StringIO(tail.decode("utf-8-sig", errors="replace"), newline="").readlines()
    return lines[layout.header_lines if len(tail) < TAIL_SIZE else 1 :]


def _tail(content: BufferedIOBase) -> bytes:
    if is_plain(content):
        size = content.seek(0, io.SEEK_END)
        content.seek(max(size - TAIL_SIZE, 0))
        return content.read()
    tail = b""
    while chunk := content.read(CHUNK):
        tail = (tail + chunk)[-TAIL_SIZE:]
    return tail
