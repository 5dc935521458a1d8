"""What a command costs before it does anything: processor seconds, which other work on the machine moves little."""

import json
import statistics
import sys
import tempfile
from pathlib import Path

from benchmarks.process import run
from benchmarks.training import write_closes
from benchmarks.turns import words_of

LIMIT = "from lightning.pytorch.cli import LightningCLI"
VERBS = ("--help", "data", "compare")


def report(quick: bool) -> str:
    """Measure, and say it in a table."""
    turns = 3 if quick else 7
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        rows = write_rows(Path(folder, "forecasts.csv"))
        package = [sys.executable, "-m", "cryptoforecast"]
        commands = {
            LIMIT: [sys.executable, "-c", LIMIT],
            "fit, to the end of its first step": words_of("ours", closes, 1, "lstm64"),
            "python -m cryptoforecast --help": [*package, "--help"],
            "python -m cryptoforecast data FILE": [*package, "data", str(closes)],
            "python -m cryptoforecast compare FILE": [*package, "compare", str(rows), f"--output_dir={folder}/out"],
        }
        seconds: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(turns):
            for name, words in commands.items():
                seconds[name].append(_seconds(words))
    medians = {name: statistics.median(all_turns) for name, all_turns in seconds.items()}
    limit = medians[LIMIT]
    lines = [f"{name:<50}{took:>7.2f}{took / limit:>8.2f}" for name, took in medians.items()]
    return "\n".join(
        [f"Starting; processor seconds, medians of {turns} turns", "", f"{'':<50}{'CPU s':>7}{'ratio':>8}", *lines]
    )


def _seconds(words: list[str]) -> float:
    took = run(words)
    told = [line for line in took.out.splitlines() if line.startswith('{"first_step"')]
    return float(json.loads(told[0])["first_step"]) if told else took.cpu


def write_rows(file: Path) -> Path:
    """Forecast rows of a year, as another tool would have them."""
    import pandas as pd

    days = pd.date_range("2024-01-01", periods=366)
    closes = pd.Series(range(100, 466), dtype=float)
    table = {"unique_id": "COIN", "ds": days, "cutoff": days - pd.Timedelta("1D"), "y": closes, "Theirs": closes + 0.5}
    pd.DataFrame(table).to_csv(file, index=False)
    return file
