"""The layout of a file, by its first lines: delimiter, header, and where times and closes are."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from cryptoforecast.data.files.cells.decimal_mark import Decimal, decimal_of_table
from cryptoforecast.data.files.cells.kinds import is_clock, is_number
from cryptoforecast.data.files.columns.chosen import Chosen, choose
from cryptoforecast.data.files.columns.contradictions import (
    refuse_closes_outside,
    refuse_misplaced_close,
    refuse_two_marks,
)
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.columns.no_header import with_bars, without_header
from cryptoforecast.data.files.columns.time_column import head_times
from cryptoforecast.data.files.columns.trades import refuse_quotes, refuse_trades
from cryptoforecast.data.files.headings.labels import Label, labels_of
from cryptoforecast.data.files.headings.vendors import name_of_format
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.lines.head import cells_of, split_head
from cryptoforecast.data.files.lines.line_kinds import LETTER, count_words
from cryptoforecast.data.files.lines.longer_header import say_cut


class Layout(NamedTuple):
    """How the rows of a file are to be read.

    ``header_lines`` come before the rows, ``header_rows`` of them not blank. Each row has ``columns`` cells; ``names``
    are the headings, ``chosen`` the columns wanted. ``decimal`` is the mark before decimals, empty if no cell tells.
    ``epochs`` tells whether times are numbers, ``date_words`` is the most words in a date, and ``dated`` tells whether
    dates are more than a time of day.
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
    date_words: int = 0
    dated: bool = True


def recognise(file: Path, head: Sequence[str], knobs: Knobs) -> Layout:
    """Find delimiter, header and columns.

    Args:
        file: for errors.
        head: the file's first lines.
        knobs: the settings of the reader.

    Raises:
        UserError: if a column is missing, or several may be it.
    """
    delimiter, header, body, header_lines, header_rows = split_head(file, head)
    width = len(body[0])
    ended = _without_unended(body, head, delimiter)
    decimal = knobs.decimal or decimal_of_table(ended, dates=-1)
    cells = FirstRows(body, decimal)
    if header:
        format, labels, note = _label(head[:header_lines], header, delimiter, cells, knobs)
    else:
        format, labels, note = _label_by_numbers(file, cells, knobs)
    if knobs.column is None:
        refuse_quotes(file, labels)
    refuse_trades(file, labels, cells, partial(head_times, labels, cells, knobs))
    chosen = choose(str(file), labels, knobs, cells)
    dates = [row[chosen.date] for row in body]
    if not knobs.decimal and any("." in cell for cell in dates):  # 2024.03 is a month
        decimal = decimal_of_table(ended, chosen.date)
    if ended is not body or decimal != cells.decimal:
        cells = FirstRows(ended, decimal)
    if not knobs.decimal:
        refuse_two_marks(file, labels, cells, chosen.close, chosen.stamps)
    if knobs.column is None:
        refuse_misplaced_close(file, labels, cells, chosen)
        refuse_closes_outside(file, labels, cells, chosen)
    return Layout(
        format=format,
        delimiter=delimiter,
        columns=width,
        header_lines=header_lines,
        header_rows=header_rows,
        names=tuple(label.shown for label in labels),
        chosen=chosen._replace(notes=(note, *chosen.notes)) if note else chosen,
        decimal=decimal,
        epochs=chosen.clock is None and any(map(is_number, dates)),
        date_words=max(map(count_words, dates)) if LETTER.search("".join(dates)) else 0,
        dated=2 * sum(map(is_clock, dates)) < len(body),
    )


def _label(
    above: Sequence[str], header: list[list[str]], delimiter: str, cells: FirstRows, knobs: Knobs
) -> tuple[str, tuple[Label, ...], str]:
    """The name of the format, the columns' labels by the header, and a note."""
    labels = labels_of(header, len(cells.rows[0]))
    format = name_of_format([label.text for label in labels], len(header), " ".join(above))
    labels, note = with_bars(labels, cells, knobs)
    last = [row.cells for row in cells_of(above, delimiter)][-1]
    return format, labels, note or say_cut(last, len(cells.rows[0]))


def _label_by_numbers(file: Path, cells: FirstRows, knobs: Knobs) -> tuple[str, tuple[Label, ...], str]:
    """The same for a file without a header."""
    unnamed = [Label("", "", number=at) for at in range(1, len(cells.rows[0]) + 1)]
    refuse_trades(file, unnamed, cells, partial(head_times, unnamed, cells, knobs))
    return without_header(file, cells, knobs)


def _without_unended(body: list[list[str]], head: Sequence[str], delimiter: str) -> list[list[str]]:
    """The rows without one that may be cut off: 43,8 may have been 43,888, and tells nothing of marks."""
    if len(body) < 2 or head[-1].endswith(("\n", "\r")):
        return body
    last = [row.cells for row in cells_of(head[-1:], delimiter)]
    return body[:-1] if last and last[0][: len(body[-1])] == body[-1] else body
