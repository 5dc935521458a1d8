"""Which of a table's columns are wanted."""

from collections.abc import Sequence
from typing import NamedTuple

from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.names import CLOSES, DATE, TICKER, Label, as_symbol, kind_of, plain, rank
from cryptoforecast.errors import UserError
from cryptoforecast.words import listed

LISTED = 12  # columns named in an error


class Chosen(NamedTuple):
    """Positions of the columns wanted.

    ``others`` are those beside the close, by name; ``ticker`` is the column that names each row's series, if there is
    one; ``symbol`` is the series' name where the header says it, else empty.
    """

    date: int
    close: int
    others: dict[str, int]
    ticker: int | None
    symbol: str


def choose(table: str, labels: Sequence[Label], knobs: Knobs) -> Chosen:
    """Choose date, close and further columns.

    Args:
        table: the table's name, for errors.
        labels: its columns.
        knobs: what the user has said of it.

    Raises:
        UserError: saying what is missing, or what there is too much of.
    """
    dates = [at for at, one in enumerate(labels) if one.kind == DATE]
    if not dates:
        raise UserError(
            f"{table}: no date column among {_found(labels)}; the header must name one, such as Date or Timestamp."
        )
    date = min(dates, key=lambda at: rank(labels[at]))
    close = _close(table, labels, dates, knobs.column, knobs.symbol)
    own = labels[close].symbol
    tickers = [at for at, one in enumerate(labels) if one.kind == TICKER and not one.symbol]
    further = {name: _further(table, labels, name, own) for name in knobs.others}
    return Chosen(date, close, further, tickers[0] if tickers else None, own)


def _close(table: str, labels: Sequence[Label], dates: list[int], column: str | None, symbol: str | None) -> int:
    candidates = _named(labels, column) if column is not None else _usual(labels, dates, symbol)
    if not candidates:
        wanted = "close column" if column is None else f"column {column!r}"
        raise UserError(f"{table}: no {wanted} among {_found(labels)}; set data.source.column to the one to use.")
    if len(candidates) > 1:
        candidates = _of_symbol(table, labels, candidates, symbol)
    if len(candidates) > 1:
        raise UserError(
            f"{table}: {len(candidates)} columns are called {labels[candidates[0]].text}; "
            "set data.source.column to one that stands once."
        )
    return candidates[0]


def _named(labels: Sequence[Label], column: str) -> list[int]:
    exact = [at for at, one in enumerate(labels) if one.text == column.strip()]
    whole = exact or [at for at, one in enumerate(labels) if as_symbol(one.text) == as_symbol(column)]
    return whole or [at for at, one in enumerate(labels) if one.kind and one.kind == kind_of(column)]


def _usual(labels: Sequence[Label], dates: list[int], symbol: str | None) -> list[int]:
    """The columns of the first kind there is: close, price, adjusted close; else one that is called as the symbol."""
    for kind in CLOSES:
        of_kind = [at for at, one in enumerate(labels) if one.kind == kind]
        if of_kind:
            unowned = [at for at in of_kind if not labels[at].symbol]
            return [min(unowned, key=lambda at: rank(labels[at]))] if unowned and _differ(labels, unowned) else of_kind
    if symbol is not None:
        exact = [at for at, one in enumerate(labels) if one.text == symbol.strip()]
        if own := exact or [at for at, one in enumerate(labels) if as_symbol(one.text) == as_symbol(symbol)]:
            return own
    rest = [at for at in range(len(labels)) if at not in dates]
    return rest if len(labels) == 2 and len(rest) == 1 and not labels[rest[0]].kind else []


def _differ(labels: Sequence[Label], candidates: list[int]) -> bool:
    names = [plain(labels[at].text) for at in candidates]
    return len(set(names)) == len(names)


def _of_symbol(table: str, labels: Sequence[Label], candidates: list[int], symbol: str | None) -> list[int]:
    symbols = {at: labels[at].symbol for at in candidates}
    if not all(symbols.values()):
        return candidates
    wanted = plain(symbol or "")
    exact = [at for at, of in symbols.items() if of == symbol]
    named = [at for at, of in symbols.items() if as_symbol(of) == as_symbol(symbol or "")]
    alike = [
        at for at, of in symbols.items() if wanted and (plain(of).startswith(wanted) or wanted.startswith(plain(of)))
    ]
    for own in (exact, named, alike):  # BTC-USD may be asked for where the file says BTC
        if len(own) == 1:
            return own
    remedy = f"{symbol} is none of them" if symbol else "set data.source.symbol to one of them"
    raise UserError(f"{table}: has closes of {listed(symbols.values())}; {remedy}.")


def _found(labels: Sequence[Label]) -> str:
    return listed((one.text or "(unnamed)" for one in labels), LISTED)


def _further(table: str, labels: Sequence[Label], name: str, symbol: str) -> int:
    found = [at for at, one in enumerate(labels) if one.kind == name and one.symbol in (symbol, "")]
    if not found:
        raise UserError(f"{table}: no {name} among {_found(labels)}; leave {name} out of data.columns.")
    return min(found, key=lambda at: (labels[at].symbol != symbol, rank(labels[at])))
