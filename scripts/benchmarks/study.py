"""Many small fits: how many a minute, with one worker and with two, and what a fit costs beside its training."""

import ctypes
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.training import write_closes

FOLDS, FEW_SEEDS, SEEDS = 4, 1, 8
PR_SET_CHILD_SUBREAPER = 36  # of prctl; then the processes of a command that has ended are waited for here
HEADS = {"a point": [], "a distribution": ["--model.head=StudentT"]}
END_OF_FIT = re.compile(rb"^ +\d+/\d+ ")
SECONDS = re.compile(r"^ +0 .* ([\d.]+)$", re.MULTILINE)  # of the only epoch, in the log of a fit


class Walk(NamedTuple):
    """What a backtest took: seconds between the ends of its first and its last fit, and processor seconds of all."""

    between_s: float
    cpu_s: float
    epoch_s: float


def report(quick: bool) -> str:
    """Walk forward with one worker and with two in turn, and return a table."""
    rounds = 1 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        lines = [_line(forecasts, closes, folder, rounds, head) for forecasts, head in HEADS.items()]
    return "\n".join(
        [
            f"Small fits of a backtest, NLinear, one epoch, {FOLDS} folds × {SEEDS} seeds; medians of {rounds} rounds",
            "",
            f"{'':<16}{'fits/min':>10}{'with two':>10}{'ratio':>8}{'CPU s a fit':>13}{'s an epoch':>14}",
            *lines,
        ]
    )


def _line(forecasts: str, closes: Path, folder: str, rounds: int, head: list[str]) -> str:
    """Fits a minute with one worker and with two, and processor seconds of a fit: of many less those of few."""
    few, one, two = list[Walk](), list[Walk](), list[Walk]()
    for _ in range(rounds):
        few.append(_walk(closes, folder, FEW_SEEDS, 1, head))
        one.append(_walk(closes, folder, SEEDS, 1, head))
        two.append(_walk(closes, folder, SEEDS, 2, head))
    slow, fast = (
        60 * (FOLDS * SEEDS - 1) / statistics.median(walk.between_s for walk in walks) for walks in (one, two)
    )
    cpu = statistics.median(more.cpu_s - less.cpu_s for more, less in zip(one, few, strict=True))
    a_fit, epoch = cpu / (FOLDS * (SEEDS - FEW_SEEDS)), statistics.median(walk.epoch_s for walk in one)
    return f"{forecasts:<16}{slow:>10.0f}{fast:>10.0f}{fast / slow:>8.2f}{a_fit:>13.2f}{epoch:>14.2f}"


def _walk(closes: Path, folder: str, seeds: int, workers: int, head: list[str]) -> Walk:
    """A backtest of small fits, which must succeed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with tempfile.TemporaryDirectory(dir=folder) as output:
        command = [
            sys.executable, "-m", "cryptoforecast", "backtest", "--model=NLinear", *head, "--data.source=CsvSource",
            f"--data.source.path={closes}", "--seed_everything=0", "--trainer.max_epochs=1",
            "--trainer.accelerator=cpu", f"--folds={FOLDS}", f"--seeds={seeds}", f"--workers={workers}",
            f"--output_dir={output}/out",
        ]  # fmt: skip
        ends = []
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=output) as process:
            assert process.stdout is not None
            for line in process.stdout:
                if END_OF_FIT.match(line):
                    ends.append(time.perf_counter())
            cpu, statuses = _wait_for_all()
            process.returncode = os.waitstatus_to_exitcode(statuses[process.pid])
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)} failed")
        logs = [file.read_text() for file in Path(output, "out", "folds").glob("*/log.txt")]
    epochs = [float(found) for log in logs for found in SECONDS.findall(log)]
    return Walk(ends[-1] - ends[0], cpu, statistics.median(epochs))


def _wait_for_all() -> tuple[float, dict[int, int]]:
    """Wait for all processes below this one; their processor seconds, and the status of each."""
    cpu, statuses = 0.0, {}
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            return cpu, statuses
        cpu, statuses[pid] = cpu + usage.ru_utime + usage.ru_stime, status
