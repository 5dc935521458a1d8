"""What training costs around the network: an epoch of ``fit`` beside the bare loop's, and beside other frameworks'."""

import json
import math
import random
import statistics
import sys
import tempfile
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from benchmarks.process import run

PROGRAMS = Path(__file__).parent / "programs"
OURS = ("bare", "ours", "tutorial")  # these run where cryptoforecast does
PEERS = {  # those want an environment of their own
    "neuralforecast": "torch==2.13.0 neuralforecast==3.3.0",
    "darts": "torch==2.13.0 darts==0.41.0 pytorch-lightning==2.5.2",
    "keras": "keras==3.15.1 tensorflow-cpu==2.21.0",
}
NAMES = {"bare": "bare PyTorch loop", "ours": "cryptoforecast fit", "tutorial": "Lightning as tutorials have it"}
SIZES = {"linear": "linear", "lstm64": "LSTM(64)", "lstm128x2": "LSTM(128), 2 layers"}
STEPS, EPOCHS = 22, 20


class Run(NamedTuple):
    """A process: its median epoch and its whole, in seconds on the wall, and its peak MiB."""

    epoch: float
    whole: float
    peak: float


def report(quick: bool, peers: Path | None) -> str:
    """Measure, and say it in two tables; programs take turns, and ratios are taken within a turn."""
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        beside = _beside_others(closes, quick, peers)
        by_size = _by_size(closes, quick)
    return "\n".join([*beside, "", *by_size])


def write_closes(file: Path) -> Path:
    """1,561 closes of a random walk: 1,461 to train on, whose 1,401 windows of 60 make 22 batches of 64."""
    walk, price, rows = random.Random(0), 30_000.0, ["Date,Close"]
    for day in range(1561):
        price *= math.exp(walk.gauss(0, 0.03))
        rows.append(f"{date(2016, 1, 1) + timedelta(day)},{price:.2f}")
    file.write_text("\n".join(rows) + "\n")
    return file


def _beside_others(closes: Path, quick: bool, peers: Path | None) -> list[str]:
    turns = 2 if quick else 5
    pythons = dict.fromkeys(OURS, sys.executable)
    pythons |= {name: str(peers / name / "bin" / "python") for name in PEERS if peers and (peers / name).is_dir()}
    runs: dict[str, list[Run]] = {name: [] for name in pythons}
    for _ in range(turns):
        for name, python in pythons.items():
            runs[name].append(_run(python, name, closes, EPOCHS, "lstm64"))
    title = f"Training, LSTM(64), context 60, batch 64, {EPOCHS} epochs of {STEPS} steps; medians of {turns} turns"
    head = f"{'':<32}{'epoch ms':>9}{'ratio':>7}{'ms a step above':>17}{'whole s':>9}{'ratio':>7}{'peak MiB':>10}"
    lines = [title, "", head, *(_line(NAMES.get(name, name), runs[name], runs["bare"]) for name in runs)]
    return [*lines, *_how_to_install(pythons)]


def _line(name: str, own: list[Run], bare: list[Run]) -> str:
    ratio, above, whole = (
        statistics.median(values)
        for values in (
            [one.epoch / least.epoch for one, least in zip(own, bare, strict=True)],
            [(one.epoch - least.epoch) / STEPS for one, least in zip(own, bare, strict=True)],
            [one.whole / least.whole for one, least in zip(own, bare, strict=True)],
        )
    )
    epoch, seconds, peak = (statistics.median(column) for column in zip(*own, strict=True))
    return f"{name:<32}{1000 * epoch:>9.0f}{ratio:>7.2f}{1000 * above:>17.2f}{seconds:>9.1f}{whole:>7.2f}{peak:>10,.0f}"


def _how_to_install(pythons: dict[str, str]) -> list[str]:
    missing = [name for name in PEERS if name not in pythons]
    if not missing:
        return []
    lines = [f"  python3 -m venv PEERS/{name} && PEERS/{name}/bin/pip install {PEERS[name]}" for name in missing]
    return ["", f"not here: {', '.join(missing)}; to have them measured, install them and give --peers PEERS:", *lines]


def _by_size(closes: Path, quick: bool) -> list[str]:
    turns, epochs = (1, 6) if quick else (5, 10)
    lines = [f"The same by size of the network, {epochs} epochs; medians of {turns} turns", ""]
    lines.append(f"{'':<32}{'bare ms':>9}{'fit ms':>9}{'ratio':>7}{'ms a step above':>17}")
    for size, name in SIZES.items():
        pairs = [[_run(sys.executable, one, closes, epochs, size).epoch for one in OURS[:2]] for _ in range(turns)]
        bare, ours = (1000 * statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(own / least for least, own in pairs)
        above = 1000 * statistics.median((own - least) / STEPS for least, own in pairs)
        lines.append(f"{name:<32}{bare:>9.0f}{ours:>9.0f}{ratio:>7.2f}{above:>17.2f}")
    return lines


def _run(python: str, program: str, closes: Path, epochs: int, size: str) -> Run:
    took = run([python, str(PROGRAMS / f"{program}.py"), str(closes), str(epochs), size])
    (told,) = (line for line in took.out.splitlines() if line.startswith('{"first_step"'))
    walls = [wall for wall, _ in json.loads(told)["epochs"]]
    later = [after - before for before, after in pairwise(walls[1:])]  # the first warms up
    return Run(statistics.median(later), took.wall, took.peak)
