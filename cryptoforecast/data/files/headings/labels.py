"""Labels: the kind of a column, its symbol and its currency by its heading."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from cryptoforecast.data.files.headings.coins import CURRENCIES, as_symbol
from cryptoforecast.data.files.headings.vocabulary import (
    ADJUSTED,
    ADJUSTING,
    CLOSE,
    CURRENCY_WORDS,
    DATE,
    DERIVED,
    FILLER_WORDS,
    PRICE,
    TICKER,
    folded,
    is_average,
    is_derived,
    is_time,
    kind_of,
    place_of,
    words,
    words_of,
)
from cryptoforecast.formatting import join_names

CLOSES = (CLOSE, PRICE, ADJUSTED)
AVERAGE = "average"
COLUMNS_LISTED = 12  # in an error
OF_BARS = (*CLOSES, "Open", "High", "Low", "Volume")
_WEAK = frozenset(
    map(folded, words("value valor wert valeur valore wartosc 値 值 son ar gia mo cao cl op hi lo min max"))
)
_PAIR = re.compile(r"\('(.*)', '(.*)'\)")  # a column of two levels, as pandas writes it into one line
_MARKS = " \t:_.|()[]-/,"


class Label(NamedTuple):
    """What the header says of a column.

    ``text`` is its heading, ``kind`` what it holds, ``symbol`` its series and ``currency`` that of its prices; each is
    empty if not known. ``number`` is that of a column without a heading, from 1.
    """

    text: str
    kind: str
    symbol: str = ""
    currency: str = ""
    number: int = 0

    @property
    def shown(self) -> str:
        """The column's name in reports and errors."""
        return self.text or f"column {self.number}"


def labels_of(header: Sequence[Sequence[str]], width: int) -> tuple[Label, ...]:
    """The labels of all columns; a path that all headings begin with is ignored."""
    columns = [[cell for row in header if (cell := row[at].strip())] for at in range(width)]
    paths = {cells[0].partition("/")[0] if cells and "/" in cells[0] else "" for cells in columns}
    if len(header) > 1 or len(paths) != 1 or width < 2 or not (path := paths.pop()):
        return tuple(label_of(cells)._replace(number=0 if cells else at) for at, cells in enumerate(columns, start=1))
    return tuple(label_of([cells[0].removeprefix(f"{path}/")])._replace(text=cells[0]) for cells in columns)


def label_of(cells: Sequence[str]) -> Label:
    """The label of a column by the header's cells above it.

    >>> label_of(["Close"]).kind, label_of(["Close", "BTC-USD"]).symbol, label_of(["LTC-USD_Close"]).symbol
    ('close', 'BTC-USD', 'LTC-USD')
    >>> label_of(["close (USD)"]), label_of(["prev_close"]).kind
    (Label(text='close (USD)', kind='close', symbol='', currency='usd', number=0), 'derived')
    """
    if len(cells) == 1 and (pair := _PAIR.fullmatch(cells[0])):
        return label_of([part for part in pair.groups() if part])._replace(text=cells[0])
    kinds = {cell: kind for cell in cells if (kind := kind_of(cell))}
    if len(cells) > 1 and DATE in kinds.values():  # above a counter or the dates stand the names of the header's rows
        return Label(next(cell for cell, kind in kinds.items() if kind == DATE), DATE)
    if len(cells) > 1 and kinds:
        name, kind = next(iter(kinds.items()))
        symbols = [cell for cell in cells if cell != name]
        return Label(name, "" if TICKER in kinds.values() else kind, " ".join(symbols))
    text = " ".join(cells)
    return Label(text, next(iter(kinds.values()))) if kinds else _by_words(text)


def rank(label: Label) -> tuple[int, int]:
    """The sort key by which the preferred names of a kind come first, then unknown ones by length."""
    place = place_of(label.text, label.kind) if label.kind in (DATE, TICKER, *OF_BARS) else None
    return (0, place) if place is not None else (1, len(label.text))


def is_weak(label: Label) -> bool:
    """Whether a heading means a price only if no other does: a value may be a turnover."""
    return folded(label.text) in _WEAK


def _by_words(text: str) -> Label:
    """The label by a heading of several words: some tell the kind, the others the symbol or the currency."""
    found = words_of(text)
    if "/" in text and found and len(found[0][0]) == 1:  # o/price
        return _by_words(text.partition("/")[2])._replace(text=text)
    runs = [
        (first, last, kind)
        for first in range(len(found))
        for last in range(first + 1, min(first + 4, len(found)) + 1)
        if (kind := _kind_of_words(found[first:last]))
    ]
    if is_derived(text):
        return Label(text, DERIVED)
    if is_time(text):
        return Label(text, "")
    if is_average(text):
        return Label(text, AVERAGE)
    if not runs:
        return Label(text, "")
    first, last, kind = max(runs, key=lambda run: (run[1] - run[0], run[1]))
    other_words = found[:first] + found[last:]
    if kind in CLOSES and any(word in ADJUSTING for word, *_ in other_words):
        kind, other_words = ADJUSTED, [word for word in other_words if word[0] not in ADJUSTING]
    if {_kind_of_words([word]) for word in other_words if word[0] not in FILLER_WORDS} - {kind, ""}:
        return Label(text, "")
    before, after = text[: found[first][1]].strip(_MARKS), text[found[last - 1][2] :].strip(_MARKS)
    symbols = [part for part in (before, after) if not _says_nothing(part)]
    currencies = [word for word, _, _ in other_words if word in CURRENCIES or word in CURRENCY_WORDS]
    return Label(
        text, kind, " ".join(symbols), "" if symbols and len(other_words) == len(currencies) else " ".join(currencies)
    )


def _kind_of_words(found: Sequence[tuple[str, int, int]]) -> str:
    name = "".join(word for word, _, _ in found)
    if name in _WEAK or len(name) < 2:
        return ""
    kind = kind_of(name)
    return kind if kind in OF_BARS else ""


def _says_nothing(part: str) -> bool:
    """Whether the words beside a kind name no symbol: there are none, or only filler words and currencies."""
    return all(word in (FILLER_WORDS | ADJUSTING | CURRENCIES | CURRENCY_WORDS) for word, _, _ in words_of(part))


def named(labels: Sequence[Label], name: str) -> list[int]:
    """Positions of the columns with a name: exactly, else in another case, else by number from 1.

    A number names a column without a heading only.
    """
    exact = [at for at, label in enumerate(labels) if name.strip() in (label.text, label.shown)]
    found = exact or [at for at, label in enumerate(labels) if label.text and as_symbol(label.text) == as_symbol(name)]
    found = found or [
        at for at, label in enumerate(labels) if folded(label.text) and folded(label.text) == folded(name)
    ]
    return found or [at for at, label in enumerate(labels) if label.number and str(label.number) == name.strip()]


def quoted(labels: Sequence[Label]) -> str:
    """The names of columns in an error."""
    return join_names((label.shown for label in labels), COLUMNS_LISTED)
