"""What reading a large file costs, beside the least that pandas needs for the two columns wanted."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROWS, ROWS_QUICK = 7_000_000, 500_000
TURNS = 9
TIMED = """
import resource, sys, time
{imports}
began = time.perf_counter()
{work}
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
PROGRAMS = {
    "pandas.read_csv, two columns": TIMED.format(
        imports="import pandas", work="pandas.read_csv(sys.argv[1], usecols=['Timestamp', 'Close'])"
    ),
    "CsvSource, first time": TIMED.format(
        imports="from cryptoforecast import CsvSource", work="CsvSource(sys.argv[1]).load()"
    ),
}
AGAIN = "CsvSource, second time"


def report(quick: bool) -> str:
    """Measure, and say it in a table: seven million minutes, a file of about 400 MB; or, quickly, half a million."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_minutes(Path(folder, "minutes.csv"), ROWS_QUICK if quick else ROWS)
        rows, size, turns = ROWS_QUICK if quick else ROWS, file.stat().st_size / 1e6, 3 if quick else TURNS
        title = f"Reading {rows:,} rows, {size:,.0f} MB; medians of {turns} turns"
        return "\n".join([title, "", *lines_of(measure(file, Path(folder), turns))])


def write_minutes(file: Path, rows: int) -> Path:
    """Minutes of a made-up coin, as Kaggle's Bitstamp file has them."""
    random, price, block = np.random.default_rng(0), 30_000.0, 250_000
    for first in range(0, rows, block):
        count = min(block, rows - first)
        close = np.round(price * np.exp(np.cumsum(random.normal(0, 1e-4, count))), 2)
        price = close[-1]
        table = pd.DataFrame({"Timestamp": 1325412060.0 + 60 * np.arange(first, first + count), "Open": close})
        table = table.assign(High=close + 2, Low=close - 2, Close=close, Volume=random.exponential(5, count).round(6))
        table.to_csv(file, index=False, header=first == 0, mode="a")
    os.utime(file, (1_700_000_000, 1_700_000_000))  # a file written just now is not kept in the cache
    return file


def measure(file: Path, folder: Path, turns: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds and MiB of every program, turn by turn."""
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in (*PROGRAMS, AGAIN)}
    for turn in range(turns):
        cache = {**os.environ, "CRYPTOFORECAST_CACHE": str(folder / f"cache{turn}")}
        for name, program in (*PROGRAMS.items(), (AGAIN, PROGRAMS["CsvSource, first time"])):
            words = [sys.executable, "-c", program, str(file)]
            said = subprocess.run(words, capture_output=True, text=True, check=True, env=cache).stdout.split()
            results[name].append((float(said[0]), float(said[1])))
    return results


def lines_of(results: dict[str, list[tuple[float, float]]]) -> list[str]:
    """A line a program, with ratios to the first."""
    medians = {
        name: [statistics.median(column) for column in zip(*turns, strict=True)] for name, turns in results.items()
    }
    seconds, memory = next(iter(medians.values()))
    return [
        f"{'':<30}{'seconds':>9}{'ratio':>8}{'peak MiB':>10}{'ratio':>8}",
        *(
            f"{name:<30}{took:>9.2f}{took / seconds:>8.2f}{peak:>10,.0f}{peak / memory:>8.2f}"
            for name, (took, peak) in medians.items()
        ),
    ]
