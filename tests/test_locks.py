"""Locks between processes."""

import multiprocessing
from pathlib import Path

import pytest

from cryptoforecast.errors import UserError
from cryptoforecast.locks import alone_in, in_turn


def test_a_folder_is_one_process_at_a_time(tmp_path: Path) -> None:
    first, second = (alone_in(tmp_path, "somebody is here.") for _ in range(2))
    with first, pytest.raises(UserError, match=r"somebody is here\."):
        second.__enter__()
    with alone_in(tmp_path, "somebody is here."):
        pass


def hold_and_die(folder: Path) -> None:
    alone_in(folder, "").__enter__()


def test_a_folder_is_free_once_the_process_that_worked_there_has_died(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=hold_and_die, args=(tmp_path,))
    process.start()
    process.join()
    with alone_in(tmp_path, "somebody is here."):
        pass


def test_where_no_lock_can_be_had_nobody_waits(tmp_path: Path) -> None:
    with in_turn(tmp_path / "absent" / "ledger.jsonl"):
        pass
