"""Tables that contradict themselves: two marks before decimals, closes that lie outside their bars."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cryptoforecast.data.files.cells.decimal_mark import Decimal, decimal_of
from cryptoforecast.data.files.cells.kinds import is_number
from cryptoforecast.data.files.columns.bars import WIDE, extremes
from cryptoforecast.data.files.columns.chosen import Chosen
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.headings.labels import AVERAGE, CLOSES, Label
from cryptoforecast.data.files.headings.vocabulary import CLOSE, PRICE
from cryptoforecast.errors import UserError

PRICES = (*CLOSES, AVERAGE, "Open", "High", "Low")
BARS = ("Open", "High", "Low")
FEWEST = 3  # rows by which bars are judged
FAR = 1.01  # times the high; and as small a part of the low


def refuse_two_marks(file: Path, labels: Sequence[Label], sample: FirstRows, close: int, times: Sequence[int]) -> None:
    """Refuse closes whose decimals follow one mark where all other columns, prices apart, have the other.

    A point that thousands had was taken for a decimal one on the way: 15.186 was 15186, and 16.830 is 16.83 now.

    Raises:
        UserError: naming a cell of each.
    """
    mark = _mark_of(sample, close)
    other_columns = [
        at for at, label in enumerate(labels) if label.kind not in PRICES and at not in times and sample.are_numbers(at)
    ]
    marks = {at: mark_of_other for at in other_columns if (mark_of_other := _mark_of(sample, at))}
    if not mark or not marks or mark in marks.values():
        return
    at, mark_of_other = next(iter(marks.items()))
    raise UserError(
        f"{file}: two marks before decimals, {mark!r} in the closes ({_cell_with(sample, close, mark)!r} of "
        f"{labels[close].shown}) and {mark_of_other!r} elsewhere ({_cell_with(sample, at, mark_of_other)!r} of "
        f"{labels[at].shown}); if the closes are right as they stand, set data.source.decimal to {mark!r}."
    )


def refuse_misplaced_close(file: Path, labels: Sequence[Label], sample: FirstRows, chosen: Chosen) -> None:
    """Refuse a header whose Close stands over dates: its names are over other columns than their own.

    Raises:
        UserError: naming the column.
    """
    over_dates = [label.shown for at, label in enumerate(labels) if label.kind == CLOSE and sample.are_times(at, label)]
    if over_dates and labels[chosen.close].kind != CLOSE:
        raise UserError(
            f"{file}: the column called {over_dates[0]} holds dates, so the header's names stand over other columns "
            "than their own; mend the header, or set data.source.column to the column of the closes."
        )


def refuse_closes_outside(file: Path, labels: Sequence[Label], sample: FirstRows, chosen: Chosen) -> None:
    """Refuse a table in which most closes are far above the high or below the low, or nearly all are the highest price.

    Names stand over other columns than their own, or numbers fell apart into several cells. Closes that lie a little
    outside are a vendor's.

    Raises:
        UserError: with the first such row.
    """
    close = labels[chosen.close]
    bars = [_only(labels, kind, close) for kind in BARS] if close.kind in (CLOSE, PRICE) else [None]
    places = [chosen.close, *(at for at in bars if at is not None)]
    columns = [numbers for at in places if (numbers := sample.numbers(at)) is not None]
    if len(columns) < 1 + len(BARS):
        return
    prices = np.column_stack(columns)
    prices[~(prices > 0).all(axis=1)] = np.nan
    closes, _, high, low = prices.T
    outside = (closes > high) | (closes < low)
    far = outside & ((closes > FAR * high) | (closes * FAR < low) | (high > WIDE * low))
    bars_there = int((~np.isnan(closes)).sum())
    named_wrongly = extremes(prices) not in (None, (2, 3)) and 2 * outside.sum() > bars_there
    if bars_there < FEWEST or not (2 * far.sum() > bars_there or named_wrongly):
        return
    row = int(outside.argmax())
    cells = ", ".join(f"{labels[at].shown} {sample.columns[at][row]}" for at in places[1:] + places[:1])
    raise UserError(
        f"{file}: in {outside.sum()} of the first {bars_there} rows the close is not between low and high, first on "
        f"{sample.columns[chosen.date][row]} ({cells}); mend the header or the marks in the numbers, or, to take a "
        "column as it is, set data.source.column to it."
    )


def _only(labels: Sequence[Label], kind: str, close: Label) -> int | None:
    """The one column of a kind that is of the close's series."""
    found = [
        at
        for at, label in enumerate(labels)
        if (label.kind, label.symbol, label.currency) == (kind, close.symbol, close.currency)
    ]
    return found[0] if len(found) == 1 else None


def _mark_of(sample: FirstRows, at: int) -> Decimal:
    return decimal_of(sample.columns[at])


def _cell_with(sample: FirstRows, at: int, mark: Decimal) -> str:
    return next((cell for cell in sample.columns[at] if is_number(cell) and decimal_of([cell]) == mark), "")
