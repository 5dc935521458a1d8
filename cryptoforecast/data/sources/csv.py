"""Closes from the user's own CSV files."""

import csv
import glob
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.series import CloseSeries, Gaps, RawRows, to_close_series
from cryptoforecast.data.sources.dates import read_times
from cryptoforecast.data.sources.source import Source
from cryptoforecast.errors import UserError

DATE_NAMES = ("date", "datetime", "timestamp", "time", "unix", "unixtimestamp", "opentime", "timeopen", "snappedat")
CLOSE_NAMES = ("close", "price", "adjclose")  # in order of preference


class CsvSource(Source):
    """One series from one or several CSV files, its columns found by name.

    Understood are Yahoo's classic download, what yfinance writes with ``to_csv()`` (``download`` with its three
    header rows, ``history`` with time zones), and any file with one recognisable date and close column.

    Args:
        path: a file, a glob pattern, or a list of either; several files are joined.
        folder: where relative paths start; by default the working folder.
        column: the close column's name; by default Close, else Price, else Adj Close.
        symbol: the series' name; by default the file's own ticker, else its file name.
        date_format: how dates are written (as for ``strptime``), where that is not plain from the file.
        gaps: what to do about missing bars: ``error``, or ``ffill`` to repeat the last close before them.
    """

    def __init__(
        self,
        path: str | list[str],
        folder: str | None = None,
        column: str | None = None,
        symbol: str | None = None,
        date_format: str | None = None,
        gaps: Gaps = "error",
    ) -> None:
        self.path = path
        self.folder = folder
        self.column = column
        self.symbol = symbol
        self.date_format = date_format
        self.gaps = gaps

    def load(self) -> CloseSeries:
        """The closes of all files together.

        Raises:
            UserError: naming the file, the line and the value that cannot be read.
        """
        files = find_files(self.path, self.folder)
        layouts = [recognise(file, self.column) for file in files]
        tickers = sorted({layout.ticker for layout in layouts if layout.ticker})
        if len(tickers) > 1 and self.symbol is None:
            raise UserError(f"data.source.path names files of {' and '.join(tickers)}; one series takes one symbol.")
        times, values = zip(
            *(read_rows(file, layout, self.date_format) for file, layout in zip(files, layouts, strict=True)),
            strict=True,
        )
        raw = RawRows(
            symbol=self.symbol or layouts[0].ticker or "+".join(file.stem for file in files),
            times=times[0].append(list(times[1:])),
            values=np.concatenate(values),
            source=type(self).__name__,
            files=tuple(file.name for file in files),
        )
        return to_close_series(raw, self.gaps)


class Layout(NamedTuple):
    """How the rows of a file are to be read.

    ``header_lines`` come before the first row; ``date`` and ``close`` are positions among the ``columns``;
    ``ticker`` is the series' name where the file says it, else empty.
    """

    delimiter: str
    columns: int
    header_lines: int
    date: int
    close: int
    ticker: str


def find_files(path: str | list[str], folder: str | None) -> list[Path]:
    """The files that ``data.source.path`` names, in the order named; of a pattern, in the order of their names."""
    files: list[Path] = []
    for pattern in [path] if isinstance(path, str) else path:
        whole = Path(folder or ".", pattern).expanduser()
        matches = [whole] if whole.is_file() else [Path(match) for match in sorted(glob.glob(str(whole)))]
        if not matches:
            raise UserError(f"{whole}: no such file; data.source.path names the CSV to read.")
        files += matches
    if not files:
        raise UserError("data.source.path is empty; name at least one CSV file.")
    return files


def recognise(file: Path, column: str | None) -> Layout:
    """Find delimiter, header, date and close column in the first lines of a file."""
    blank, head = _first_lines(file, 4)
    delimiter = max(",;\t", key=head[0].count)
    lines = list(csv.reader(head, delimiter=delimiter))
    names, header_lines, tickers = lines[0], 1, [""] * len(lines[0])
    if names[0] == "Price" and len(lines) > 2 and len(lines[1]) == len(names) and lines[1][0] == "Ticker":
        names, header_lines, tickers = [*lines[2][:1], *names[1:]], 3, lines[1]  # yf.download(...).to_csv()
    plain_names = [_plain(name) for name in names]
    date = _position(plain_names, DATE_NAMES)
    close = _position(plain_names, CLOSE_NAMES if column is None else (_plain(column),))
    found = ", ".join(name or "(unnamed)" for name in names)
    if date is None:
        raise UserError(f"{file}: no date column among {found}; the header must name one, such as Date or Timestamp.")
    if close is None:
        wanted = "close column" if column is None else f"column {column!r}"
        raise UserError(f"{file}: no {wanted} among {found}; set data.source.column to the one to use.")
    if plain_names.count(plain_names[close]) > 1:
        which = ", ".join(tickers[at] or str(at) for at, name in enumerate(plain_names) if name == plain_names[close])
        raise UserError(f"{file}: several columns are called {names[close]} ({which}); keep one series in a file.")
    ticker = tickers[close]
    if "ticker" in plain_names and len(lines) > 1 and len(lines[1]) == len(names):
        ticker = lines[1][plain_names.index("ticker")]
    return Layout(delimiter, len(names), blank + header_lines, date, close, ticker)


def read_rows(file: Path, layout: Layout, date_format: str | None) -> tuple[pd.DatetimeIndex, np.ndarray]:
    """Times and closes of one file, in the file's order; a close is NaN where the file has none."""
    _require_even_rows(file, layout)
    wanted = [layout.date, layout.close]
    how = {"sep": layout.delimiter, "skiprows": layout.header_lines, "header": None, "usecols": wanted}
    try:
        rows = pd.read_csv(file, **how, dtype={layout.close: "float64"}, encoding="utf-8-sig")
    except pd.errors.EmptyDataError:
        raise UserError(f"{file}: a header and no rows.") from None
    except ValueError as problem:
        raise _explain(file, layout, problem) from None
    if rows[layout.date].isna().any():
        line, _ = _nth_row(file, layout, int(rows[layout.date].isna().argmax()))
        raise UserError(f"{file}, line {line}: a row without a date.")
    return _times(file, layout, rows[layout.date], date_format), rows[layout.close].to_numpy()


def _first_lines(file: Path, count: int) -> tuple[int, list[str]]:
    """How many blank lines a file begins with, and the first lines after them."""
    blank = 0
    lines: list[str] = []
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            for line in text:
                if lines or line.strip():
                    lines.append(line)
                else:
                    blank += 1
                if len(lines) == count:
                    break
    except UnicodeDecodeError:
        raise UserError(f"{file}: not a text file in UTF-8.") from None
    except OSError as problem:
        raise UserError(f"{file}: cannot be read ({problem.strerror}).") from None
    if not lines:
        raise UserError(f"{file}: the file is empty.")
    return blank, lines


def _require_even_rows(file: Path, layout: Layout) -> None:
    """Refuse a row with more columns than the header: the 28 of an unquoted 28,420.3 is no close.

    Counting delimiters is quick and settles most files; only where the count is off are rows looked at.
    """
    delimiters = quotes = lines = 0
    with file.open("rb") as content:
        while chunk := content.read(1 << 24):
            delimiters += chunk.count(layout.delimiter.encode())
            quotes += chunk.count(b'"')
            lines += chunk.count(b"\n")
            last = chunk[-1:]
    lines += last != b"\n"
    if not quotes and delimiters == lines * (layout.columns - 1):
        return
    for line, cells in _rows(file, layout):
        if any(cells[layout.columns :]):
            raise UserError(f"{file}, line {line}: {len(cells)} columns, where the header has {layout.columns}.")


def _plain(name: str) -> str:
    return "".join(letter for letter in name.lower() if letter.isalnum())


def _position(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _times(file: Path, layout: Layout, column: pd.Series, date_format: str | None) -> pd.DatetimeIndex:
    try:
        times = read_times(column, date_format)
    except ValueError:
        raise UserError(f"data.source.date_format is {date_format!r}, which is no format such as %d/%m/%Y.") from None
    if times.isna().any():
        line, cells = _nth_row(file, layout, int(times.isna().argmax()))
        wanted = "a date written as 2024-03-11 or an epoch" if date_format is None else f"written as {date_format}"
        raise UserError(
            f"{file}, line {line}: the date is {cells[layout.date]!r}, not {wanted}; "
            "set data.source.date_format, such as %d/%m/%Y."
        )
    return pd.DatetimeIndex(times).as_unit("ns")


def _explain(file: Path, layout: Layout, problem: ValueError) -> UserError:
    """The first row that cannot be read, in the user's terms."""
    for line, cells in _rows(file, layout):
        if len(cells) <= max(layout.date, layout.close):
            return UserError(f"{file}, line {line}: {len(cells)} columns, fewer than the header has.")
        value = cells[layout.close].strip()
        if pd.isna(pd.to_numeric(value, errors="coerce")) and value.lower() not in ("", "null", "nan", "n/a", "na"):
            return UserError(f"{file}, line {line}: the close is {value!r}, not a number.")
    return UserError(f"{file}: cannot be read as CSV ({problem}).")


def _nth_row(file: Path, layout: Layout, row: int) -> tuple[int, list[str]]:
    return next(pair for position, pair in enumerate(_rows(file, layout)) if position == row)


def _rows(file: Path, layout: Layout) -> Iterator[tuple[int, list[str]]]:
    """Every row below the header with its line number, blank lines left out as pandas does."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text, delimiter=layout.delimiter)
            for cells in reader:
                if cells and reader.line_num > layout.header_lines:
                    yield reader.line_num, cells
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"{file}: not a CSV file in UTF-8 ({problem}).") from None
