"""Ten processes that write one cache file at once: whoever reads finds it whole, and nothing else is left."""

import multiprocessing
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CsvSource
from cryptoforecast.data.files import parsed_cache
from cryptoforecast.data.sources.bar_cache import CachedBars
from cryptoforecast.data.sources.yahoo import yahoo_cache
from cryptoforecast.data.sources.yahoo_client import COLUMNS
from tests.helpers import random_walk, write_yahoo

LENGTHS = range(1000, 1010)


def ten_at_once(work: Callable[[int], None]) -> None:
    context = multiprocessing.get_context("fork")
    at_once = context.Barrier(10)

    def begin(number: int) -> None:
        at_once.wait()
        work(number)
        os._exit(0)

    processes = [context.Process(target=begin, args=(number,)) for number in range(10)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 10


def bars(length: int) -> CachedBars:
    times = pd.date_range("2015-01-01", periods=length, tz="UTC", unit="ns")
    return CachedBars(pd.DataFrame(float(length), times, list(COLUMNS)), times[0], times[-1])


def test_ten_writers_of_a_coins_bars_leave_those_of_one_of_them(cache: Path) -> None:
    def work(number: int) -> None:
        for _ in range(5):
            yahoo_cache("BTC-USD", "1d").write(bars(LENGTHS[number]))
            found = yahoo_cache("BTC-USD", "1d").read()
            assert found is not None
            assert (found.bars == len(found.bars)).all(axis=None)

    ten_at_once(work)
    found = yahoo_cache("BTC-USD", "1d").read()
    assert found is not None
    assert len(found.bars) in LENGTHS
    assert [path.name for path in (cache / "yahoo").iterdir()] == ["BTC-USD_1d.csv"]


def test_ten_readers_of_a_large_file_keep_it_once_and_all_read_the_same(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parsed_cache, "LARGE", 0)
    monkeypatch.setattr(parsed_cache, "SETTLED", -1.0)
    closes = random_walk(500)
    file = str(write_yahoo(tmp_path / "COIN-USD.csv", closes))

    def work(number: int) -> None:
        for _ in range(3):
            assert np.array_equal(CsvSource(file).load().closes, closes)

    ten_at_once(work)
    (kept,) = (cache / "files").iterdir()
    assert kept.suffix == ".rows"
    monkeypatch.setattr("cryptoforecast.data.files.reading.keep", None)  # what is recalled need not be kept
    assert np.array_equal(CsvSource(file).load().closes, closes)
