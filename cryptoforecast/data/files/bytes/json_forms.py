"""The forms of JSON that are tables of bars, and the rows of each; a form that does not fit gives no rows."""

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Any

from cryptoforecast.data.files.cells.kinds import is_date, is_epoch, is_number

Node = Any  # a value of JSON, in which each number is a Number
Rows = list[list[str]]
CANDLE_LETTERS = {"t": "timestamp", "o": "open", "h": "high", "l": "low", "c": "close", "v": "volume"}
VALUE_LETTERS = {"t": "timestamp", "v": "value"}
NUMBERED = re.compile(r"\d+[a-z]?\. ")  # before the names of Alpha Vantage: "4. close"


def _yahoo(node: Node) -> Rows:
    """Yahoo's chart: stamps, and lists of prices by name two levels below."""
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
    """What pandas writes with ``orient="table"``: records beside a schema."""
    return _records(node["data"]) if isinstance(node, dict) and {"schema", "data"} <= set(node) else []


def _pairs_by_name(node: Node) -> Rows:
    """CoinGecko's market chart: by name, a list of pairs of stamp and value, with the same stamps in all."""
    if not (isinstance(node, dict) and _is_pairs(node.get("prices"))):
        return []
    stamps = [pair[0] for pair in node["prices"]]
    names = [name for name, pairs in node.items() if _is_pairs(pairs) and [pair[0] for pair in pairs] == stamps]
    values = zip(*([pair[1] for pair in node[name]] for name in names), strict=True)
    header = ["timestamp", *(name.removesuffix("s") for name in names)]
    return [header, *(_texts([stamp, *row]) for stamp, row in zip(stamps, values, strict=True))]


def _lists_by_name(node: Node) -> Rows:
    """Lists of equal length by name, as in charts of trading platforms."""
    if not isinstance(node, dict):
        return []
    columns = {name: values for name, values in node.items() if _is_list_of_values(values)}
    lengths = {len(values) for values in columns.values()}
    if len(columns) < 2 or len(lengths) != 1:
        return []
    return [_spelt(list(columns)), *(_texts(row) for row in zip(*columns.values(), strict=True))]


def _records(node: Node) -> Rows:
    """A list of objects; objects inside of these are flattened."""
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
    """A list of lists of equal length, as in exchanges' APIs; the first may have the names of the columns."""
    if not (_is_list(node) and all(_is_list_of_values(row) and len(row) > 1 for row in node)):
        return []
    return [_texts(row) for row in node] if len({len(row) for row in node}) == 1 else []


def _objects_by_name(node: Node) -> Rows:
    """Objects by name with equal keys; the index is the names or the keys, whichever are dates or numbers."""
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
    """A number for each date, as in CoinDesk's history of Bitcoin."""
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
    """Names of columns, with those of one letter written in full."""
    letters = CANDLE_LETTERS if {"t", "c"} <= set(names) else VALUE_LETTERS if set(names) == set(VALUE_LETTERS) else {}
    return [letters.get(name, name) for name in names]


def _flat(record: dict[str, Node], prefix: str = "") -> dict[str, Node]:
    flat: dict[str, Node] = {}
    for name, value in record.items():
        flat |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return flat


def _texts(values: Iterable[Node]) -> list[str]:
    return ["" if value is None else str(value) for value in values]


def _name(name: Node) -> str:
    """The name of a column; a name of several levels as pandas writes it into one line."""
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
