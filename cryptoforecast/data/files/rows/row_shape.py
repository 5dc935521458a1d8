"""Check that every line has as many cells as the header; otherwise an unquoted ``28,420.3`` would be read as ``28``."""

import csv
import io
from collections import deque
from collections.abc import Iterator
from io import BufferedIOBase
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from cryptoforecast.data.files.bytes.encodings import OddBytes, is_utf_8
from cryptoforecast.data.files.bytes.open_file import opened
from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.lines.head import SPACED_DELIMITERS, cells_of
from cryptoforecast.data.files.rows.last_line import has_no_line_end, is_cut
from cryptoforecast.data.files.rows.not_rows import is_stray
from cryptoforecast.errors import UserError

CHUNK = 1 << 22  # bytes
ROWS_AT_A_TIME = 10_000


class Lines(NamedTuple):
    """What a file's lines are.

    ``rows`` is the count of rows of data. ``unended`` tells whether the file ends without a line end, and ``cut``
    whether its last row is cut off there. ``strays`` are the lines that are not rows, by number and text, and
    ``places`` their places among the lines below the header.
    """

    rows: int
    cut: bool
    unended: bool = False
    strays: tuple[tuple[int, str], ...] = ()
    places: tuple[int, ...] = ()


def require_even_rows(file: Path, layout: Layout, encoding: str | None = None) -> Lines:
    """Count the rows, and refuse a row with more or fewer cells than there are columns.

    Delimiters are counted in chunks; a file is read cell by cell only if the count differs or there are quotes. The
    last line may be cut off, as in a download.

    Raises:
        UserError: naming the line.
        OddBytes: if the file is not in UTF-8.
    """
    lines = None
    if layout.delimiter not in SPACED_DELIMITERS:
        with opened(file, encoding) as content:
            lines = _even_rows(content, layout)
    if lines is None:
        return read_lines(file, layout, encoding)
    return lines._replace(cut=is_cut(file, layout, encoding)) if lines.unended else lines


def rows_of(file: Path, layout: Layout, encoding: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Every row below the header with its line number, without blank lines and lines that are not rows."""
    return ((line, cells) for line, cells in lines_below(file, layout, encoding) if not is_stray(cells, layout))


def as_plain_csv(file: Path, layout: Layout, encoding: str | None = None) -> BufferedIOBase:
    """The rows as a stream of plain CSV without a header, and without lines that are not rows."""
    return io.BufferedReader(_Rows(rows_of(file, layout, encoding), layout.columns))


def read_lines(file: Path, layout: Layout, encoding: str | None = None) -> Lines:
    """Count the rows cell by cell, and find the lines that are not rows.

    Raises:
        UserError: naming a row of another length.
        OddBytes: if the file is not in UTF-8.
    """
    with opened(file, encoding) as content:
        deque(_chunks_of_lines(content), maxlen=0)
    rows, short, strays, places, last = 0, None, list[tuple[int, str]](), list[int](), False
    for place, (line, cells) in enumerate(lines_below(file, layout, encoding)):
        if is_stray(cells, layout):
            strays.append((line, layout.delimiter.join(cells).strip()))
            places.append(place)
            last = False
            continue
        if short is not None:
            raise UserError(f"{file}, line {short[0]}: {short[1]} columns, where the header has {layout.columns}.")
        if any("\0" in cell or "\n" in cell or "\r" in cell for cell in cells):
            raise UserError(f"{file}, line {line}: a cell goes on over the end of the line.")
        if any(cell.strip() for cell in cells[layout.columns :]):
            raise UserError(f"{file}, line {line}: {len(cells)} columns, where the header has {layout.columns}.")
        short = (line, len(cells)) if len(cells) < layout.columns else None
        rows, last = rows + 1, True
    unended = last and has_no_line_end(file, encoding)
    return Lines(
        rows, short is not None or (unended and is_cut(file, layout, encoding)), unended, tuple(strays), tuple(places)
    )


def lines_below(file: Path, layout: Layout, encoding: str | None) -> Iterator[tuple[int, list[str]]]:
    """Every line below the header that is not blank, with its number.

    Raises:
        UserError: if a line cannot be split into cells.
    """
    with opened(file, encoding) as content:
        text = io.TextIOWrapper(content, encoding="utf-8-sig", errors="replace", newline="")  # type: ignore[type-var]
        line = 0
        try:
            for line, cells in cells_of(text, layout.delimiter):
                if line > layout.header_lines:
                    yield line, cells
        except csv.Error as problem:
            raise UserError(f"{file}, line {line + 1}: cannot be read ({problem}).") from None
        finally:
            text.detach()


class _Rows(io.RawIOBase):
    """A stream of rows written as CSV, some thousand at a time."""

    def __init__(self, rows: Iterator[tuple[int, list[str]]], columns: int) -> None:
        self._rows, self._columns, self._rest = rows, columns, b""

    def readable(self) -> bool:
        """True: the stream is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes, and return their count."""
        if not self._rest:
            written = io.StringIO()
            rows = (cells[: self._columns] for _, cells in islice(self._rows, ROWS_AT_A_TIME))
            csv.writer(written, lineterminator="\n").writerows(rows)
            self._rest = written.getvalue().encode(errors="replace")
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _even_rows(content: BufferedIOBase, layout: Layout) -> Lines | None:
    """Count the rows by their delimiters; None if they must be read cell by cell."""
    for _ in range(layout.header_lines):
        content.readline()
    rows, unended = 0, False
    for lines in _chunks_of_lines(content):
        if not lines.endswith(b"\n"):  # the last line, which may be cut off
            lines, unended = lines + b"\n", True
        count = _even_lines(lines, layout)
        if count is None:
            return None
        rows += count
    return Lines(rows, cut=False, unended=unended)


def _chunks_of_lines(content: BufferedIOBase) -> Iterator[bytes]:
    """The text in chunks of whole lines.

    Raises:
        OddBytes: if it is not in UTF-8.
    """
    while lines := content.read(CHUNK):
        lines += content.readline()
        if not lines.isascii() and not is_utf_8(lines):
            raise OddBytes
        yield lines


def _even_lines(lines: bytes, layout: Layout) -> int | None:
    """Count of the lines, if each has the same delimiters and there are no quotes; else None.

    numpy counts them, and releases the interpreter lock, so that pandas reads the file meanwhile.
    """
    if b'"' in lines or b"\0" in lines or (b"\r" in lines and lines.count(b"\r") != lines.count(b"\r\n")):
        return None
    characters = np.frombuffer(lines, dtype=np.uint8)
    ends = np.flatnonzero(characters == ord("\n"))
    marks = (characters == ord(layout.delimiter)).view(np.uint8)
    starts = np.concatenate([[0], ends[:-1] + 1])
    small = int((ends - starts).max()) < 256  # 256 delimiters would be counted as 0
    by_line = np.add.reduceat(marks, starts, dtype=np.uint8 if small else np.uint32)
    return len(ends) if (by_line == layout.columns - 1).all() else None
