"""The first rows of a table, by column, and what their cells are."""

import re
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.decimal_mark import Decimal
from cryptoforecast.data.files.cells.kinds import (
    are_usual_numbers,
    in_lines,
    is_clock,
    is_compact_clock,
    is_compact_date,
    is_date,
    is_empty,
    is_epoch,
    is_number,
)
from cryptoforecast.data.files.cells.numbers import Unreadable, read_numbers
from cryptoforecast.data.files.dates.clocks import MIDNIGHT
from cryptoforecast.data.files.headings.coins import is_coin
from cryptoforecast.data.files.headings.labels import OF_BARS, Label
from cryptoforecast.data.files.headings.vocabulary import CLOCK, DATE, DERIVED, TICKER, folded, place_of

NEARLY_ALL = 0.9  # share of the cells; a footer may be among them
LEAST_REGULAR = 0.7  # share of equal steps between epochs; on trading days it is four of five
TIME_OF_DAY = re.compile(r"\d:\d|\d[- ]?[ap]\.?m\b|T\d{4}", re.IGNORECASE)
USUAL_NUMBERS = re.compile(  # in lines, with a point before decimals; thousands are marked nowhere or everywhere
    r"(?:(?:-?[0-9]++(?:\.[0-9]++)?)?\n)*+"
    r"|(?P<grouped>(?:-?(?:[1-9][0-9]{0,2}(?:,[0-9]{3})++|[0-9]{1,3})(?:\.[0-9]++)?\n)++)"
)
MARKS_SWAPPED = str.maketrans(",.", ".,")
YEAR = re.compile(r"(?:1[789]|20|21)\d\d")
YEARS = frozenset({"year", "years", "jahr", "ano", "annee", "anno", "año", "年", "年份", "год", "연도"})
SMALL = re.compile(r"-?\d{1,4}(\.\d*)?")  # a year, a month, a counter
FEWEST_DIGITS = 3  # of a date
FEWEST_MOMENTS = 5  # fewer numbers may be in order by chance
SINCE_1990 = 631_152_000  # seconds
FIRST_EPOCH, LAST_EPOCH = 10**8, 4 * 10**9  # seconds: 1973 and 2096


class FirstRows:
    """The first rows of a table.

    Args:
        rows: the cells of each row, equally many.
        decimal: the mark before decimals, if known.
    """

    def __init__(self, rows: Sequence[Sequence[str]], decimal: Decimal = "") -> None:
        self.rows = rows
        self.decimal = decimal
        self.times: dict[tuple[int, int | None, str | None], Any] = {}  # cache, by column, clock and format
        self._kinds: dict[tuple[int, Callable[[str], bool], float], bool] = {}
        self._numbers: dict[int, np.ndarray | None] = {}

    @cached_property
    def columns(self) -> list[list[str]]:
        """The cells of each column without spaces around them; a cell that means no value is empty."""
        columns: list[list[str]] = []
        for at, cells in enumerate(zip(*self.rows, strict=True)):
            if are_usual_numbers(cells):
                self._kinds |= {(at, is_number, NEARLY_ALL): True, (at, is_date, NEARLY_ALL): False}
                columns.append(list(cells))
            else:
                stripped = [cell.strip() for cell in cells]
                columns.append(["" if is_empty(cell) else cell for cell in stripped])
        return columns

    @cached_property
    def present(self) -> list[list[str]]:
        """The cells of each column that are not empty."""
        return [list(filter(None, cells)) for cells in self.columns]

    def are(self, at: int, test: Callable[[str], bool], share: float = NEARLY_ALL) -> bool:
        """Whether nearly all cells of a column that are not empty fulfil a test; False if all are empty."""
        cells = self.present[at]
        if (at, test, share) not in self._kinds:
            few = len(cells) - int(share * len(cells)) + 1  # if none of these fulfils it, too few do
            self._kinds[at, test, share] = any(map(test, cells[:few])) and sum(map(test, cells)) / len(cells) >= share
        return self._kinds[at, test, share]

    def are_times(self, at: int, label: Label) -> bool:
        """Whether a column has dates or epochs; digits alone are such only by their heading or their order."""
        if not self.rows or label.kind == TICKER:
            return label.kind == DATE
        if self.are(at, is_date) or (self.are_years(at) and (label.kind == DATE or folded(label.text) in YEARS)):
            return True
        if label.kind in OF_BARS and not label.symbol:
            return False
        if self.are(at, is_compact_date):
            return label.kind == DATE or _in_order(self.columns[at])
        epochs = label.kind != DERIVED and self.are(at, is_epoch)
        return epochs and (self._are_epochs(at, label.kind == DATE) or self._are_moments_in_order(at, label))

    def may_be_dates(self, at: int) -> bool:
        """Whether a column that is called a date may have dates in an unknown style: not if it has small numbers."""
        return not self.rows or not self.are(at, _is_small)

    def may_be_times(self, at: int) -> bool:
        """Whether a column may have times in some style: dates, times of day, or whole numbers in order."""
        if any(self.are(at, law) for law in (is_date, is_compact_date, is_epoch, is_clock)):
            return True
        numbers = self.numbers(at)
        if numbers is None:
            return any(sum(map(str.isdigit, cell)) > FEWEST_DIGITS for cell in self.columns[at])
        steps = np.diff(numbers)
        return bool((numbers % 1 == 0).all() and ((steps > 0).all() or (steps < 0).all()))

    def are_years(self, at: int) -> bool:
        """Whether all cells are years in order, most of them consecutive."""
        cells = self.columns[at]
        if len(cells) < 2 or not all(YEAR.fullmatch(cell) for cell in cells):
            return False
        steps = np.diff([int(cell) for cell in cells])
        return bool(((steps > 0).all() or (steps < 0).all()) and np.median(np.abs(steps)) == 1)

    def are_days(self, at: int) -> bool:
        """Whether the dates of a column have no time of day, or midnight only."""
        cells = [MIDNIGHT.sub("", cell) for cell in self.columns[at] if cell] if self.rows else []
        return bool(cells) and not any(TIME_OF_DAY.search(cell) or is_epoch(cell) for cell in cells)

    def are_clocks(self, at: int, label: Label) -> bool:
        """Whether a column has times of day; digits alone are such only with leading zeros to the right of days."""
        if not self.rows or label.kind not in ("", DATE, CLOCK):
            return False
        if self.are(at, is_clock):
            return True
        cells = [cell for cell in self.columns[at] if cell]
        if not cells or not all(map(is_compact_clock, cells)):
            return False
        behind_days = at > 0 and self.are(at - 1, _is_day)
        padded = any(cell.startswith("0") for cell in cells) and len(set(map(len, cells))) == 1
        return behind_days and (padded or place_of(label.text, CLOCK) is not None)

    def are_numbers(self, at: int) -> bool:
        """Whether a column has numbers; True if there are no rows."""
        return not self.rows or self.are(at, is_number)

    def are_texts(self, at: int) -> bool:
        """Whether a column may have names: texts or whole numbers, and no date."""
        return self.are(at, _may_name, 1.0)

    def are_coins(self, at: int) -> bool:
        """Whether all cells are names of best-known coins or of pairs with one."""
        return bool(self.rows) and not self.are_numbers(at) and self.are(at, is_coin, 1.0)

    def is_counter(self, at: int) -> bool:
        """Whether a column counts the rows, up or down."""
        numbers = self.numbers(at)
        if numbers is None or len(numbers) < 3 or (numbers % 1 != 0).any():
            return False
        return bool((np.abs(np.diff(numbers)) == 1).all())

    def numbers(self, at: int) -> np.ndarray | None:
        """A column as numbers, NaN for cells that are empty or not numbers; None if they cannot be read."""
        if at not in self._numbers:
            found = self._as_numbers(at) if self.rows and self.are_numbers(at) else None
            self._numbers[at] = None if found is None else np.where(np.isfinite(found), found, np.nan)
        return self._numbers[at]

    def _as_numbers(self, at: int) -> np.ndarray | None:
        cells = self.columns[at]
        text = in_lines(cells)
        if self.decimal == ",":
            text = text.translate(MARKS_SWAPPED)
        if found := USUAL_NUMBERS.fullmatch(text):  # most columns, found quickly
            plain = text.replace(",", "") if found["grouped"] else text
            return np.array([float(cell or "nan") for cell in plain.split("\n")[:-1]])
        column = pd.Series([cell if is_number(cell) else "" for cell in cells], dtype="str")
        for decimal in dict.fromkeys((self.decimal, ".", ",")):
            try:
                return read_numbers(column, decimal, suffixes=True)
            except Unreadable:
                continue
        return None

    def _are_epochs(self, at: int, known: bool) -> bool:
        """Whether numbers are epochs: by the heading, or if all are after 1973 and at regular steps."""
        numbers = np.array([float(cell) for cell in self.columns[at] if is_epoch(cell)])
        sizes = np.abs(numbers)
        seconds = sizes / 1000.0 ** (np.searchsorted([1e11, 1e14, 1e17], sizes, side="right"))
        if known or not ((seconds >= FIRST_EPOCH) & (seconds < LAST_EPOCH)).all():
            return known
        steps = np.diff(np.unique(numbers))
        if len(steps) == 1:
            return not np.diff(np.unique(seconds))[0] % 60  # of two bars: whole minutes
        median_step = np.median(steps) if len(steps) else 0.0
        return bool(median_step > 0 and (np.abs(steps - median_step) <= 0.1 * median_step).mean() >= LEAST_REGULAR)

    def _are_moments_in_order(self, at: int, label: Label) -> bool:
        """Whether a first column without a heading has epochs since 1990 in one unit and in order, at any steps."""
        cells = self.columns[at]
        if at or label.text or len(cells) < FEWEST_MOMENTS or not all(map(is_epoch, cells)):
            return False
        numbers = np.array([float(cell) for cell in cells])
        unit = 1000.0 ** np.searchsorted([1e11, 1e14, 1e17], numbers.max(), side="right")
        inside = numbers.min() >= SINCE_1990 * unit and numbers.max() <= time.time() * unit
        steps = np.diff(numbers)
        return bool(inside and steps.any() and ((steps >= 0).all() or (steps <= 0).all()))


def _is_small(cell: str) -> bool:
    return bool(SMALL.fullmatch(cell))


def _is_day(cell: str) -> bool:
    return is_date(cell) or is_compact_date(cell)


def _may_name(cell: str) -> bool:
    return cell.isdigit() or not (is_number(cell) or is_date(cell))


def _in_order(cells: Sequence[str]) -> bool:
    present = [cell for cell in cells if cell]
    return present in (sorted(present), sorted(present, reverse=True))
