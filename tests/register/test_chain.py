"""The chain of hashes: every edit is found, and the first bad line is named."""

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cryptoforecast import UserError
from cryptoforecast.locks import LONGEST_WAIT
from cryptoforecast.register.chain import BEGINNING, append_records, canonical, digest, find_head, read_chain

TEXTS: list[str] = []
HEAD = BEGINNING
for _number in range(5):
    _record: dict[str, Any] = {"number": _number, "price": 100.0 / 3 + _number, "name": "COIN", "previous": HEAD}
    HEAD = _record["hash"] = digest(_record)
    TEXTS.append(canonical(_record) + "\n")
WHOLE = "".join(TEXTS).encode()


def lines_named(content: bytes) -> list[int]:
    return [problem.line for problem in read_chain(content).problems]


def test_an_intact_register_has_no_problem_and_its_head_is_the_last_hash() -> None:
    chain = read_chain(WHOLE)
    assert chain.problems == []
    assert chain.head == HEAD
    assert read_chain(b"") == ([], [], BEGINNING)


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_any_other_byte_is_found_and_its_line_is_the_first_that_is_named(place: int, change: int) -> None:
    edited = bytearray(WHOLE)
    edited[place] ^= change
    assert lines_named(bytes(edited))[0] == WHOLE[:place].count(b"\n") + 1


@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=3))
def test_an_inserted_or_removed_byte_is_found(place: int, further: bytes) -> None:
    line = WHOLE[:place].count(b"\n") + 1
    assert lines_named(WHOLE[:place] + further + WHOLE[place:])[0] in (line, line + 1)
    assert lines_named(WHOLE[:place] + WHOLE[place + 1 :])[0] == line


@given(st.permutations(range(5)))
def test_lines_in_another_order_are_found(order: list[int]) -> None:
    content = "".join(TEXTS[at] for at in order).encode()
    first = next((number for number, at in enumerate(order, start=1) if at != number - 1), None)
    assert lines_named(content)[:1] == ([] if first is None else [first])


def test_a_removed_line_is_named_by_the_line_after_it() -> None:
    for removed in range(4):
        content = "".join(TEXTS[:removed] + TEXTS[removed + 1 :]).encode()
        (problem,) = read_chain(content).problems
        where = "before it" if removed == 0 else f"between it and line {removed}"
        assert str(problem) == (
            f"line {removed + 1}: it does not follow by its hash: a line {where} was removed or replaced."
        )


def test_a_line_removed_at_the_end_is_found_by_a_published_hash_alone() -> None:
    chain = read_chain("".join(TEXTS[:-1]).encode())
    assert chain.problems == []
    assert find_head(read_chain(WHOLE), HEAD) is None
    problem = find_head(chain, HEAD)
    assert problem is not None
    assert str(problem) == (
        f"line 4: no line up to here has the published hash {HEAD[:16]}…: lines were removed, or written anew since."
    )


def test_two_registers_that_were_merged_are_named_where_the_second_begins() -> None:
    record: dict[str, Any] = {"number": 9, "previous": BEGINNING}
    record["hash"] = digest(record)
    (problem,) = read_chain(WHOLE + f"{canonical(record)}\n".encode()).problems
    assert str(problem).startswith("line 6: it begins a register by its hash")
    assert "line 6: it follows line 2" in str(read_chain(WHOLE + TEXTS[2].encode()).problems[0])


def test_a_line_that_was_hashed_anew_after_an_edit_no_longer_fits_the_next() -> None:
    record: dict[str, Any] = {"number": 1, "price": 1e6, "name": "COIN", "previous": digest({"x": 0})}
    record["previous"] = read_chain(TEXTS[0].encode()).head
    record["hash"] = digest(record)
    content = TEXTS[0] + canonical(record) + "\n" + "".join(TEXTS[2:])
    assert lines_named(content.encode()) == [3]


def test_nothing_is_appended_to_a_register_that_was_edited(tmp_path: Path) -> None:
    path = tmp_path / "register.jsonl"
    path.write_bytes(WHOLE.replace(b"COIN", b"coin", 1))
    with pytest.raises(UserError, match=r"nothing is appended: line 1: it was edited"):
        append_records(path, lambda _: [{"number": 6}])
    assert path.read_bytes() == WHOLE.replace(b"COIN", b"coin", 1)


def append_some(path: Path, name: str) -> None:
    for number in range(5):
        append_records(path, lambda _, number=number: [{"name": name, "number": number}])  # type: ignore[misc]


def test_processes_that_append_at_once_wait_for_each_other(tmp_path: Path) -> None:
    path, context = tmp_path / "register.jsonl", multiprocessing.get_context("spawn")
    processes = [context.Process(target=append_some, args=(path, name)) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    chain = read_chain(path.read_bytes())
    assert chain.problems == []
    found = sorted((str(record["name"]), int(record["number"])) for record in chain.records if record)
    assert found == [(name, number) for name in "ab" for number in range(5)]


def test_a_process_that_is_interrupted_while_it_writes_leaves_the_register_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "register.jsonl"
    path.write_bytes(WHOLE)
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            append_records(path, lambda _: [{"number": 6}])
    assert path.read_bytes() == WHOLE
    append_records(path, lambda _: [{"number": 6}])
    assert read_chain(path.read_bytes()).problems == []


def stop_before_the_file_is_replaced(path: Path) -> None:
    sync = os.fsync

    def wait(descriptor: int) -> None:
        sync(descriptor)
        path.with_suffix(".reached").touch()
        time.sleep(600)

    with patch("os.fsync", wait):
        append_records(path, lambda _: [{"number": 5}])


def stop_after_the_file_is_replaced(path: Path) -> None:
    replace = Path.replace

    def wait(old: Path, new: Any) -> None:
        replace(old, new)
        path.with_suffix(".reached").touch()
        time.sleep(600)

    with patch.object(Path, "replace", wait):
        append_records(path, lambda _: [{"number": 5}])


def append_without_end(path: Path) -> None:
    for number in range(5, 10**9):
        append_records(path, lambda _, number=number: [{"number": number}])  # type: ignore[misc]
        path.with_suffix(".reached").touch()


def kill_while(writes: Callable[[Path], None], path: Path, seconds: float = 0.0) -> None:
    """Kill a process, without a chance to tidy up, once it has reached a place in an append, or so much later."""
    path.write_bytes(WHOLE)
    process = multiprocessing.get_context("spawn").Process(target=writes, args=(path,))
    process.start()
    while not path.with_suffix(".reached").exists():
        assert process.is_alive()
        time.sleep(0.01)
    time.sleep(seconds)
    process.kill()
    process.join()


@pytest.mark.parametrize(
    ("writes", "lines"), [(stop_before_the_file_is_replaced, 5), (stop_after_the_file_is_replaced, 6)]
)
def test_a_process_that_is_killed_in_an_append_leaves_all_of_it_or_none_and_no_lock(
    tmp_path: Path, writes: Callable[[Path], None], lines: int
) -> None:
    path = tmp_path / "register.jsonl"
    kill_while(writes, path)
    assert path.read_bytes().startswith(WHOLE)
    assert (len(read_chain(path.read_bytes()).records), read_chain(path.read_bytes()).problems) == (lines, [])
    begun = time.monotonic()
    append_records(path, lambda _: [{"number": lines}])
    assert time.monotonic() - begun < LONGEST_WAIT / 2
    assert [record["number"] for record in read_chain(path.read_bytes()).records if record] == list(range(lines + 1))


@pytest.mark.parametrize("seconds", [0.05, 0.11])
def test_a_process_that_is_killed_at_any_moment_leaves_a_whole_chain(tmp_path: Path, seconds: float) -> None:
    path = tmp_path / "register.jsonl"
    kill_while(append_without_end, path, seconds)
    chain = read_chain(path.read_bytes())
    assert chain.problems == []
    assert [record["number"] for record in chain.records if record] == list(range(len(chain.records)))
