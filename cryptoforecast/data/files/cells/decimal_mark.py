"""The mark before decimals, a point or a comma, that cells of numbers show."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal

from cryptoforecast.data.files.cells.kinds import CELLS_CACHED, GROUPS, NUMBER, is_empty, is_number

Decimal = Literal["", ".", ","]
POINT = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"  # 28420.3
THOUSANDS = r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?"  # 28,420.3
LAKHS = r"[+-]?[1-9]\d?(?:,\d\d)+,\d{3}(?:\.\d*)?"  # 12,34,567.8, as in India
COMMA = r"[+-]?(?:\d+,\d*|,\d+)(?:[eE][+-]?\d+)?"  # 28420,3
POINTED_THOUSANDS = r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?"  # 28.420,3
WHOLE = r"[+-]?\d+(?:[eE][+-]?\d+)?"
AS_POINT, AS_COMMA = map(re.compile, (f"{POINT}|{THOUSANDS}|{LAKHS}", f"{WHOLE}|{COMMA}|{POINTED_THOUSANDS}"))
MAY_SHOW_COMMA = re.compile(r",|\.[^.\n]*\.")  # among cells, a line each
PLAIN = re.compile(r"[-+]?[0-9.,eE]*(?:[eE][-+]?[0-9]+)?")
WITHOUT_GROUPS = str.maketrans("", "", GROUPS)
LEAST_NUMBERS = 0.9  # share of the cells of a column of numbers; a vendor may have put a footer below it
ROWS_TRIED_FIRST = 50  # most files show their decimal mark in these


def decimal_of(cells: Iterable[str]) -> Decimal:
    """The mark before decimals, if some cell can be read in one way only; else an empty text.

    >>> decimal_of(["28,420.3", "57.32K"]), decimal_of(["28.420,3", "-1,07%"]), decimal_of(["28,420", "7"])
    ('.', ',', '')
    """
    cells = list(cells)
    if not MAY_SHOW_COMMA.search("\n".join(cells)):
        return next(filter(None, map(_mark_of, cells)), "")  # a point or nothing
    marks = set(map(_mark_of, cells)) - {""}
    return marks.pop() if len(marks) == 1 else ""


@lru_cache(CELLS_CACHED)
def _mark_of(cell: str) -> Decimal:
    """The mark before the decimals of a cell that can be read in one way only; else an empty text."""
    if not ("." in cell or "," in cell) or not is_number(cell):
        return ""
    digits = cell.strip()
    if not PLAIN.fullmatch(digits) and (found := NUMBER.fullmatch(digits)):
        digits = found["digits"].translate(WITHOUT_GROUPS)
    point, comma = AS_POINT.fullmatch(digits), AS_COMMA.fullmatch(digits)
    if bool(point) == bool(comma):
        return ""
    return "." if point else ","


def decimal_of_table(body: Sequence[Sequence[str]], dates: int) -> Decimal:
    """The mark before decimals in the columns of numbers; an empty text if no cell tells.

    Args:
        body: rows of cells.
        dates: position of the dates, whose marks tell nothing of numbers.
    """
    for rows in (body[:ROWS_TRIED_FIRST], body):
        columns = [[row[at] for row in rows] for at in range(len(body[0])) if at != dates]
        if found := decimal_of(cell for cells in columns if _are_numbers(cells) for cell in cells):
            return found
    return ""


def _are_numbers(cells: Sequence[str]) -> bool:
    return sum(is_number(cell) or is_empty(cell) for cell in cells) >= LEAST_NUMBERS * len(cells)
