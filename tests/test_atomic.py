"""Files are written whole, and what a killed process leaves does not stay."""

import os
import time
from pathlib import Path

import pytest

from cryptoforecast.atomic import ABANDONED_S, write_atomically


def test_what_a_killed_process_has_left_goes_with_a_later_write_and_what_others_write_now_stays(tmp_path: Path) -> None:
    file = tmp_path / "register[1].jsonl"
    abandoned, others, of_another = (
        tmp_path / f".{name}.{number * 32}"
        for name, number in ((file.name, "a"), (file.name, "b"), ("register1.jsonl", "c"))
    )
    for left in (abandoned, others, of_another):
        left.write_text("half")
    long_ago = time.time() - ABANDONED_S - 60
    for left in (abandoned, of_another):
        os.utime(left, (long_ago, long_ago))
    write_atomically(file, lambda opened: opened.write(b"whole"))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([file.name, others.name, of_another.name])
    assert file.read_bytes() == b"whole"


def test_a_write_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "forecasts.csv"
    file.write_text("before")

    def fail(opened: object) -> None:
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        write_atomically(file, fail)
    assert file.read_text() == "before"
    assert list(tmp_path.iterdir()) == [file]
