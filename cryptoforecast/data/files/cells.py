"""What a cell holds: a number, a date, an epoch."""

import re

NUMBER = re.compile(r"[-+$€£¥]?\d[\d.,' ]*([eE][+-]?\d+)?[KMBT%]?|[-+]?\.\d+")
DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|[A-Za-z]{3,9}\.? \d{1,2},? \d{4}"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[-, ]+\d{2,4})([T, ]+\d[-\d:.+ APMapmUTCGZ]*)?"
)
EPOCH = re.compile(r"\d{10,19}(\.0*)?")


def is_number(cell: str) -> bool:
    """Whether a cell is a number, in whichever way it is written."""
    return bool(NUMBER.fullmatch(cell.strip()))


def is_date(cell: str) -> bool:
    """Whether a cell is a date, with or without a time of day."""
    return bool(DATE.fullmatch(cell.strip()))


def is_epoch(cell: str) -> bool:
    """Whether a cell may count the time since 1970."""
    return bool(EPOCH.fullmatch(cell.strip()))
