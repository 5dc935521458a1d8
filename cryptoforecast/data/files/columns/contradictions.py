"""Contradictions in a table: two marks before decimals, closes outside of their bars."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cryptoforecast.data.files.cells.decimal_mark import Decimal, decimal_of
from cryptoforecast.data.files.cells.kinds import is_number
from cryptoforecast.data.files.columns.bars import LARGEST_RANGE, extremes
from cryptoforecast.data.files.columns.chosen import Chosen
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.headings.labels import AVERAGE, CLOSES, Label
from cryptoforecast.data.files.headings.vocabulary import CLOSE, PRICE
from cryptoforecast.errors import UserError

PRICES = (*CLOSES, AVERAGE, "Open", "High", "Low")
BARS = ("Open", "High", "Low")
FEWEST_BARS = 3  # by which columns are judged
OUTSIDE_FACTOR = 1.01  # of the high, or of the low: the close is far outside


def refuse_two_marks(file: Path, labels: Sequence[Label], sample: FirstRows, close: int, times: Sequence[int]) -> None:
    """Refuse closes with one mark before decimals, if all columns that are not prices have the other.

    Some program took points of thousands for decimal ones: 15.186 was 15186, and 16.830 has become 16.83.

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
    """Refuse a header whose Close is above dates: its names are not above their columns.

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
    """Refuse a table in which most closes are far outside of low and high, or nearly all are the highest price.

    Then names are not above their columns, or numbers were split into several cells. Vendors do have closes that are
    slightly outside.

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
    far = outside & ((closes > OUTSIDE_FACTOR * high) | (closes * OUTSIDE_FACTOR < low) | (high > LARGEST_RANGE * low))
    bars_there = int((~np.isnan(closes)).sum())
    named_wrongly = extremes(prices) not in (None, (2, 3)) and 2 * outside.sum() > bars_there
    if bars_there < FEWEST_BARS or not (2 * far.sum() > bars_there or named_wrongly):
        return
    row = int(outside.argmax())
    cells = ", ".join(f"{labels[at].shown} {sample.columns[at][row]}" for at in places[1:] + places[:1])
    raise UserError(
        f"{file}: in {outside.sum()} of the first {bars_there} rows the close is not between low and high, first on "
        f"{sample.columns[chosen.date][row]} ({cells}); mend the header or the marks in the numbers, or, to take a "
        "column as it is, set data.source.column to it."
    )


def _only(labels: Sequence[Label], kind: str, close: Label) -> int | None:
    """The only column of a kind with the symbol and currency of the close; None if there are none or several."""
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
