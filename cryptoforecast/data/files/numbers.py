"""Numbers as vendors write them."""

import re
from collections.abc import Iterable
from typing import Literal

import numpy as np
import pandas as pd

Decimal = Literal["", ".", ","]
EMPTY = {"", "null", "nan", "none", "na", "n/a", "#n/a", "<na>", "-", "--", "nil"}
ABSENT = [
    "",
    "#N/A",
    "#N/A N/A",
    "#NA",
    "-1.#IND",
    "-1.#QNAN",
    "-NaN",
    "-nan",
    "1.#IND",
    "1.#QNAN",
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
]  # what pandas takes for no number; a name it may well be
POINT = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"  # 28420.3
THOUSANDS = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?"  # 28,420.3
COMMA = r"[+-]?\d+,\d+"  # 28420,3
POINTED_THOUSANDS = r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?"  # 28.420,3
WHOLE = r"[+-]?\d+"
AS_POINT, AS_COMMA = f"{POINT}|{THOUSANDS}", f"{WHOLE}|{COMMA}|{POINTED_THOUSANDS}"
SPACED_THOUSANDS = re.compile(r"(?<=\d)[ '\u2019\u00a0\u202f](?=\d{3}(?!\d))")
SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
SHOWS_POINT = re.compile(r"\d\.(\d{1,2}|\d{4,})[KMBT%]?$|,\d{3}\.\d*[KMBT%]?$|,\d{3},")
SHOWS_COMMA = re.compile(r"\d,(\d{1,2}|\d{4,})[KMBT%]?$|\.\d{3},\d*[KMBT%]?$|\.\d{3}\.")


class Unreadable(ValueError):
    """A cell that is no number, or two; ``row`` counts from 0."""

    def __init__(self, row: int, problem: str) -> None:
        super().__init__(problem)
        self.row = row


def decimal_of(cells: Iterable[str]) -> Decimal:
    """Which mark goes before the decimals, where some cell can be read in one way only; else an empty text.

    >>> decimal_of(["28,420.3", "57.32K"]), decimal_of(["28.420,3", "-1,07%"]), decimal_of(["28,420", "7"])
    ('.', ',', '')
    """
    stripped = [cell.strip() for cell in cells]
    point, comma = (any(form.search(cell) for cell in stripped) for form in (SHOWS_POINT, SHOWS_COMMA))
    if point == comma:
        return ""
    return "." if point else ","


def read_numbers(column: pd.Series, decimal: Decimal = "", suffixes: bool = False) -> np.ndarray:
    """A column of texts as float64; NaN where it is empty.

    Args:
        column: the cells.
        decimal: the mark before decimals, where other columns show it.
        suffixes: whether a cell may end in K, M, B or T, as volumes do.

    Raises:
        Unreadable: naming the row, if a cell is no number, or could be two.
    """
    cells = column.fillna("").astype(str).str.strip()
    cells = cells.mask(cells.str.lower().isin(EMPTY), "").str.lstrip("$€£¥₿ ")
    factor = np.ones(len(cells))
    if suffixes:
        last = cells.str[-1:].str.upper()
        factor = last.map(SUFFIXES).fillna(1.0).to_numpy("float64")
        cells = cells.mask(last.isin(SUFFIXES), cells.str[:-1].str.strip())
    return _digits(cells, decimal) * factor


def _digits(cells: pd.Series, decimal: Decimal) -> np.ndarray:
    close_up = cells.str.replace(SPACED_THOUSANDS, "", regex=True)
    mark = _decimal_mark(close_up, decimal)
    thousands = "," if mark == "." else "."
    digits = close_up.str.replace(thousands, "", regex=False).str.replace(",", ".", regex=False)
    _require_one_way(cells, (cells != close_up) | close_up.str.contains(thousands, regex=False))
    numbers: np.ndarray = digits.mask(cells == "", "nan").astype("float64").to_numpy()
    return numbers


def _decimal_mark(cells: pd.Series, decimal: Decimal) -> Decimal:
    """The mark before decimals by which all cells are numbers."""
    point, comma = ((cells == "") | cells.str.fullmatch(form) for form in (AS_POINT, AS_COMMA))
    if not (point.all() or comma.all()):
        neither = ~(point | comma)
        row = _first(neither if neither.any() else ~point)
        raise Unreadable(row, "not a number" if neither.any() else "written in another way than others")
    if not (point.all() and comma.all()):
        return "." if point.all() else ","
    with_comma = cells.str.contains(",", regex=False)
    if not decimal and with_comma.any():
        cell = cells[with_comma].iloc[0]
        problem = f"{cell.replace(',', '')} or {cell.replace(',', '.')}: nothing in the file tells which"
        raise Unreadable(_first(with_comma), problem)
    return decimal or "."


def _require_one_way(cells: pd.Series, marked: pd.Series) -> None:
    """Thousands are marked everywhere or nowhere: among 28420.3 and 28719.1, a 2 842.3 is a damaged 28842.3."""
    unmarked = ~marked & cells.str.match(r"[+-]?\d{4}")
    if marked.any() and unmarked.any():
        row = _first(marked if marked.sum() < unmarked.sum() else unmarked)
        raise Unreadable(row, "written in another way than others")


def _first(rows: pd.Series) -> int:
    return int(rows.to_numpy().argmax())
