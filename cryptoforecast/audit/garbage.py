"""Garbage instead of the future: in a close series, and in the price file from which it is read."""

import csv
import io
import re
import shutil
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float64

from cryptoforecast.data.files.bytes.open_file import encoding_of, head_of, opened, packing
from cryptoforecast.data.files.bytes.packing import COLUMNAR, pack
from cryptoforecast.data.files.cells.kinds import is_number
from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.columns.layout import Layout, recognise
from cryptoforecast.data.files.dates.clocks import join_clock
from cryptoforecast.data.files.dates.read_times import read_times
from cryptoforecast.data.files.headings.labels import label_of
from cryptoforecast.data.files.headings.vocabulary import CLOCK, DATE, TICKER
from cryptoforecast.data.files.knobs import Knobs, knobs_of
from cryptoforecast.data.files.lines.head import delimiter_to_write
from cryptoforecast.data.files.rows.row_shape import rows_of
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.sources.with_columns import WithColumns
from cryptoforecast.errors import UserError

NO_DELAY = pd.Timedelta(0)
LARGEST = 1 << 26  # bytes; each border takes a copy
PLAIN = re.compile(r"[-+]?(\d+|\d*\.\d+|\d+\.\d*)([eE][-+]?\d+)?")
OTHER_DIGITS = str.maketrans("123456789", "791824356")  # zero stays: 28,420.0 and 28420 are one number afterwards too
TIMES = re.compile(r"date|time|stamp|unix|epoch|unnamed", re.IGNORECASE)  # columns that are left as they are


def factors(count: int) -> Float64[np.ndarray, " bars"]:
    """What turns bars into garbage: 3 to 55 times what they were and as small a part of it, in turn.

    The prices of a bar are multiplied by the same, so that its high stays above its low.
    """
    sizes = np.exp(np.random.default_rng(0).uniform(1.0, 4.0, count))
    return np.where(np.arange(count) % 2, 1 / sizes, sizes)


def with_garbage(series: CloseSeries, border: pd.Timestamp) -> CloseSeries:
    """The same series, each bar from a border on being garbage; its times stay."""
    factor = np.where(series.closes.index >= border, factors(len(series.closes)), 1.0)
    columns = series.others
    if columns is not None:  # what is known beforehand does not change with the future
        columns = columns.apply(lambda column: column if column.name in series.known else column * factor)
    return series._replace(closes=series.closes * factor, others=columns)


class PriceFile:
    """A price file, to be written again with garbage in its later rows.

    Args:
        file: any file that ``CsvSource`` recognises, but no Parquet and none above 64 MiB.
        knobs: what the user has said of it.
        delay: how long after its time a row is known: such rows are garbage too that are known from a border on.
        kept: headings of columns that are known in advance, and stay as they are.
        joined: whether its columns are joined to the closes of another file.

    Raises:
        UserError: if its rows cannot be told.
    """

    def __init__(
        self,
        file: Path,
        knobs: Knobs = Knobs(),  # noqa: B008 (it cannot change)
        delay: pd.Timedelta = NO_DELAY,
        kept: Collection[str] = (),
        joined: bool = False,
    ) -> None:
        self.file, self.joined, self._delay = file, joined, delay
        self._packing = packing(file)
        if self._packing in COLUMNAR:
            raise UserError(f"{file.name} is {self._packing}, which is not written anew")
        if file.stat().st_size > LARGEST:
            raise UserError(f"{file.name} is larger than {LARGEST >> 20} MiB and is not written anew")
        self._encoding = encoding_of(file, knobs.encoding, search_all=True)
        knobs = knobs._replace(encoding=self._encoding)
        layout = recognise(file, head_of(file, knobs.encoding), knobs)
        with opened(file, knobs.encoding) as content:
            self._lines = io.StringIO(content.read().decode("utf-8-sig"), newline="").readlines()
        rows = list(rows_of(file, layout, knobs.encoding))
        self._numbers = np.array([line - 1 for line, _ in rows])
        dates = _dates(rows, layout)
        try:
            self.times = read_times(dates, knobs.date_format).times
        except Unreadable as problem:
            raise UserError(f"a date in {file.name} is {problem}") from None
        self.held = np.array([_holds(cells, layout.chosen.close) for _, cells in rows])  # rows that have a close
        unchanged = {at for at, name in enumerate(layout.names) if _is_kept(name) or name in kept}
        unchanged |= {
            layout.chosen.date,
            *layout.chosen.texts,
            *([] if layout.chosen.clock is None else [layout.chosen.clock]),
        }
        _, bars = np.unique(self.times.asi8, return_inverse=True)  # rows of one bar stay rows of one bar
        factor = factors(len(rows))[bars]
        self._garbled = [
            _garbled(cells, unchanged, float(by), delimiter_to_write(layout.delimiter), self._lines[line - 1])
            for (line, cells), by in zip(rows, factor, strict=True)
        ]

    def write(self, path: Path, since: pd.Timestamp) -> None:
        """Write the file with garbage in each row dated ``since`` or later, packed and aged as the file itself."""
        lines = list(self._lines)
        for row in np.flatnonzero(self.times >= since - self._delay):
            lines[self._numbers[row]] = self._garbled[row]
        content = "".join(lines).encode(self._encoding)
        path.write_bytes(pack(content, self._packing, f"{self.file.stem}.csv"))
        shutil.copystat(self.file, path)  # whether its last bar was over is told by when it was written


def file_of(source: Source, file: Path) -> PriceFile:
    """A file of a source: how its rows are told, from when on they are garbage and in which columns, the source says.

    Raises:
        UserError: if its rows cannot be told.
    """
    if not isinstance(source, WithColumns):
        return PriceFile(file, knobs_of(source))
    return PriceFile(file, source.reader(), source.delay, source.known or (), joined=True)


def _dates(rows: list[tuple[int, list[str]]], layout: Layout) -> pd.Series:
    """The stamps of the rows, with those of a clock beside them; none where a row is not whole."""
    whole = [cells if len(cells) == layout.columns else [""] * layout.columns for _, cells in rows]
    days = pd.Series([cells[layout.chosen.date] for cells in whole])
    clock = layout.chosen.clock
    return days if clock is None else join_clock(days, pd.Series([cells[clock] for cells in whole]))


def _is_kept(name: str) -> bool:
    return not name or bool(TIMES.search(name)) or label_of([name]).kind in (DATE, CLOCK, TICKER)


def _holds(cells: list[str], close: int) -> bool:
    return len(cells) > close and is_number(cells[close])


def _garbled(cells: list[str], kept: set[int], factor: float, delimiter: str, line: str) -> str:
    written = io.StringIO()
    changed = [cell if at in kept else garbled_cell(cell, factor) for at, cell in enumerate(cells)]
    csv.writer(written, delimiter=delimiter, lineterminator="").writerow(changed)
    return written.getvalue() + line[len(line.rstrip("\r\n")) :]


def garbled_cell(cell: str, factor: float) -> str:
    """Another number in the place of one, written in the same way; what is no number stays.

    >>> garbled_cell("457.33", 10.0), garbled_cell("28,420.0", 10.0), garbled_cell("BTC-USD", 10.0)
    ('4573.3', '95,890.0', 'BTC-USD')
    """
    text = cell.strip()
    if PLAIN.fullmatch(text):
        number = float(text) * factor
        if text.lstrip("+-").isdigit():
            return str(round(number) or round(float(text)))
        return str(np.format_float_positional(number, precision=12, fractional=False, trim="0"))
    return cell.translate(OTHER_DIGITS) if is_number(text) else cell
