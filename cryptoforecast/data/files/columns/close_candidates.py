"""Columns that their headings call closes: which of them is the close of the series."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.headings.coins import CODES, as_symbol, is_same_coin
from cryptoforecast.data.files.headings.labels import CLOSES, Label, is_weak, rank
from cryptoforecast.data.files.headings.vocabulary import ADJUSTED, folded
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

TO_ONE = "set data.source.symbol to one of them"
LISTED_COLUMNS = 12  # columns named in an error
LARGEST_RATIO = 1.5  # of two columns of closes of one series, in the median


class CloseColumn(NamedTuple):
    """The column of the closes.

    ``at`` is its position; ``why`` says what spoke for it, ``note`` what the user is told of the choice.
    """

    at: int
    why: str = ""
    note: str = ""


def choose_by_kind(
    table: str, labels: Sequence[Label], sample: FirstRows, candidates: list[int], symbol: str | None, times: set[int]
) -> CloseColumn:
    """Choose among columns that are called close, price or adjusted close.

    Columns of the asked symbol come first, then those whose heading names no symbol.

    Raises:
        UserError: if several remain that differ.
    """
    owned = [at for at in candidates if labels[at].symbol]
    unowned = [at for at in candidates if not labels[at].symbol]
    in_coins = [at for at in owned if folded(labels[at].symbol) in CODES]
    if in_coins and any(
        labels[at].currency for at in unowned
    ):  # price_usd beside price_btc: in bitcoins, or those of bitcoin
        refuse_several(table, labels, [*unowned, *in_coins])
    asked_for = [at for at in owned if symbol and is_same_coin(labels[at].symbol, symbol)]
    if asked_for:
        group = (
            asked_for
            if len({as_symbol(labels[at].symbol) for at in asked_for}) == 1
            else columns_of_symbol(table, labels, asked_for, symbol)
        )
    elif unowned:
        group = unowned
    else:
        plain_columns = [
            at
            for at, label in enumerate(labels)
            if label.text and not label.kind and at not in times and sample.are_numbers(at)
        ]
        group = columns_of_symbol(
            table, labels, owned, symbol, [at for at in plain_columns if not sample.is_counter(at)]
        )
    best = _best(table, labels, sample, group)
    remaining = [at for at in candidates if at != best and labels[at].kind != ADJUSTED]
    shown_remaining = [labels[at].shown for at in remaining]
    unusual = [labels[at].shown for at in remaining if at not in group]
    why = f"not {join_names(shown_remaining)}" if shown_remaining else ""
    note = f"the closes are those of {labels[best].shown}, {why}." if unusual and not asked_for else ""
    return CloseColumn(best, why, note)


def columns_of_symbol(
    table: str, labels: Sequence[Label], candidates: list[int], symbol: str | None, plain: Sequence[int] = ()
) -> list[int]:
    """The candidates of one series: of the asked symbol, or of the only symbol that headings name.

    Args:
        table: the table's name, for errors.
        labels: what the header says of its columns.
        candidates: positions of columns whose headings name a symbol.
        symbol: the one asked for, if any.
        plain: positions of further columns of numbers, which the error offers as well.

    Raises:
        UserError: if the symbol is none of those there are, or several are there and none is asked for.
    """
    symbols = {at: labels[at].symbol for at in candidates}
    comparisons: tuple[Callable[[str], bool], ...] = (
        lambda name: name == symbol,
        lambda name: as_symbol(name) == as_symbol(symbol or ""),
        lambda name: is_same_coin(name, symbol or ""),
    )
    for is_symbol in comparisons if symbol else ():
        found = [at for at, name in symbols.items() if is_symbol(name)]
        if len({as_symbol(symbols[at]) for at in found}) == 1:
            return found
    if not symbol and len({as_symbol(name) for name in symbols.values()}) == 1:
        return candidates
    names = join_names(dict.fromkeys(symbols.values()), LISTED_COLUMNS)
    if symbol:
        raise UserError(f"{table}: has closes of {names}; {symbol} is none of them; {TO_ONE}.")
    columns = join_names((labels[at].text for at in (*plain, *candidates)), LISTED_COLUMNS)
    raise UserError(f"{table}: has closes of {names}; {TO_ONE}, or data.source.column to one of {columns}.")


def _best(table: str, labels: Sequence[Label], sample: FirstRows, group: list[int]) -> int:
    """Choose among the closes of one series: close before price before adjusted close, in one currency.

    Raises:
        UserError: if several may be the close and their numbers differ.
    """
    strong = [at for at in group if not is_weak(labels[at])] or group
    kind = next(kind for kind in CLOSES if any(labels[at].kind == kind for at in strong))
    of_kind = [at for at in strong if labels[at].kind == kind]
    texts = [folded(labels[at].text) for at in of_kind]
    if len(set(texts)) < len(texts):
        require_single(table, labels, [at for at, text in zip(of_kind, texts, strict=True) if texts.count(text) > 1])
    currencies = {_currency(labels[at].currency) for at in of_kind}
    best = min(of_kind, key=lambda at: rank(labels[at]))
    rivals = [at for at in strong if at != best and labels[at].kind != ADJUSTED]
    if len(currencies) > 1 and not all(_are_same(sample, best, at) for at in of_kind):
        refuse_several(table, labels, of_kind)
    if not all(_are_alike(sample, best, at) for at in rivals):
        refuse_several(table, labels, [best, *rivals])
    return best


def _are_same(sample: FirstRows, first: int, second: int) -> bool:
    first_numbers, second_numbers = sample.numbers(first), sample.numbers(second)
    return first == second or (
        first_numbers is not None
        and second_numbers is not None
        and bool(np.array_equal(first_numbers, second_numbers, equal_nan=True))
    )


def _are_alike(sample: FirstRows, first: int, second: int) -> bool:
    """Whether two columns are of about the same size; true where there are no numbers to compare."""
    first_numbers, second_numbers = sample.numbers(first), sample.numbers(second)
    if first_numbers is None or second_numbers is None:
        return True
    both = (first_numbers > 0) & (second_numbers > 0)
    return not both.any() or bool(
        1 / LARGEST_RATIO < np.median(first_numbers[both] / second_numbers[both]) < LARGEST_RATIO
    )


def _currency(text: str) -> str:
    return {"$": "usd", "dollar": "usd", "dollars": "usd", "€": "eur", "euro": "eur"}.get(text, text)


def require_single(table: str, labels: Sequence[Label], found: Sequence[int]) -> int:
    """Return the position of the only column that was found.

    Raises:
        UserError: if there are several of one name.
    """
    if len(found) > 1:
        raise UserError(
            f"{table}: {len(found)} columns are called {labels[found[0]].text}; "
            "rename the one to use, or set data.source.column to another."
        )
    return found[0]


def refuse_several(table: str, labels: Sequence[Label], found: Sequence[int], symbol: str | None = None) -> None:
    """Refuse several columns of which each may be the close.

    Raises:
        UserError: always, naming them.
    """
    names = join_names((labels[at].shown for at in found), LISTED_COLUMNS)
    not_called = f"none is called {symbol}; " if symbol else ""
    raise UserError(
        f"{table}: {len(found)} columns may be the close: {names}; {not_called}set data.source.column to one of them."
    )
