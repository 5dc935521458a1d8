"""What reading a large file costs, beside the least that pandas needs for the two columns wanted.

    python scripts/benchmark.py            # seven million minutes, a file of about 400 MB in a temporary folder
    python scripts/benchmark.py --quick    # half a million

Each measurement is a process of its own, the programs take turns, and the table shows medians.
"""

import argparse
import os
import platform
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


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rows")
    rows = ROWS_QUICK if parser.parse_args().quick else ROWS
    with tempfile.TemporaryDirectory() as folder:
        file = write_minutes(Path(folder, "minutes.csv"), rows)
        print(f"{rows:,} rows, {file.stat().st_size / 1e6:,.0f} MB; medians of {TURNS} turns")
        print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, pandas {pd.__version__}\n")
        show(measure(file, Path(folder)))


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


def measure(file: Path, folder: Path) -> dict[str, list[tuple[float, float]]]:
    """Seconds and MiB of every program, turn by turn."""
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in (*PROGRAMS, AGAIN)}
    for turn in range(TURNS):
        cache = {**os.environ, "CRYPTOFORECAST_CACHE": str(folder / f"cache{turn}")}
        for name, program in (*PROGRAMS.items(), (AGAIN, PROGRAMS["CsvSource, first time"])):
            words = [sys.executable, "-c", program, str(file)]
            said = subprocess.run(words, capture_output=True, text=True, check=True, env=cache).stdout.split()
            results[name].append((float(said[0]), float(said[1])))
    return results


def show(results: dict[str, list[tuple[float, float]]]) -> None:
    """A line a program, with ratios to the first."""
    medians = {
        name: [statistics.median(column) for column in zip(*turns, strict=True)] for name, turns in results.items()
    }
    seconds, memory = next(iter(medians.values()))
    print(f"{'':<30}{'seconds':>9}{'ratio':>8}{'peak MiB':>10}{'ratio':>8}")
    for name, (took, peak) in medians.items():
        print(f"{name:<30}{took:>9.2f}{took / seconds:>8.2f}{peak:>10,.0f}{peak / memory:>8.2f}")


if __name__ == "__main__":
    main()
