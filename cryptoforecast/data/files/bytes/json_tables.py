"""JSON files as tables of texts: candles from the APIs of exchanges, records, and what pandas writes."""

import csv
import io
import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

from cryptoforecast.data.files.bytes.json_forms import FORMS, Node, Rows
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

BEGINNING = re.compile(r"\s*(\{\s*(\"|\}|$)|\[\s*([\[{\]\"\d-]|$))")
CSV_HEADING = re.compile(r"\s*\[[^\]\[{\"]*\]\s*[,;]")  # of a CSV whose first column is called [1]
DEEPEST_LEVEL = 8  # of nesting at which a table is looked for


class Number(str):
    """A number as its text in the file.

    A number of JSON has a point before its decimals, so a zero is added to three decimals: 1.234 is not read as 1234.
    """

    def __new__(cls, text: str) -> "Number":
        """Make the number from its text."""
        return super().__new__(cls, text + "0" if re.fullmatch(r"-?\d+\.\d{3}", text) else text)


def is_json(start: str) -> bool:
    """Whether a text begins as a list or an object of JSON does."""
    return bool(BEGINNING.match(start)) and not CSV_HEADING.match(start)


def as_csv(file: Path, text: str) -> bytes:
    """Convert the table in a JSON text to CSV in UTF-8, with the names of the columns in the first line if it has some.

    Raises:
        UserError: if the text is no JSON, or holds no table, or several.
    """
    rows = _table(file, _parsed(file, text))
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(rows)
    return written.getvalue().encode()


def _parsed(file: Path, text: str) -> Node:
    options: dict[str, Any] = {"parse_float": Number, "parse_int": Number, "parse_constant": lambda _: None}
    try:
        return json.loads(text, **options)
    except json.JSONDecodeError as problem:
        first_problem = problem
    except RecursionError:
        raise UserError(f"{file}: JSON that is nested too deeply to be a table.") from None
    lines = [line for line in text.splitlines() if line.strip()]
    try:
        return [json.loads(line.rstrip().rstrip(","), **options) for line in lines]  # a record a line
    except json.JSONDecodeError:
        raise UserError(
            f"{file}: JSON that is damaged or cut off: {first_problem.msg} in line {first_problem.lineno}, "
            f"column {first_problem.colno}."
        ) from None


def _table(file: Path, node: Node) -> Rows:
    found = _tables_in(node, "", DEEPEST_LEVEL)
    if not found:
        keys = f" ({join_names(node)})" if isinstance(node, dict) and node else ""
        raise UserError(
            f"{file}: JSON without a table of bars{keys}; a list of records or of lists is wanted, or lists by name."
        )
    if len(found) > 1:
        paths = join_names(path for path, _ in found)
        raise UserError(f"{file}: JSON with {len(found)} tables ({paths}); keep one of them.")
    rows = found[0][1]
    if len(rows) < 2:
        raise UserError(f"{file}: JSON with no bars in it.")
    return rows


def _tables_in(node: Node, path: str, depth: int) -> list[tuple[str, Rows]]:
    """Find the tables at and below a node, each with its path; inside of a table none is looked for."""
    for form in FORMS:
        if rows := form(node):
            return [(path.strip("."), rows)]
    if depth and isinstance(node, dict):
        return list(chain.from_iterable(_tables_in(below, f"{path}.{name}", depth - 1) for name, below in node.items()))
    if depth and isinstance(node, list) and len(node) == 1:
        return _tables_in(node[0], path, depth - 1)
    return []
