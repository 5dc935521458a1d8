"""The chosen columns of a table: times, closes, further ones, and those that name each row's series."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import NamedTuple

from cryptoforecast.data.files.cells.kinds import is_date, is_number
from cryptoforecast.data.files.columns.close_column import choose_close
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.columns.time_column import choose_time
from cryptoforecast.data.files.headings.coins import CODES, is_same_coin
from cryptoforecast.data.files.headings.labels import OF_BARS, Label, named, quoted, rank
from cryptoforecast.data.files.headings.vocabulary import DERIVED, TICKER, folded
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.series import FURTHER_COLUMNS
from cryptoforecast.errors import UserError

MOST_DIFFERENT = 0.5  # texts per row of a column that names series
NO_ROWS = FirstRows(())
HALF = 0.5  # of the cells: then a column has numbers or dates, and no names


class Chosen(NamedTuple):
    """Positions of the columns wanted.

    ``others`` are those beside the close, by name. ``ticker`` names each row's series, ``clock`` has the times of day
    of the dates; both may be None. ``symbol`` is the series' name in the header, else empty. ``texts`` are columns that
    may name each row's series if ``ticker`` does not, ``words`` those of them without numbers. ``why`` says what spoke
    for the ``time`` and the ``close``, ``notes`` what the user is told of that.
    """

    date: int
    close: int
    others: dict[str, int]
    ticker: int | None
    symbol: str
    clock: int | None = None
    texts: tuple[int, ...] = ()
    words: tuple[int, ...] = ()
    why: dict[str, str] = {}  # noqa: RUF012 (it is not changed)
    notes: tuple[str, ...] = ()

    @property
    def stamps(self) -> list[int]:
        """The columns of the time: one, or the dates and the clock."""
        return [self.date] if self.clock is None else [self.date, self.clock]

    @property
    def needed(self) -> tuple[int, ...]:
        """The columns that each row must have."""
        return (*self.stamps, self.close, *self.others.values())


def choose(table: str, labels: Sequence[Label], knobs: Knobs, sample: FirstRows = NO_ROWS) -> Chosen:
    """Choose date, close and further columns.

    Args:
        table: the table's name, for errors.
        labels: its columns.
        knobs: the settings of the reader.
        sample: its first rows, if known.

    Raises:
        UserError: saying what is missing, or what there is too much of.
    """
    time = choose_time(table, labels, sample, knobs)
    times = {at for at, label in enumerate(labels) if sample.are_times(at, label) or sample.are_clocks(at, label)}
    times.add(time.at)
    close = choose_close(table, labels, sample, knobs, time.at, times)
    symbol = labels[close.at].symbol
    tickers = [
        at
        for at, label in enumerate(labels)
        if label.kind == TICKER and not label.symbol and at not in (*times, close.at)
    ]
    tickers = sorted(tickers, key=lambda at: rank(labels[at])) or [
        at
        for at, label in enumerate(labels)
        if at not in (*times, close.at) and sample.are_coins(at) and label.kind != DERIVED
    ]
    further = {name: _further(table, labels, name, symbol) for name in knobs.others}
    taken = {*times, close.at, *further.values()}
    texts = [at for at in range(len(labels)) if at not in taken and _may_name(labels[at], sample, at)]
    texts.sort(key=lambda at: _preference(labels[at], sample, at))
    number = labels[close.at].number if labels[close.at].text else 0
    close_reason = f"column {number}, told by its numbers" if number else close.why
    why = {name: text for name, text in (("time", time.why), ("close", close_reason)) if text}
    notes = tuple(note for note in (time.note, close.note) if note)
    ticker = tickers[0] if tickers else None
    words = tuple(
        at
        for at in texts
        if not sample.are_numbers(at) and len(set(sample.present[at])) <= MOST_DIFFERENT * len(sample.rows)
    )
    return Chosen(time.at, close.at, further, ticker, symbol, time.clock, tuple(texts), words, why, notes)


def _may_name(label: Label, sample: FirstRows, at: int) -> bool:
    if label.kind == TICKER or not sample.rows:
        return label.kind == TICKER
    if label.kind in OF_BARS:  # rates, of which CHF and EUR12M are two
        return any(sample.columns[at]) and not (sample.are(at, is_number, HALF) or sample.are(at, is_date, HALF))
    return sample.are_texts(at)


def _preference(label: Label, sample: FirstRows, at: int) -> tuple[bool, tuple[int, int], bool, int]:
    """The sort key by which columns called tickers come first, then texts before numbers, and few names before many."""
    if not sample.rows:
        return label.kind != TICKER, rank(label), False, 0
    return label.kind != TICKER, rank(label), sample.are_numbers(at), len(set(sample.columns[at]))


def _further(table: str, labels: Sequence[Label], name: str, symbol: str) -> int:
    """The column of a kind with the symbol of the close or none; of volumes, the one counted in a coin.

    Raises:
        UserError: if there is none.
    """
    if name not in FURTHER_COLUMNS:
        return _by_heading(table, labels, name)
    of_kind = [at for at, label in enumerate(labels) if label.kind == name]
    found = [at for at in of_kind if not labels[at].symbol or (symbol and is_same_coin(labels[at].symbol, symbol))]
    if not found and len(of_kind) == 1 and folded(labels[of_kind[0]].symbol) in CODES:
        found = of_kind
    if not found:
        raise UserError(f"{table}: no {name} among {quoted(labels)}; leave {name} out of data.columns.")
    return min(found, key=lambda at: (labels[at].symbol != symbol, rank(labels[at])))


def _by_heading(table: str, labels: Sequence[Label], name: str) -> int:
    """The column with a heading; upper case, spaces and signs may differ.

    Raises:
        UserError: if there is none, or there are several.
    """
    found = named(labels, name)
    if len(found) > 1:
        raise UserError(f"{table}: {len(found)} columns are called {name}; give each a heading of its own.")
    if not found:
        nearest = get_close_matches(name.casefold(), [label.shown.casefold() for label in labels], n=1, cutoff=0.5)
        shown = [label.shown for label in labels if [label.shown.casefold()] == nearest]
        hint = f" (the nearest is {shown[0]})" if shown else ""
        raise UserError(f"{table}: no column {name} among {quoted(labels)}{hint}; leave {name} out of data.columns.")
    return found[0]
