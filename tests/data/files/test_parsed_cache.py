"""A large file's rows are kept, and only those that the file holds."""

import json
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CsvSource
from cryptoforecast.data.files import parsed_cache, reading
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.rows import parsing
from cryptoforecast.data.files.table import Table


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that counts as large, written long enough ago to be kept."""
    monkeypatch.setattr(parsed_cache, "LARGE", 100)
    monkeypatch.setattr(parsing, "LARGE", 100)
    return write(tmp_path / "COIN.csv", 1.0)


def write(file: Path, factor: float) -> Path:
    days = pd.date_range("2020-01-01", periods=50).strftime("%Y-%m-%d")
    pd.DataFrame({"Date": days, "Close": factor * np.arange(100.0, 150.0)}).to_csv(file, index=False)
    os.utime(file, (time.time() - 10, time.time() - 10))
    return file


def last(file: Path) -> float:
    return float(CsvSource(str(file)).load().closes.iloc[-1])


def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are read from now on, not recalled."""
    seen: list[Path] = []
    read = reading._read

    def noting(file: Path, knobs: Knobs) -> Table:
        seen.append(file)
        return read(file, knobs)

    monkeypatch.setattr(reading, "_read", noting)
    return seen


def test_a_large_file_is_read_once(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = reads(monkeypatch)
    assert last(large) == last(large) == 149.0
    assert seen == [large]


def test_a_file_that_is_replaced_while_it_is_read_is_read_again(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = reading._read

    def slow(file: Path, knobs: Knobs) -> Table:
        table = read(file, knobs)
        write(file, 2.0)
        return table

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_read", slow)
        assert last(large) == 149.0
    assert last(large) == 298.0


def test_a_file_that_was_changed_just_before_it_was_read_is_not_kept(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.utime(large)
    read, later = reading._read, time.time() + 60

    def slow(file: Path, knobs: Knobs) -> Table:
        table = read(file, knobs)
        monkeypatch.setattr(parsed_cache.time, "time", lambda: later)
        return table

    with monkeypatch.context() as patch:
        patch.setattr(reading, "_read", slow)
        last(large)
    seen = reads(monkeypatch)
    last(large)
    assert seen == [large]


def test_rows_kept_by_a_reader_with_other_code_are_not_recalled(large: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last(large)
    monkeypatch.setattr(parsed_cache, "_reader", lambda: "another")
    seen = reads(monkeypatch)
    last(large)
    assert seen == [large]


def test_the_identity_of_the_reader_is_that_of_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "reading.py").write_text("one")
    monkeypatch.setattr(parsed_cache, "__file__", str(tmp_path / "parsed_cache.py"))
    before = parsed_cache._reader.__wrapped__()
    assert parsed_cache._reader.__wrapped__() == before
    (tmp_path / "reading.py").write_text("two")
    assert parsed_cache._reader.__wrapped__() != before


@pytest.mark.parametrize("change", [{"unknown": 1}, {"notes": None}, {"names": 3}])
def test_kept_rows_that_this_version_cannot_read_are_read_from_the_file(
    change: dict[str, object], large: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    last(large)
    kept = next(cache.rglob("*.rows"))
    with kept.open("rb") as content:
        about, rest = json.loads(np.load(content).tobytes()), content.read()
    with kept.open("wb") as content:
        np.save(content, np.frombuffer(json.dumps({**about, **change}).encode(), dtype=np.uint8))
        content.write(rest)
    seen = reads(monkeypatch)
    assert last(large) == 149.0
    assert seen == [large]
