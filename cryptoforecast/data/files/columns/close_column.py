"""Which of a table's columns is the close: by its heading, by the symbol in its heading, else by its numbers."""

from collections.abc import Sequence

from cryptoforecast.data.files.columns.bars import closes_inside
from cryptoforecast.data.files.columns.close_candidates import (
    CloseColumn,
    choose_by_kind,
    columns_of_symbol,
    refuse_several,
    require_single,
)
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.headings.coins import as_symbol, is_same_coin
from cryptoforecast.data.files.headings.labels import AVERAGE, CLOSES, Label, is_weak, named, quoted
from cryptoforecast.data.files.headings.vocabulary import CLOSE, DATE, TICKER, kind_of, words_of
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.errors import UserError

QUOTE_WORDS = frozenset({"bid", "ask", "offer", "mid"})


def choose_close(
    table: str, labels: Sequence[Label], sample: FirstRows, knobs: Knobs, date: int, times: set[int]
) -> CloseColumn:
    """Choose the column of the closes.

    Args:
        table: the table's name, for errors.
        labels: what the header says of its columns.
        sample: the cells of its first rows.
        knobs: the settings of the reader.
        date: the column of the rows' dates.
        times: all columns of times; none of them is taken for the close unless the user names it.

    Raises:
        UserError: if there is none, or there are several and nothing tells which is wanted.
    """
    if knobs.column is not None:
        return _of_knob(table, labels, knobs.column, knobs.symbol, date)
    candidates = [at for at, label in enumerate(labels) if label.kind in CLOSES and at not in times]
    candidates = [at for at in candidates if sample.are_numbers(at)] or candidates
    candidates = [at for at in candidates if not is_weak(labels[at])] or candidates
    if candidates:
        return choose_by_kind(table, labels, sample, candidates, knobs.symbol, times)
    if quoted_closes := [at for at, label in enumerate(labels) if at not in times and _is_quoted_close(label)]:
        if len(quoted_closes) > 1:
            refuse_several(table, labels, quoted_closes)
        name = labels[quoted_closes[0]].shown
        return CloseColumn(quoted_closes[0], "the only close", f"the closes are those of {name}, no other being there.")
    if knobs.symbol is not None and (found := _called(labels, knobs.symbol, times)):
        return CloseColumn(require_single(table, labels, found))
    return _by_numbers(table, labels, sample, date, times, knobs.symbol)


def _quoted_beside(labels: Sequence[Label], date: int) -> str:
    return quoted([label for at, label in enumerate(labels) if at != date])


def _of_knob(table: str, labels: Sequence[Label], column: str, symbol: str | None, date: int) -> CloseColumn:
    found = named(labels, column)
    found = found or [at for at, label in enumerate(labels) if label.kind and label.kind == kind_of(column)]
    among = _quoted_beside(labels, date)
    if not found:
        raise UserError(f"{table}: no column {column!r} among {among}; set data.source.column to the one to use.")
    if found == [date]:
        raise UserError(
            f"{table}: the column {labels[found[0]].shown} holds the dates, and the closes are among {among}; "
            "set data.source.column to the one to use."
        )
    if len(found) > 1 and all(labels[at].symbol for at in found):
        found = columns_of_symbol(table, labels, found, symbol)
    return CloseColumn(require_single(table, labels, found))


def _is_quoted_close(label: Label) -> bool:
    """Whether a heading names the closes of bids, offers or mid prices, such as BidClose."""
    words = [word for word, *_ in words_of(label.text)]
    without_quoted = [word for word in words if word not in QUOTE_WORDS]
    return len(without_quoted) == len(words) - 1 and kind_of("".join(without_quoted)) == CLOSE


def _called(labels: Sequence[Label], symbol: str, times: set[int]) -> list[int]:
    """Columns whose headings are the symbol, as in a table with a column for each coin."""
    columns = [at for at in range(len(labels)) if at not in times]
    laws = (
        lambda text: text == symbol.strip(),
        lambda text: as_symbol(text) == as_symbol(symbol),
        lambda text: bool(text) and is_same_coin(text, symbol),
    )
    return next((found for law in laws if (found := [at for at in columns if law(labels[at].text)])), [])


def _by_numbers(
    table: str, labels: Sequence[Label], sample: FirstRows, date: int, times: set[int], symbol: str | None
) -> CloseColumn:
    """The close where no heading tells: the only column between low and high, or the only one of numbers.

    Raises:
        UserError: if there is no such column, or there are several.
    """
    columns = [
        at
        for at, label in enumerate(labels)
        if at not in times and sample.are_numbers(at) and label.kind not in (TICKER,)
    ]
    columns = [at for at in columns if not sample.is_counter(at)]
    unknown = [at for at in columns if labels[at].kind in ("", DATE)]
    high, low = (_only_of(labels, columns, kind) for kind in ("High", "Low"))
    if high is not None and low is not None and (inside := _inside(sample, unknown, high, low)):
        if len(inside) > 1:
            refuse_several(table, labels, inside)
        name = labels[inside[0]].shown
        why = f"the only column between {labels[low].shown} and {labels[high].shown}"
        return CloseColumn(inside[0], why, f"the closes are those of {name}, {why}.")
    averages = [at for at in columns if labels[at].kind == AVERAGE]
    if len(found := unknown or averages) == 1 and all(labels[at].kind == "Volume" for at in columns if at not in found):
        return CloseColumn(found[0], "the only column of prices" if len(labels) > 2 else "")
    if sample.rows and len(unknown) > 1:
        refuse_several(table, labels, unknown, symbol)
    among = _quoted_beside(labels, date)
    raise UserError(f"{table}: no close column among {among}; set data.source.column to the one to use.")


def _only_of(labels: Sequence[Label], among: Sequence[int], kind: str) -> int | None:
    found = [at for at in among if labels[at].kind == kind and not labels[at].symbol]
    return found[0] if len(found) == 1 else None


def _inside(sample: FirstRows, unknown: Sequence[int], high: int, low: int) -> list[int]:
    top, bottom = sample.numbers(high), sample.numbers(low)
    if top is None or bottom is None:
        return []
    columns = {at: numbers for at in unknown if (numbers := sample.numbers(at)) is not None}
    return closes_inside(columns, top, bottom)
