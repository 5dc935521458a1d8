"""Kinds of lines by their cells: a comment, a header, or a row of data."""

import re
from collections.abc import Sequence
from functools import lru_cache

from cryptoforecast.data.files.cells.kinds import CELLS_CACHED, USUAL_NUMBER, is_clock, is_date, is_empty, is_number
from cryptoforecast.data.files.headings.vocabulary import DATE, kind_of

LETTER = re.compile(r"[^\W\d_]")
WORDS = re.compile(r"[^\W\d_]{3,}|[\u2e80-\u9fff\uac00-\ud7af]{2,}")
SEPARATOR = re.compile(r"\s*\"?sep=.\"?\s*", re.IGNORECASE)  # in a first line, for Excel


def count_words(cell: str) -> int:
    """Count of the words in a cell: three letters or more, or two characters of Chinese, Japanese or Korean."""
    return len(WORDS.findall(cell))


def is_comment(cells: Sequence[str]) -> bool:
    """Whether a line is a comment, or tells Excel the delimiter."""
    first = cells[0].lstrip()
    if first[:1].isdigit():  # most lines
        return False
    return (first.startswith(("#", "//")) and not is_empty(first)) or bool(SEPARATOR.fullmatch(first))


def is_data(cells: Sequence[str]) -> bool:
    """Whether a line has data: some cell is a value, and it is not a header with a column called 1e5."""
    return len(cells) > 1 and any(map(is_value, reversed(cells))) and not names_a_date(cells)


def names_a_date(cells: Sequence[str]) -> bool:
    """Whether a line is a header: its first cell names a date column, or another one does and no cell is a date."""
    if not LETTER.search("".join(cells)) or not any(map(_is_name_of_dates, cells)):
        return False
    return _is_name_of_dates(cells[0]) or not any(map(is_date, cells))


@lru_cache(CELLS_CACHED)
def _is_name_of_dates(cell: str) -> bool:
    return bool(LETTER.search(cell)) and kind_of(cell) == DATE


@lru_cache(CELLS_CACHED)
def is_value(cell: str) -> bool:
    """Whether a cell is a date, a number or a time of day."""
    return bool(USUAL_NUMBER.fullmatch(cell)) or is_date(cell) or is_number(cell) or is_clock(cell)
