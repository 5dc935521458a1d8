"""JSON files as tables of texts: candles from the APIs of exchanges, records, and what pandas writes."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from cryptoforecast.data.files.cells.kinds import is_date, is_epoch, is_number
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import join_names

Node = Any  # a value of JSON, in which each number is a Number
Rows = list[list[str]]
CANDLES = {"t": "timestamp", "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
VALUES = {"t": "timestamp", "v": "value"}
BEGINNING = re.compile(r"\s*(\{\s*(\"|\}|$)|\[\s*([\[{\]\"\d-]|$))")
CSV_HEADING = re.compile(r"\s*\[[^\]\[{\"]*\]\s*[,;]")  # of a CSV whose first column is called [1]
NUMBERED = re.compile(r"\d+[a-z]?\. ")  # before the names of Alpha Vantage: "4. close"
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


def _yahoo(node: Node) -> Rows:
    """The chart of Yahoo: stamps, and beside them lists of prices by name, two levels down."""
    if not (isinstance(node, dict) and _is_list_of_values(node.get("timestamp")) and "indicators" in node):
        return []
    columns = {"timestamp": node["timestamp"]}
    for kind in node["indicators"].values():
        for group in kind if isinstance(kind, list) else []:
            columns |= {name: values for name, values in group.items() if isinstance(values, list)}
    symbol = node.get("meta", {}).get("symbol")
    if symbol:
        columns["symbol"] = [symbol] * len(node["timestamp"])
    return _lists_by_name(columns)


def _split(node: Node) -> Rows:
    """What pandas writes with ``orient="split"``: names, index, data."""
    if not (isinstance(node, dict) and {"columns", "data"} <= set(node) and _is_list(node["data"])):
        return []
    names, data = [_name(name) for name in node["columns"]], node["data"]
    if not all(_is_list_of_values(row) and len(row) == len(names) for row in data):
        return []
    index = node.get("index")
    if not isinstance(index, list) or len(index) != len(data):
        return [names, *(_texts(row) for row in data)]
    return [["index", *names], *(_texts([stamp, *row]) for stamp, row in zip(index, data, strict=True))]


def _with_schema(node: Node) -> Rows:
    """What pandas writes with ``orient="table"``: the records, beside what they consist of."""
    return _records(node["data"]) if isinstance(node, dict) and {"schema", "data"} <= set(node) else []


def _pairs_by_name(node: Node) -> Rows:
    """The market chart of CoinGecko: by name, a list of pairs of a stamp and a value; the stamps of all agree."""
    if not (isinstance(node, dict) and _is_pairs(node.get("prices"))):
        return []
    stamps = [pair[0] for pair in node["prices"]]
    names = [name for name, pairs in node.items() if _is_pairs(pairs) and [pair[0] for pair in pairs] == stamps]
    values = zip(*([pair[1] for pair in node[name]] for name in names), strict=True)
    header = ["timestamp", *(name.removesuffix("s") for name in names)]
    return [header, *(_texts([stamp, *row]) for stamp, row in zip(stamps, values, strict=True))]


def _lists_by_name(node: Node) -> Rows:
    """Lists of one length by name, as the charts of trading platforms have them."""
    if not isinstance(node, dict):
        return []
    columns = {name: values for name, values in node.items() if _is_list_of_values(values)}
    lengths = {len(values) for values in columns.values()}
    if len(columns) < 2 or len(lengths) != 1:
        return []
    return [_spelt(list(columns)), *(_texts(row) for row in zip(*columns.values(), strict=True))]


def _records(node: Node) -> Rows:
    """A list of objects, of which those within are opened."""
    if not (_is_list(node) and all(isinstance(record, dict) for record in node)):
        return []
    flat = [_flat(record) for record in node]
    names = list(dict.fromkeys(chain.from_iterable(flat)))
    last = [name.rsplit(".", 1)[-1] for name in names]
    shown = [short if last.count(short) == 1 else name for name, short in zip(names, last, strict=True)]
    if len(names) < 2 or any(isinstance(value, list) for record in flat for value in record.values()):
        return []
    return [_spelt(shown), *(_texts([record.get(name) for name in names]) for record in flat)]


def _lists(node: Node) -> Rows:
    """A list of lists of one length, as the interfaces of exchanges give candles; the first may name the columns."""
    if not (_is_list(node) and all(_is_list_of_values(row) and len(row) > 1 for row in node)):
        return []
    return [_texts(row) for row in node] if len({len(row) for row in node}) == 1 else []


def _objects_by_name(node: Node) -> Rows:
    """Objects by name with the same keys: the names or the keys are the index, whichever are dates or numbers."""
    if not (isinstance(node, dict) and len(node) > 1):
        return []
    if not all(isinstance(below, dict) and below for below in node.values()):
        return []
    outer, inner = list(node), list(next(iter(node.values())))
    if any(list(below) != inner for below in node.values()) or any(map(_is_nested, node.values())):
        return []
    if _is_index(outer) and not _is_index(inner):
        names = [NUMBERED.sub("", name) for name in inner]
        return [["index", *names], *(_texts([stamp, *below.values()]) for stamp, below in node.items())]
    if _is_index(inner) and not _is_index(outer):
        values = zip(*(below.values() for below in node.values()), strict=True)
        index = [] if _is_count(inner) else [inner]
        header = [*(["index"] if index else []), *map(_name, outer)]
        return [header, *(_texts([*first, *row]) for *first, row in zip(*index, values, strict=True))]
    return []


def _closes_by_date(node: Node) -> Rows:
    """A number for each date, as CoinDesk's history of Bitcoin has them."""
    if not (isinstance(node, dict) and len(node) > 1 and all(is_date(name) or is_epoch(name) for name in node)):
        return []
    if not all(value is None or is_number(str(value)) for value in node.values()):
        return []
    return [["date", "close"], *(_texts(pair) for pair in node.items())]


FORMS: Sequence[Callable[[Node], Rows]] = (
    *(_yahoo, _split, _with_schema, _pairs_by_name),
    *(_lists_by_name, _records, _lists, _objects_by_name, _closes_by_date),
)


def _spelt(names: list[str]) -> list[str]:
    """Names of columns, those of one letter spelt out."""
    letters = CANDLES if {"t", "c"} <= set(names) else VALUES if set(names) == set(VALUES) else {}
    return [letters.get(name, name) for name in names]


def _flat(record: dict[str, Node], prefix: str = "") -> dict[str, Node]:
    flat: dict[str, Node] = {}
    for name, value in record.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def _texts(values: Iterable[Node]) -> list[str]:
    return ["" if value is None else str(value) for value in values]


def _name(name: Node) -> str:
    """A column's name; one of several levels as pandas writes it into one line."""
    return str(tuple(map(str, name))) if isinstance(name, list) else str(name)


def _is_list(node: Node) -> bool:
    return isinstance(node, list) and len(node) > 1


def _is_list_of_values(node: Node) -> bool:
    return isinstance(node, list) and bool(node) and not any(isinstance(value, list | dict) for value in node)


def _is_pairs(node: Node) -> bool:
    return isinstance(node, list) and bool(node) and all(_is_list_of_values(pair) and len(pair) == 2 for pair in node)


def _is_nested(below: dict[str, Node]) -> bool:
    return any(isinstance(value, list | dict) for value in below.values())


def _is_index(names: Sequence[str]) -> bool:
    return all(is_number(name) or is_date(name) or is_date(name[:10]) for name in names)


def _is_count(names: Sequence[str]) -> bool:
    return list(names) == [str(at) for at in range(len(names))]
