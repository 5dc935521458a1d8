"""Starting: processor seconds of a command before it does anything. Other work on the machine changes them little."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.interleaved import command_of
from benchmarks.process import run
from benchmarks.training import write_closes

IMPORT = "from lightning.pytorch.cli import LightningCLI"


def report(quick: bool) -> str:
    """Measure all commands in turn, and return a table with ratios to the import of Lightning's command line."""
    rounds = 3 if quick else 7
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        rows = write_rows(Path(folder, "forecasts.csv"))
        package = [sys.executable, "-m", "cryptoforecast"]
        commands = {
            IMPORT: [sys.executable, "-c", IMPORT],
            "fit, to the end of its first step": command_of("cryptoforecast_fit", closes, 1, "lstm64"),
            "python -m cryptoforecast --help": [*package, "--help"],
            "python -m cryptoforecast data FILE": [*package, "data", str(closes)],
            "python -m cryptoforecast compare FILE": [*package, "compare", str(rows), f"--output_dir={folder}/out"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, command in commands.items():
                seconds[name].append(_seconds(command))
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    lines = [f"{name:<50}{took:>7.2f}{took / medians[IMPORT]:>8.2f}" for name, took in medians.items()]
    return "\n".join(
        [f"Starting; processor seconds, medians of {rounds} rounds", "", f"{'':<50}{'CPU s':>7}{'ratio':>8}", *lines]
    )


def _seconds(command: list[str]) -> float:
    """Until the first training step has ended, for a program that tells; else until the command has ended."""
    result = run(command)
    times = [line for line in result.output.splitlines() if line.startswith('{"first_step"')]
    return float(json.loads(times[0])["first_step"]) if times else result.cpu_s


def write_rows(file: Path) -> Path:
    """Write a year of forecast rows, named as in Nixtla's tools."""
    import pandas as pd

    days = pd.date_range("2024-01-01", periods=366)
    closes = pd.Series(range(100, 466), dtype=float)
    table = {"unique_id": "COIN", "ds": days, "cutoff": days - pd.Timedelta("1D"), "y": closes, "Model": closes + 0.5}
    pd.DataFrame(table).to_csv(file, index=False)
    return file
