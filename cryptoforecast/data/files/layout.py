"""Where times and closes stand in a file, told by its first lines."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptoforecast.data.files.cells import is_date, is_epoch, is_number
from cryptoforecast.data.files.columns import Chosen, choose
from cryptoforecast.data.files.formats import name_of_format, name_without_header
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.lines import blank_lines, header_above, is_data, split_lines
from cryptoforecast.data.files.names import Label, label
from cryptoforecast.data.files.numbers import Decimal, decimal_of_table


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


def recognise(file: Path, head: Sequence[str], knobs: Knobs) -> Layout:
    """Find delimiter, header and columns.

    Args:
        file: for errors.
        head: the file's first lines.
        knobs: what the user has said of it.

    Raises:
        UserError: saying what is missing, or what there is too much of.
    """
    delimiter, rows = split_lines(file, head)
    first = next(at for at, (_, cells) in enumerate(rows) if is_data(cells))
    width, above = len(rows[first][1]), rows[:first]
    body = [cells for _, cells in rows[first:] if len(cells) == width]
    header = header_above(file, above, width)
    if header:
        labels = tuple(label([cell for row in header if (cell := row[at].strip())]) for at in range(width))
        labels = _name_unnamed_dates(labels, body)
        format = name_of_format([one.text for one in labels], len(header), " ".join(head[: first + 1]))
    else:
        format, labels = name_without_header(file, body)
    chosen = choose(str(file), labels, knobs)
    return Layout(
        format=format,
        delimiter=delimiter,
        columns=width,
        header_lines=rows[first - 1][0] if first else blank_lines(head),
        header_rows=first,
        names=tuple(one.text for one in labels),
        chosen=chosen,
        decimal=knobs.decimal or decimal_of_table(body, chosen.date),
        epochs=any(is_number(row[chosen.date]) for row in body),
    )


def _name_unnamed_dates(labels: tuple[Label, ...], body: list[list[str]]) -> tuple[Label, ...]:
    """An index that pandas wrote has no name; where nothing else is a date, the first column may be it."""
    first = labels[0]
    if any(one.kind == "date" for one in labels) or (first.text and not first.text.startswith("Unnamed")):
        return labels
    dated = all(is_date(cells[0]) or is_epoch(cells[0]) for cells in body)
    return (Label("(unnamed)", "date"), *labels[1:]) if dated else labels
