"""Which of a table's columns is the close: whose a column is comes before what it is called."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cryptoforecast.data.files.columns.bars import closes_inside
from cryptoforecast.data.files.columns.first_rows import Body
from cryptoforecast.data.files.headings.coins import CODES, as_symbol, is_same_coin
from cryptoforecast.data.files.headings.labels import AVERAGE, CLOSES, Label, is_weak, named, quoted, rank
from cryptoforecast.data.files.headings.vocabulary import ADJUSTED, CLOSE, DATE, TICKER, folded, kind_of, words_of
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

QUOTED = frozenset({"bid", "ask", "offer", "mid"})
TO_ONE = "set data.source.symbol to one of them"
LISTED = 12  # columns named in an error
ALIKE = 1.5  # how far apart, as a factor, two columns of closes of one series may usually be


class CloseColumn(NamedTuple):
    """Position of the close; ``why`` it, and a ``note`` to make."""

    at: int
    why: str = ""
    note: str = ""


def choose_close(
    table: str, labels: Sequence[Label], body: Body, knobs: Knobs, date: int, times: set[int]
) -> CloseColumn:
    """The column of the closes.

    Args:
        table: the table's name, for errors.
        labels: what the header says of its columns.
        body: the cells of its first rows.
        knobs: what the user has said of it.
        date: the column of the rows' dates.
        times: all columns of times, which are no closes unless the user says so.

    Raises:
        UserError: if there is none, or there are several and nothing tells which is wanted.
    """
    if knobs.column is not None:
        return _of_knob(table, labels, knobs.column, knobs.symbol, date)
    candidates = [at for at, of in enumerate(labels) if of.kind in CLOSES and at not in times]
    candidates = [at for at in candidates if body.are_numbers(at)] or candidates
    candidates = [at for at in candidates if not is_weak(labels[at])] or candidates
    if candidates:
        return _of_candidates(table, labels, body, candidates, knobs.symbol, times)
    if quoted_closes := [at for at, of in enumerate(labels) if at not in times and _is_quoted_close(of)]:
        if len(quoted_closes) > 1:
            _refuse(table, labels, quoted_closes)
        name = labels[quoted_closes[0]].shown
        return CloseColumn(quoted_closes[0], "the only close", f"the closes are those of {name}, no other being there.")
    if knobs.symbol is not None and (found := _called(labels, knobs.symbol, times)):
        return CloseColumn(_only(table, labels, found))
    return _by_numbers(table, labels, body, date, times, knobs.symbol)


def _quoted_beside(labels: Sequence[Label], date: int) -> str:
    return quoted([of for at, of in enumerate(labels) if at != date])


def _of_knob(table: str, labels: Sequence[Label], column: str, symbol: str | None, date: int) -> CloseColumn:
    found = named(labels, column)
    found = found or [at for at, of in enumerate(labels) if of.kind and of.kind == kind_of(column)]
    among = _quoted_beside(labels, date)
    if not found:
        raise UserError(f"{table}: no column {column!r} among {among}; set data.source.column to the one to use.")
    if found == [date]:
        raise UserError(
            f"{table}: the column {labels[found[0]].shown} holds the dates, and the closes are among {among}; "
            "set data.source.column to the one to use."
        )
    if len(found) > 1 and all(labels[at].symbol for at in found):
        found = _of_symbol(table, labels, found, symbol)
    return CloseColumn(_only(table, labels, found))


def _only(table: str, labels: Sequence[Label], found: Sequence[int]) -> int:
    if len(found) > 1:
        raise UserError(
            f"{table}: {len(found)} columns are called {labels[found[0]].text}; "
            "rename the one to use, or set data.source.column to another."
        )
    return found[0]


def _of_candidates(
    table: str, labels: Sequence[Label], body: Body, candidates: list[int], symbol: str | None, times: set[int]
) -> CloseColumn:
    """The best of the closes of one owner: the symbol's, else those that the header says to be nobody's else."""
    owned = [at for at in candidates if labels[at].symbol]
    unowned = [at for at in candidates if not labels[at].symbol]
    in_coins = [at for at in owned if folded(labels[at].symbol) in CODES]
    if in_coins and any(labels[at].currency for at in unowned):  # price_usd beside price_btc: a currency, or an owner
        _refuse(table, labels, [*unowned, *in_coins])
    asked_for = [at for at in owned if symbol and is_same_coin(labels[at].symbol, symbol)]
    if asked_for:
        group = (
            asked_for
            if len({as_symbol(labels[at].symbol) for at in asked_for}) == 1
            else _of_symbol(table, labels, asked_for, symbol)
        )
    elif unowned:
        group = unowned
    else:
        plain = [
            at for at, of in enumerate(labels) if of.text and not of.kind and at not in times and body.are_numbers(at)
        ]
        group = _of_symbol(table, labels, owned, symbol, [at for at in plain if not body.is_counter(at)])
    best = _best(table, labels, body, group)
    left = [at for at in candidates if at != best and labels[at].kind != ADJUSTED]
    others = [labels[at].shown for at in left]
    unusual = [labels[at].shown for at in left if at not in group]
    why = f"not {join_names(others)}" if others else ""
    note = f"the closes are those of {labels[best].shown}, {why}." if unusual and not asked_for else ""
    return CloseColumn(best, why, note)


def _is_quoted_close(of: Label) -> bool:
    """Whether a heading is that of the closes of bids, offers or their middle: BidClose."""
    rest = [word for word, *_ in words_of(of.text)]
    left = [word for word in rest if word not in QUOTED]
    return len(left) == len(rest) - 1 and kind_of("".join(left)) == CLOSE


def _of_symbol(
    table: str, labels: Sequence[Label], candidates: list[int], symbol: str | None, plain: Sequence[int] = ()
) -> list[int]:
    """The columns of the one owner that the symbol names, or of the only one there is.

    A refusal offers the plain columns of numbers, too, which may be a series each.
    """
    symbols = {at: labels[at].symbol for at in candidates}
    laws = (lambda of: of == symbol, lambda of: as_symbol(of) == as_symbol(symbol or ""), _alike(symbol))
    for law in laws if symbol else ():
        found = [at for at, of in symbols.items() if law(of)]
        if len({as_symbol(symbols[at]) for at in found}) == 1:
            return found
    if not symbol and len({as_symbol(of) for of in symbols.values()}) == 1:
        return candidates
    names = join_names(dict.fromkeys(symbols.values()), LISTED)
    if symbol:
        raise UserError(f"{table}: has closes of {names}; {symbol} is none of them; {TO_ONE}.")
    columns = join_names((labels[at].text for at in (*plain, *candidates)), LISTED)
    raise UserError(f"{table}: has closes of {names}; {TO_ONE}, or data.source.column to one of {columns}.")


def _alike(symbol: str | None):  # type: ignore[no-untyped-def]
    return lambda of: is_same_coin(of, symbol or "")


def _best(table: str, labels: Sequence[Label], body: Body, group: list[int]) -> int:
    """Of the closes of one owner the one of the first kind: close, price, adjusted close; in one currency only."""
    strong = [at for at in group if not is_weak(labels[at])] or group
    kind = next(kind for kind in CLOSES if any(labels[at].kind == kind for at in strong))
    of_kind = [at for at in strong if labels[at].kind == kind]
    texts = [folded(labels[at].text) for at in of_kind]
    if len(set(texts)) < len(texts):
        _only(table, labels, [at for at, text in zip(of_kind, texts, strict=True) if texts.count(text) > 1])
    currencies = {_currency(labels[at].currency) for at in of_kind}
    best = min(of_kind, key=lambda at: rank(labels[at]))
    rivals = [at for at in strong if at != best and labels[at].kind != ADJUSTED]
    if len(currencies) > 1 and not all(_are_same(body, best, at) for at in of_kind):
        _refuse(table, labels, of_kind)
    if not all(_are_alike(body, best, at) for at in rivals):
        _refuse(table, labels, [best, *rivals])
    return best


def _refuse(table: str, labels: Sequence[Label], found: Sequence[int], symbol: str | None = None) -> None:
    names = join_names((labels[at].shown for at in found), LISTED)
    not_called = f"none is called {symbol}; " if symbol else ""
    raise UserError(
        f"{table}: {len(found)} columns may be the close: {names}; {not_called}set data.source.column to one of them."
    )


def _currency(text: str) -> str:
    return {"$": "usd", "dollar": "usd", "dollars": "usd", "€": "eur", "euro": "eur"}.get(text, text)


def _are_same(body: Body, first: int, second: int) -> bool:
    one, other = body.numbers(first), body.numbers(second)
    return first == second or (
        one is not None and other is not None and bool(np.array_equal(one, other, equal_nan=True))
    )


def _are_alike(body: Body, first: int, second: int) -> bool:
    """Whether two columns are prices of about the same size; true where there are no numbers to compare."""
    one, other = body.numbers(first), body.numbers(second)
    if one is None or other is None:
        return True
    both = (one > 0) & (other > 0)
    return not both.any() or bool(1 / ALIKE < np.median(one[both] / other[both]) < ALIKE)


def _called(labels: Sequence[Label], symbol: str, times: set[int]) -> list[int]:
    """Columns called as the symbol is, as in a table with a column for each coin."""
    rest = [at for at in range(len(labels)) if at not in times]
    laws = (
        lambda text: text == symbol.strip(),
        lambda text: as_symbol(text) == as_symbol(symbol),
        lambda text: bool(text) and is_same_coin(text, symbol),
    )
    return next((found for law in laws if (found := [at for at in rest if law(labels[at].text)])), [])


def _by_numbers(
    table: str, labels: Sequence[Label], body: Body, date: int, times: set[int], symbol: str | None
) -> CloseColumn:
    """The only column that can be the closes: between low and high, or the only one of numbers."""
    rest = [at for at, of in enumerate(labels) if at not in times and body.are_numbers(at) and of.kind not in (TICKER,)]
    rest = [at for at in rest if not body.is_counter(at)]
    unknown = [at for at in rest if labels[at].kind in ("", DATE)]
    high, low = (_only_of(labels, rest, kind) for kind in ("High", "Low"))
    if high is not None and low is not None and (inside := _inside(body, unknown, high, low)):
        if len(inside) > 1:
            _refuse(table, labels, inside)
        name = labels[inside[0]].shown
        why = f"the only column between {labels[low].shown} and {labels[high].shown}"
        return CloseColumn(inside[0], why, f"the closes are those of {name}, {why}.")
    averages = [at for at in rest if labels[at].kind == AVERAGE]
    if len(found := unknown or averages) == 1 and all(labels[at].kind == "Volume" for at in rest if at not in found):
        return CloseColumn(found[0], "the only column of prices" if len(labels) > 2 else "")
    if body.rows and len(unknown) > 1:
        _refuse(table, labels, unknown, symbol)
    among = _quoted_beside(labels, date)
    raise UserError(f"{table}: no close column among {among}; set data.source.column to the one to use.")


def _only_of(labels: Sequence[Label], among: Sequence[int], kind: str) -> int | None:
    found = [at for at in among if labels[at].kind == kind and not labels[at].symbol]
    return found[0] if len(found) == 1 else None


def _inside(body: Body, unknown: Sequence[int], high: int, low: int) -> list[int]:
    top, bottom = body.numbers(high), body.numbers(low)
    if top is None or bottom is None:
        return []
    columns = {at: numbers for at in unknown if (numbers := body.numbers(at)) is not None}
    return closes_inside(columns, top, bottom)
