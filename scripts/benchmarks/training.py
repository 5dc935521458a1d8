"""Training: an epoch of ``fit`` beside a plain PyTorch loop's and beside other frameworks'."""

import math
import random
import statistics
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.interleaved import command_of, epochs_of_each
from benchmarks.process import run

NAMES = {  # of the programs that run in this environment
    "bare_pytorch": "plain PyTorch loop",
    "cryptoforecast_fit": "cryptoforecast fit",
    "lightning_tutorial": "Lightning as in tutorials",
}
PEERS = {  # what to install, each into an environment of its own
    "neuralforecast": "torch==2.13.0 neuralforecast==3.3.0",
    "darts": "torch==2.13.0 darts==0.41.0 pytorch-lightning==2.5.2",
    "keras": "keras==3.15.1 tensorflow-cpu==2.21.0",
}
SIZES = {"linear": "linear", "lstm64": "LSTM(64)", "lstm128x2": "LSTM(128), 2 layers"}
STEPS, EPOCHS, EPOCHS_BY_SIZE = 22, 20, 15
GPU_NAME = "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')"


def report(quick: bool, peers: Path | None) -> str:
    """Measure an LSTM with all programs, then three sizes of network with two of them; return two tables."""
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        by_program = _table_of_programs(closes, quick, peers)
        by_size = _table_of_sizes("The same by size of the network", closes, quick)
    return "\n".join([*by_program, "", *by_size])


def report_on_gpu(quick: bool) -> str:
    """Measure three sizes of network on a GPU and return a table; where there is no GPU, a sentence."""
    device = run([sys.executable, "-c", GPU_NAME]).output.strip()
    if not device:
        return "Training on a GPU: this machine has none"
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        return "\n".join(_table_of_sizes(f"Training on {device} by size of the network", closes, quick, "gpu"))


def write_closes(file: Path) -> Path:
    """Write 1,561 closes of a random walk: 1,461 to train on, whose 1,401 windows of 60 make 22 batches of 64."""
    walk, price, rows = random.Random(0), 30_000.0, ["Date,Close"]
    for day in range(1561):
        price *= math.exp(walk.gauss(0, 0.03))
        rows.append(f"{date(2016, 1, 1) + timedelta(day)},{price:.2f}")
    file.write_text("\n".join(rows) + "\n")
    return file


def interpreters(peers: Path | None) -> dict[str, str]:
    """The Python interpreter of each program, those of the peers that are installed in ``peers`` included."""
    here = dict.fromkeys(NAMES, sys.executable)
    if peers is None:
        return here
    return here | {name: str(peers / name / "bin/python") for name in PEERS if (peers / name).is_dir()}


def how_to_install(missing: list[str]) -> list[str]:
    """Lines that say how to install peers; none where none is missing."""
    if not missing:
        return []
    lines = [f"  python3 -m venv PEERS/{name} && PEERS/{name}/bin/pip install {PEERS[name]}" for name in missing]
    return ["", f"not measured: {', '.join(missing)}; to measure them, install them and give --peers PEERS:", *lines]


def _table_of_programs(closes: Path, quick: bool, peers: Path | None) -> list[str]:
    rounds, pythons = 2 if quick else 5, interpreters(peers)
    programs = {name: command_of(name, closes, EPOCHS, "lstm64", python) for name, python in pythons.items()}
    epochs = _epochs(programs, EPOCHS, rounds)
    runs = [{name: run(command) for name, command in programs.items()} for _ in range(rounds)]
    title = f"Training, LSTM(64), context 60, batch 64, {EPOCHS} epochs of {STEPS} steps; medians of {rounds} rounds"
    head = f"{'':<32}{'epoch ms':>9}{'ratio':>7}{'ms a step above':>17}{'whole s':>9}{'ratio':>7}{'peak MiB':>10}"
    lines = [title, "", head]
    for name in programs:
        seconds, peak = (statistics.median(getattr(one[name], what) for one in runs) for what in ("wall_s", "peak_mib"))
        ratio = statistics.median(one[name].wall_s / one["bare_pytorch"].wall_s for one in runs)
        epoch = _columns_of_epochs(epochs[name], epochs["bare_pytorch"])
        lines.append(f"{NAMES.get(name, name):<32}{epoch}{seconds:>9.1f}{ratio:>7.2f}{peak:>10,.0f}")
    return [*lines, *how_to_install([name for name in PEERS if name not in pythons])]


def _table_of_sizes(title: str, closes: Path, quick: bool, device: str = "cpu") -> list[str]:
    rounds = 2 if quick else 5
    lines = [f"{title}, {EPOCHS_BY_SIZE} epochs; medians of {rounds} rounds", ""]
    lines.append(f"{'':<32}{'bare ms':>9}{'fit ms':>9}{'ratio':>7}{'ms a step above':>17}")
    for size, name in SIZES.items():
        pair = ("bare_pytorch", "cryptoforecast_fit")
        programs = {program: [*command_of(program, closes, EPOCHS_BY_SIZE, size), device] for program in pair}
        bare, fit = _epochs(programs, EPOCHS_BY_SIZE, rounds).values()
        lines.append(f"{name:<32}{1000 * statistics.median(bare):>9.0f}{_columns_of_epochs(fit, bare)}")
    return lines


def _epochs(programs: dict[str, list[str]], epochs: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each program's epochs over all rounds.

    Each round starts new processes: where a process happens to lie in memory changes its speed.
    """
    results = [epochs_of_each(programs, epochs) for _ in range(rounds)]
    return {name: [seconds for result in results for seconds in result[name]] for name in programs}


def _columns_of_epochs(epochs: list[float], bare: list[float]) -> str:
    """Milliseconds an epoch, ratio to the plain loop's, and milliseconds a step above it.

    Ratio and difference are medians over pairs of epochs of the same turn.
    """
    pairs = list(zip(epochs, bare, strict=True))
    ratio = statistics.median(seconds / of_bare for seconds, of_bare in pairs)
    above = statistics.median((seconds - of_bare) / STEPS for seconds, of_bare in pairs)
    return f"{1000 * statistics.median(epochs):>9.0f}{ratio:>7.2f}{1000 * above:>17.2f}"
