"""Numbers as vendors write them: decimal marks, thousands, suffixes, currencies."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.decimal_mark import AS_COMMA, AS_POINT, PLAIN, Decimal
from cryptoforecast.data.files.cells.jumps import LARGEST_SMOOTH, SMALLEST_JUMP, largest_jump
from cryptoforecast.data.files.cells.kinds import (
    EMPTY,
    GROUPS,
    MARKS_OF_NO_VALUE,
    NUMBER,
)

NA_VALUES = sorted(
    {form(text) for text in EMPTY for form in (str, str.upper, str.title)}
    | {"-NaN", "-1.#IND", "-1.#QNAN", "NaN", "NaT", ".", "..", "...", "-", "--", "---", "–", "—", "−", "…", "?"}
)  # that pandas is to read as NaN
SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}


class Unreadable(ValueError):
    """A cell that is not a number or date, or can be read in two ways.

    ``row`` counts from 0; ``by_format`` tells whether a ``date_format`` may help.
    """

    def __init__(self, row: int, problem: str, by_format: bool = True) -> None:
        super().__init__(problem)
        self.row = row
        self.by_format = by_format


class Numbers(NamedTuple):
    """A column's numbers, NaN for empty cells.

    ``decimal`` is the mark before decimals, ``by_continuity`` whether only the continuity of prices tells which it is.
    """

    values: np.ndarray
    decimal: Decimal
    by_continuity: bool = False


def read_numbers(column: pd.Series, decimal: Decimal = "", suffixes: bool = False) -> np.ndarray:
    """A column of texts as float64; see :func:`numbers_of`."""
    return numbers_of(column, decimal, suffixes=suffixes).values


def numbers_of(
    column: pd.Series,
    hint: Decimal = "",
    forced: Decimal = "",
    suffixes: bool = False,
    smooth: bool = False,
    unended: bool = False,
) -> Numbers:
    """A column of texts as float64.

    Args:
        column: the cells.
        hint: the mark before decimals in other columns, if these show it.
        forced: the mark before decimals, if the user has set it.
        suffixes: whether a cell may end in K, M, B or T, as volumes do.
        smooth: whether these are prices, which do not jump by a factor of a thousand from row to row.
        unended: whether the last cell may be cut off, so that it tells nothing of how the others are written.

    Raises:
        Unreadable: naming the row, if a cell is not a number, or can be read in two ways.
    """
    cells = column.fillna("").astype(str).str.strip()
    cells = cells.mask(cells.str.lower().isin(EMPTY) | cells.str.fullmatch(MARKS_OF_NO_VALUE), "")
    digits, letters, currencies, grouped = _split_parts(cells)
    if (unreadable := (letters != "") & ~(letters.isin(SUFFIXES) & suffixes)).any():
        raise Unreadable(_first(unreadable), "not a number")
    if (differing := (currencies != "") & (currencies != currencies.max())).any():
        raise Unreadable(_first(differing), f"in another currency than others, which are in {currencies.max()}")
    decimal, by_continuity = _decimal_mark(digits.iloc[:-1] if unended else digits, hint, forced, smooth)
    if unended and not _fits(digits.iloc[-1:], decimal).all():
        raise Unreadable(len(digits) - 1, "written in another way than others")
    thousands = "," if decimal == "." else "."
    _require_one_way(digits, grouped | digits.str.contains(thousands, regex=False))
    return Numbers(_valued(digits, decimal) * letters.map(SUFFIXES).fillna(1.0).to_numpy(), decimal, by_continuity)


def _split_parts(cells: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    """Digits, suffix and currency of each cell, and whether spaces part its thousands; other texts stay unchanged."""
    nothing = pd.Series("", index=cells.index, dtype="str")
    plain = cells.str.fullmatch(PLAIN.pattern)
    if plain.all():
        return cells, nothing, nothing, pd.Series(False, index=cells.index)
    parts = cells[~plain].str.extract(rf"^(?:{NUMBER.pattern})$", expand=True)
    read = parts["digits"].notna()
    parts = parts.fillna("")
    sign = (parts["sign"] + parts["sign2"]).str.replace("\u2212", "-", regex=False)
    bare = parts["digits"].str.replace(f"[{GROUPS}]", "", regex=True)
    digits, letters, currencies = cells.copy(), nothing.copy(), nothing.copy()
    digits[~plain] = (sign + bare).where(read, cells[~plain])
    letters[~plain] = parts["suffix"].str.upper()
    currencies[~plain] = parts["before"] + parts["after"]
    grouped = pd.Series(False, index=cells.index)
    grouped[~plain] = bare != parts["digits"]
    return digits, letters, currencies, grouped


def _valued(digits: pd.Series, decimal: Decimal) -> np.ndarray:
    thousands = "," if decimal == "." else "."
    written = digits.str.replace(thousands, "", regex=False).str.replace(",", ".", regex=False)
    numbers: np.ndarray = written.mask(digits == "", "nan").astype("float64").to_numpy()
    return numbers


def _decimal_mark(cells: pd.Series, hint: Decimal, forced: Decimal, smooth: bool) -> tuple[Decimal, bool]:
    """The mark before decimals with which all cells are numbers, and whether only continuity tells it.

    Raises:
        Unreadable: if there is no such mark, or nothing tells which of the two it is.
    """
    point, comma = _fits(cells, "."), _fits(cells, ",")
    if (neither := ~(point | comma)).any():
        raise Unreadable(_first(neither), "not a number")
    if forced:
        if not (fits := point if forced == "." else comma).all():
            problem = f"no number whose decimals follow {forced!r}; leave data.source.decimal out to have it found"
            raise Unreadable(_first(~fits), problem)
        return forced, False
    if not (point.all() or comma.all()):
        raise Unreadable(_first(~point if point.sum() > comma.sum() else ~comma), "written in another way than others")
    if not (point.all() and comma.all()):
        only_mark: Decimal = "." if point.all() else ","
        if smooth and hint not in ("", only_mark):
            problem = f"{only_mark!r} goes before the decimals of this column, and {hint!r} in others"
            raise Unreadable(
                _first(~(comma if only_mark == "." else point)), f"{problem}; set data.source.decimal to {only_mark!r}"
            )
        return only_mark, False
    marked = cells.str.contains(r"[.,]", regex=True)
    if not marked.any():
        return hint or ".", False
    as_point, as_comma = _valued(cells, "."), _valued(cells, ",")
    smooth_mark = _smooth_one(as_point, as_comma) if smooth else ""
    if (hint or smooth_mark) and (hint or smooth_mark) == (smooth_mark or hint):
        return hint or smooth_mark, not hint
    row = _first(marked)
    problem = (
        "other columns tell the one, the rows around it the other" if smooth_mark else "nothing in the file tells which"
    )
    readings = f"{as_point[row]:.12g} or {as_comma[row]:.12g}"
    raise Unreadable(row, f"{readings}: {problem}; set data.source.decimal to '.' or to ','")


def _fits(cells: pd.Series, decimal: Decimal) -> pd.Series:
    """Whether each cell is empty, or a number with this mark before its decimals."""
    return (cells == "") | cells.str.fullmatch((AS_COMMA if decimal == "," else AS_POINT).pattern)


def _smooth_one(as_point: np.ndarray, as_comma: np.ndarray) -> Decimal:
    """The mark with which prices do not jump, if they jump by hundreds with the other; else an empty text."""
    point, comma = largest_jump(as_point), largest_jump(as_comma)
    if point < LARGEST_SMOOTH and comma > SMALLEST_JUMP:
        return "."
    return "," if comma < LARGEST_SMOOTH and point > SMALLEST_JUMP else ""


def _require_one_way(cells: pd.Series, marked: pd.Series) -> None:
    """Check that thousands are marked everywhere or nowhere, and in one way.

    Among 28420.3 and 28719.1, 2 842.3 is a damaged 28842.3; among 12,34,567 a 123,456 is a damaged number.

    Raises:
        Unreadable: naming a cell that is written in another way than others.
    """
    unmarked = ~marked & cells.str.match(r"[+-]?\d{4}")
    lakhs, millions = cells.str.contains(r"(?:^|\D)\d\d?,\d\d,", regex=True), cells.str.contains(r"\d{3},", regex=True)
    powers = cells.str.contains(r"[0-9][eE][0-9]", regex=True)  # programs write 4e+07, and a damaged 417 may be 4e7
    for minority, remaining in (
        (marked & unmarked.any(), unmarked),
        (lakhs, millions),
        (powers, ~powers & (cells != "")),
    ):
        if minority.any() and remaining.any():
            row = _first(minority if minority.sum() < remaining.sum() else remaining)
            raise Unreadable(row, "written in another way than others")


def _first(rows: pd.Series) -> int:
    return int(rows.to_numpy().argmax())
