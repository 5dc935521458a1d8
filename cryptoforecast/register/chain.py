"""A register: a file of JSON lines, each of which holds the hash of the line before it."""

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptoforecast.atomic import write_atomically
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import count_of
from cryptoforecast.locks import in_turn

BEGINNING = "0" * 64  # what the first line holds in the place of a hash
HASH, PREVIOUS = "hash", "previous"
MOST_NAMED = 5  # problems in an error


class Problem(NamedTuple):
    """What is wrong with a line, as a sentence; ``line`` is its number in the file, counted from 1."""

    line: int
    sentence: str

    def __str__(self) -> str:
        return f"line {self.line:,}: {self.sentence}"


class Chain(NamedTuple):
    """The lines of a register.

    Attributes:
        records: the content of each line; None where it cannot be read.
        problems: the lines that were edited, removed, reordered or merged, in the order of the file.
        head: the hash of the last line.
    """

    records: list[dict[str, Any] | None]
    problems: list[Problem]
    head: str


def canonical(record: dict[str, Any]) -> str:
    """A record as the only JSON text that a register takes: keys sorted, no spaces, ASCII.

    >>> canonical({"b": 1.5, "a": "x"})
    '{"a":"x","b":1.5}'
    """
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(record: dict[str, Any]) -> str:
    """SHA-256 of a record without its own hash, and with that of the line before."""
    content = canonical({name: value for name, value in record.items() if name != HASH})
    return hashlib.sha256(content.encode()).hexdigest()


def read_chain(content: bytes) -> Chain:
    """The lines of a register, each compared with its hash and with the line before.

    The chain finds every line that was edited, removed or moved. It cannot find that the last lines were removed, or
    that all lines from one on were written anew: only a hash that was published before can, see :func:`find_head`.

    Args:
        content: of the file.
    """
    texts = content.split(b"\n")
    ends_whole = texts.pop() == b""
    if not ends_whole:
        texts = content.split(b"\n")
    records = [_record_in(text) for text in texts]
    if not ends_whole:
        records[-1] = None
    problems = []
    before: set[str] | None = {BEGINNING}  # the hashes that a line may follow; None where that is unknown
    for number, record in enumerate(records, start=1):
        if record is None:
            problems.append(Problem(number, "it is not as register wrote it: edited, or cut off."))
            before = None
            continue
        if (computed := digest(record)) != record[HASH]:
            problems.append(Problem(number, "it was edited: its hash is not that of its content."))
        elif before is not None and record[PREVIOUS] not in before:
            problems.append(Problem(number, _why_it_does_not_follow(number, record[PREVIOUS], records)))
        before = {computed, record[HASH]}
    last = records[-1] if records else None
    return Chain(records, problems, BEGINNING if last is None else last[HASH])


def find_head(chain: Chain, head: str) -> Problem | None:
    """The problem that a register does not hold a hash that was published; None if it does."""
    if any(record is not None and record[HASH] == head for record in chain.records):
        return None
    count = len(chain.records)
    return Problem(
        count, f"no line up to here has the published hash {head[:16]}…: lines were removed, or written anew since."
    )


def read_register(path: Path) -> Chain:
    """The lines of a register's file.

    Raises:
        UserError: if there is no such file.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such register; register --register {path} begins one.")
    return read_chain(path.read_bytes())


def append_records(
    path: Path, records_after: Callable[[Sequence[dict[str, Any]]], Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Append lines to a register: all or none, even if the process is killed, and one process after the other.

    Args:
        path: the file, which is begun if it is missing.
        records_after: called with the lines so far, returns those to append, without hashes.

    Returns:
        The appended lines, with their hashes.

    Raises:
        UserError: if the register is not as it was written; nothing is appended then.
    """
    with in_turn(path):
        content = path.read_bytes() if path.is_file() else b""
        chain = read_chain(content)
        if chain.problems:
            raise UserError(f"{path}: nothing is appended: {say_problems(chain.problems)}")
        appended = []
        head = chain.head
        for record in records_after([record for record in chain.records if record is not None]):
            whole = {**record, PREVIOUS: head}
            head = whole[HASH] = digest(whole)
            appended.append(whole)
        text = "".join(f"{canonical(record)}\n" for record in appended)
        write_atomically(path, lambda file: file.write(content + text.encode()))
    return appended


def say_problems(problems: Sequence[Problem]) -> str:
    """The problems of a register in a row, at most five, and the number of the rest."""
    named = " ".join(str(problem) for problem in problems[:MOST_NAMED])
    left = len(problems) - MOST_NAMED
    return named if left <= 0 else f"{named} And {count_of(left, 'further line')}."


def _record_in(text: bytes) -> dict[str, Any] | None:
    """The record of a line; None if the line is not byte for byte what ``canonical`` writes."""
    try:
        record = json.loads(text)
        is_whole = isinstance(record, dict) and isinstance(record[HASH], str) and isinstance(record[PREVIOUS], str)
        return record if is_whole and canonical(record).encode() == text else None
    except (ValueError, KeyError, RecursionError):
        return None


def _why_it_does_not_follow(number: int, previous: str, records: Sequence[dict[str, Any] | None]) -> str:
    places = [at for at, record in enumerate(records, start=1) if record is not None and record[HASH] == previous]
    if places:
        return f"it follows line {places[0]:,} by its hash: lines were reordered or repeated, or registers merged."
    if previous == BEGINNING:
        return "it begins a register by its hash: registers were merged, or lines reordered."
    where = "before it" if number == 1 else f"between it and line {number - 1:,}"
    return f"it does not follow by its hash: a line {where} was removed or replaced."
