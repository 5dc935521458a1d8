"""Training beside other busy processes: seconds an epoch beside none, one, two and three of them."""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.interleaved import EPOCHS_PER_TURN, command_of, start_paused
from benchmarks.training import NAMES, PEERS, STEPS, how_to_install, interpreters, write_closes

BUSY_PROCESSES = (0, 1, 2, 3)
FIT, FIT_BY_DEFAULT = "cryptoforecast_fit", "fit, OpenMP's default"
DEFAULT_SPINCOUNT = "GOMP_SPINCOUNT=300000"  # what libgomp takes by itself; a value that is set is left alone
LOOP = "while True: pass"


def report(quick: bool, peers: Path | None) -> str:
    """Measure all programs in turn, beside each count of busy processes, and return a table."""
    rounds, pythons = 1 if quick else 5, interpreters(peers)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        closes, epochs = write_closes(Path(folder, "COIN-USD.csv")), EPOCHS_PER_TURN * len(BUSY_PROCESSES) * rounds
        commands = {name: command_of(name, closes, epochs, "lstm64", python) for name, python in pythons.items()}
        commands[FIT_BY_DEFAULT] = ["env", DEFAULT_SPINCOUNT, *commands[FIT]]
        programs = start_paused(commands, stack)
        for _ in range(rounds):
            for count in BUSY_PROCESSES:
                with busy_processes(count):
                    for program in programs.values():
                        program.train_one_turn()
        for program in programs.values():
            program.resume()
        seconds = {name: _medians(program.turns()) for name, program in programs.items()}
    lines = [
        f"Seconds an epoch of {STEPS} steps, LSTM(64), beside so many busy processes; medians of {rounds} rounds",
        "",
        f"{'':<32}{'alone':>8}" + "".join(f"{f'beside {count}':>10}{'ratio':>7}" for count in BUSY_PROCESSES[1:]),
    ]
    for name, (alone, *beside) in seconds.items():
        columns = "".join(f"{second:>10.2f}{second / alone:>7.1f}" for second in beside)
        lines.append(f"{NAMES.get(name, name):<32}{alone:>8.2f}{columns}")
    return "\n".join([*lines, *how_to_install([name for name in PEERS if name not in pythons])])


@contextmanager
def busy_processes(count: int) -> Iterator[None]:
    """Keep so many processes computing meanwhile."""
    processes = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _medians(turns: list[list[float]]) -> list[float]:
    """Median seconds of an epoch for each count of busy processes; turns go through the counts again and again."""
    by_count = [turns[place :: len(BUSY_PROCESSES)] for place in range(len(BUSY_PROCESSES))]
    return [statistics.median(seconds for turn in group for seconds in turn) for group in by_count]
