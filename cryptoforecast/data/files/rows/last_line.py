"""A last line without a line end: whole, as many exporters write it, or where a download broke off."""

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

TAIL = 1 << 15  # bytes at the end of a file by which its last line is judged
CHUNK = 1 << 20
JUMP = 3.0  # a close this many times its neighbour, or as small a part of it, has lost digits
CHANCE = 1e-3  # of a whole number's having so few digits
DIGITS_LAST = re.compile(r"\d*$")


def is_cut(file: Path, layout: Layout, encoding: str | None) -> bool:
    """Whether the last line, which has no line end but as many cells as there are columns, breaks off in its last cell.

    It is whole unless what stands there contradicts the lines before: a date or a number has fewer digits behind its
    last mark than any other, a close is a small part of the one before, a quote is not closed.
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
    """Whether a number contradicts those before it, so that its last digits are missing.

    Args:
        text: the number.
        before: those of the lines before, the nearest last.
        decimal: the mark before decimals.
        continuous: whether neighbours are about as large, as closes are.
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
    """Whether it has fewer decimals than any other, and is not likely to have lost mere zeros."""
    missing = min(_decimals(cell, decimal) for cell in before) - _decimals(text, decimal)
    if missing <= 0:
        return False
    zeros_are_written = any(_decimals(cell, decimal) and cell.endswith("0") for cell in before)
    return zeros_are_written or 0.9 ** len(before) * 0.1**missing < CHANCE


def _lacks_thousands(text: str, before: Sequence[str], decimal: str) -> bool:
    mark = "." if decimal == "," else ","
    grouped = all(len(cell.split(decimal)[0].rsplit(mark, 1)[-1]) == 3 for cell in before if mark in cell)
    group = text.split(decimal)[0].rsplit(mark, 1)
    return len(group) == 2 and grouped and len(group[1]) != 3


def _jumps(text: str, cells: Sequence[str], decimal: str) -> bool:
    """Whether the number is further from the one before than any other is, and three times as large or as small."""
    values = [_value(cell, decimal) for cell in [*cells, text]]
    if not (values[-1] and values[-2]):
        return not values[-1]
    sizes = [value for value in values if value]
    steps = [max(before / after, after / before) for before, after in pairwise(sizes)]
    return steps[-1] > JUMP and steps[-1] > max(steps[:-1], default=0.0)


def _value(cell: str, decimal: str) -> float:
    """About how large a number is; 0 if that cannot be told."""
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
    return lines[layout.header_lines if len(tail) < TAIL else 1 :]


def _tail(content: BufferedIOBase) -> bytes:
    if is_plain(content):
        size = content.seek(0, io.SEEK_END)
        content.seek(max(size - TAIL, 0))
        return content.read()
    tail = b""
    while chunk := content.read(CHUNK):
        tail = (tail + chunk)[-TAIL:]
    return tail
