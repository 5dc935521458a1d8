"""Reading a large price file, beside pandas reading the two columns that are used."""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROWS, ROWS_QUICK = 7_000_000, 500_000
ROUNDS = 9
TIMED_PROGRAM = """
import resource, sys, time
{imports}
began = time.perf_counter()
{work}
print(time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
PROGRAMS = {
    "pandas.read_csv, two columns": TIMED_PROGRAM.format(
        imports="import pandas", work="pandas.read_csv(sys.argv[1], usecols=['Timestamp', 'Close'])"
    ),
    "CsvSource, first time": TIMED_PROGRAM.format(
        imports="from cryptoforecast import CsvSource", work="CsvSource(sys.argv[1]).load()"
    ),
}
SECOND_TIME = "CsvSource, second time"


def report(quick: bool) -> str:
    """Measure with seven million minutes, a file of about 400 MB (quick: half a million), and return a table."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_minutes(Path(folder, "minutes.csv"), ROWS_QUICK if quick else ROWS)
        rows, size, rounds = ROWS_QUICK if quick else ROWS, file.stat().st_size / 1e6, 3 if quick else ROUNDS
        title = f"Reading {rows:,} rows, {size:,.0f} MB; medians of {rounds} rounds"
        return "\n".join([title, "", *table_of(measure(file, Path(folder), rounds))])


def write_minutes(file: Path, rows: int) -> Path:
    """Write simulated minutes in the columns of Kaggle's Bitstamp file."""
    random, price, block = np.random.default_rng(0), 30_000.0, 250_000
    for first in range(0, rows, block):
        count = min(block, rows - first)
        close = np.round(price * np.exp(np.cumsum(random.normal(0, 1e-4, count))), 2)
        price = close[-1]
        table = pd.DataFrame({"Timestamp": 1325412060.0 + 60 * np.arange(first, first + count), "Open": close})
        table = table.assign(High=close + 2, Low=close - 2, Close=close, Volume=random.exponential(5, count).round(6))
        table.to_csv(file, index=False, header=first == 0, mode="a")
    os.utime(file, (1_700_000_000, 1_700_000_000))  # a file that was just written is not cached
    return file


def measure(file: Path, folder: Path, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Seconds and peak MiB of each program in each round."""
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in (*PROGRAMS, SECOND_TIME)}
    for number in range(rounds):
        cache = {**os.environ, "CRYPTOFORECAST_CACHE": str(folder / f"cache{number}")}
        for name, program in (*PROGRAMS.items(), (SECOND_TIME, PROGRAMS["CsvSource, first time"])):
            command = [sys.executable, "-c", program, str(file)]
            output = subprocess.run(command, capture_output=True, text=True, check=True, env=cache).stdout.split()
            results[name].append((float(output[0]), float(output[1])))
    return results


def table_of(results: dict[str, list[tuple[float, float]]]) -> list[str]:
    """A line for each program, medians over the rounds and ratios to the first program."""
    medians = {
        name: [statistics.median(column) for column in zip(*values, strict=True)] for name, values in results.items()
    }
    seconds, memory = next(iter(medians.values()))
    return [
        f"{'':<30}{'seconds':>9}{'ratio':>8}{'peak MiB':>10}{'ratio':>8}",
        *(
            f"{name:<30}{took:>9.2f}{took / seconds:>8.2f}{peak:>10,.0f}{peak / memory:>8.2f}"
            for name, (took, peak) in medians.items()
        ),
    ]
