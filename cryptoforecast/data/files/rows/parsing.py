"""The wanted columns of a text file, parsed by pandas."""

from concurrent.futures import ThreadPoolExecutor
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.data.files.bytes.encodings import OddBytes
from cryptoforecast.data.files.bytes.open_file import is_plain, opened
from cryptoforecast.data.files.cells.jumps import SMALLEST_JUMP, largest_jump, leaps, may_be_thousands
from cryptoforecast.data.files.cells.numbers import NA_VALUES
from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.lines.head import SPACED_DELIMITERS
from cryptoforecast.data.files.parsed_cache import LARGE
from cryptoforecast.data.files.rows.row_shape import Lines, as_plain_csv, require_even_rows
from cryptoforecast.errors import UserError


def read_cells(file: Path, layout: Layout, knobs: Knobs) -> tuple[pd.DataFrame, Lines]:
    """Parse the wanted columns, by position, and count the lines; those of a large file in a second thread.

    Raises:
        UserError: naming a row of another length, or with the reason why pandas cannot read the file.
        OddBytes: if the file is not in UTF-8.
    """
    if layout.delimiter in SPACED_DELIMITERS:
        lines = require_even_rows(file, layout, knobs.encoding)
        return read_rows_alone(file, layout, knobs, lines), lines
    if file.stat().st_size < LARGE:
        lines = require_even_rows(file, layout, knobs.encoding)
        frame, problem = _try_types(file, layout, knobs)
    else:
        with ThreadPoolExecutor(1) as beside:
            counted = beside.submit(require_even_rows, file, layout, knobs.encoding)
            frame, problem = _try_types(file, layout, knobs)
            lines = counted.result()
    if lines.strays or (frame is None and lines.cut):  # a quote that is not closed
        return read_rows_alone(file, layout, knobs, lines), lines
    return _require_all(file, frame, lines, problem), lines


def read_rows_alone(file: Path, layout: Layout, knobs: Knobs, lines: Lines) -> pd.DataFrame:
    """Parse the wanted columns of the rows alone, without lines that are not rows.

    The index counts all lines below the header that are not blank.

    Raises:
        UserError: if pandas cannot read it.
    """
    frame, problem = _try_types(file, layout, knobs, rows_alone=True)
    rows = _require_all(file, frame, lines, problem)
    return rows.set_axis(np.delete(np.arange(lines.rows + len(lines.places)), lines.places)) if lines.places else rows


def _require_all(file: Path, frame: pd.DataFrame | None, lines: Lines, problem: str) -> pd.DataFrame:
    if frame is None:
        raise UserError(f"{file}: cannot be read as CSV ({problem}).")
    if len(frame) != lines.rows:
        raise UserError(f"{file}: {lines.rows} lines hold {len(frame)} rows; quotes or line ends are out of order.")
    return frame


def _try_types(file: Path, layout: Layout, knobs: Knobs, rows_alone: bool = False) -> tuple[pd.DataFrame | None, str]:
    """Parse the wanted columns: prices as numbers if possible, else as texts; and the reason if that fails.

    Times are tried as whole numbers first: epochs in nanoseconds have more digits than a float.
    """
    numbers: list[Any] = [str] if layout.decimal == "," else [np.float64, str]
    times: list[Any] = [str] if knobs.date_format is not None or not layout.epochs else [np.int64, np.float64, str]
    problem = ""
    for of_number, of_time in product(numbers, times):
        try:
            frame = _read_csv(file, layout, of_time, of_number, knobs.encoding, rows_alone)
            if of_number is str or not _may_be_thousands(frame, layout, knobs):
                return frame, ""
        except UserError:
            raise
        except UnicodeDecodeError:
            raise OddBytes from None
        except (ValueError, OverflowError) as failed:
            problem = str(failed).strip().rstrip(".")
    return None, problem


def _may_be_thousands(frame: pd.DataFrame, layout: Layout, knobs: Knobs) -> bool:
    """Whether closes must be read as texts: 1.012 beside 998 may be 1012, and 4e7 a damaged 417."""
    closes = frame[layout.chosen.close].to_numpy()
    if leaps(closes):
        return True
    if knobs.decimal is not None or not may_be_thousands(closes):
        return False
    return not layout.decimal or largest_jump(closes) > SMALLEST_JUMP


def _read_csv(
    file: Path, layout: Layout, times: Any, numbers: Any, encoding: str | None, rows_alone: bool
) -> pd.DataFrame:
    """Parse the wanted columns of the rows in given types; pandas opens plain files itself, which is faster."""
    chosen = layout.chosen
    types = {str(at): numbers for at in (chosen.close, *chosen.others.values())} | {str(chosen.date): times}
    types |= {} if chosen.clock is None else {str(chosen.clock): str}
    na_values: Any = NA_VALUES
    if chosen.ticker is not None:  # it may have such names
        na_values = dict.fromkeys(types, NA_VALUES)
        types[str(chosen.ticker)] = "str"  # as a category, 005930 would become 5930
    above = layout.header_rows - 1 if layout.header_rows and not rows_alone else None  # faster than skiprows
    rows = as_plain_csv(file, layout, encoding) if rows_alone else opened(file, encoding)
    with rows as content, np.errstate(invalid="ignore"):  # missing stamps are found later
        frame: pd.DataFrame = pd.read_csv(
            file if is_plain(content) else content,
            sep="," if rows_alone else layout.delimiter,
            header=above,
            names=[str(at) for at in range(layout.columns)],
            index_col=False,
            usecols=list(types),
            dtype=types,
            keep_default_na=False,
            na_values=na_values,
        )
    return frame.set_axis([int(name) for name in frame.columns], axis="columns")
