"""Whether each line of a file has as many cells as the header: the 28 of an unquoted 28,420.3 is no close."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple

import numpy as np

from cryptoforecast.data.files.encodings import OddBytes, is_utf_8
from cryptoforecast.data.files.layout import Layout
from cryptoforecast.data.files.opening import opened
from cryptoforecast.errors import UserError

CHUNK = 1 << 22


class Lines(NamedTuple):
    """What a file's lines come to: ``rows`` of data, and whether the last of them breaks off before its end."""

    rows: int
    cut: bool


def require_even_rows(file: Path, layout: Layout, encoding: str | None = None) -> Lines:
    """Count the rows, and refuse one that has more cells than there are columns, or fewer.

    Delimiters are counted by the megabyte; only where the count is off, or where there are quotes, is a file read
    cell by cell. The last line may break off: so does a download.

    Raises:
        UserError: naming the line.
    """
    with opened(file, encoding) as content:
        rows = _even_rows(content, layout)
    return rows or _read_rows(file, layout, encoding)


def rows_of(file: Path, layout: Layout, encoding: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Every row below the header with its line number, blank lines left out as pandas does."""
    with opened(file, encoding) as content:
        text = io.TextIOWrapper(content, encoding="utf-8-sig", errors="replace", newline="")  # type: ignore[type-var]
        reader = csv.reader(text, delimiter=layout.delimiter)
        try:
            for cells in reader:
                if reader.line_num > layout.header_lines and any(cell.strip() for cell in cells):
                    yield reader.line_num, cells
        except csv.Error as problem:
            raise UserError(f"{file}, line {reader.line_num + 1}: cannot be read ({problem}).") from None
        finally:
            text.detach()


def _even_rows(content: BufferedIOBase, layout: Layout) -> Lines | None:
    """Count quickly; None where a closer look is needed."""
    for _ in range(layout.header_lines):
        content.readline()
    rows, whole = 0, True
    for lines in _whole_lines(content):
        if not lines.endswith(b"\n"):  # the last, which may break off
            lines, whole = lines + b"\n", max(layout.chosen.needed) < layout.columns - 1
        count = _even_lines(lines, layout)
        if count is None:
            return None
        rows += count
    return Lines(rows, cut=not whole)


def _whole_lines(content: BufferedIOBase) -> Iterator[bytes]:
    """The text by the megabyte, cut at ends of lines.

    Raises:
        OddBytes: if it is not in UTF-8.
    """
    while lines := content.read(CHUNK):
        lines += content.readline()
        if not lines.isascii() and not is_utf_8(lines):
            raise OddBytes
        yield lines


def _even_lines(lines: bytes, layout: Layout) -> int | None:
    """How many lines there are, if each has its delimiters and nothing is odd about them.

    Counted by numpy, which lets pandas read the file meanwhile.
    """
    if b'"' in lines or b"\0" in lines or (b"\r" in lines and lines.count(b"\r") != lines.count(b"\r\n")):
        return None
    characters = np.frombuffer(lines, dtype=np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    marks = (characters == ord(layout.delimiter)).view(np.uint8)
    starts = np.concatenate([[0], ends[:-1] + 1])
    small = int((ends - starts).max()) < 256  # as many delimiters would be counted as none
    by_line = np.add.reduceat(marks, starts, dtype=np.uint8 if small else np.uint32)
    return len(ends) if (by_line == layout.columns - 1).all() else None


def _read_rows(file: Path, layout: Layout, encoding: str | None) -> Lines:
    with opened(file, encoding) as content:
        deque(_whole_lines(content), maxlen=0)
    rows, short = 0, None
    for line, cells in rows_of(file, layout, encoding):
        if short is not None:
            raise UserError(f"{file}, line {short[0]}: {short[1]} columns, where the header has {layout.columns}.")
        if any("\0" in cell or "\n" in cell or "\r" in cell for cell in cells):
            raise UserError(f"{file}, line {line}: a cell goes on over the end of the line.")
        if any(cell.strip() for cell in cells[layout.columns :]):
            raise UserError(f"{file}, line {line}: {len(cells)} columns, where the header has {layout.columns}.")
        short = (line, len(cells)) if len(cells) < layout.columns else None
        rows += 1
    return Lines(rows, cut=short is not None or _breaks_off(file, layout, encoding))


def _breaks_off(file: Path, layout: Layout, encoding: str | None) -> bool:
    """Whether the file's last character may be the middle of a number that is wanted."""
    with opened(file, encoding) as content:
        last = b""
        while chunk := content.read(CHUNK):
            last = chunk[-1:]
    return last.isdigit() and max(layout.chosen.needed) == layout.columns - 1
