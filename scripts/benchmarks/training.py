"""What training costs around the network: an epoch of ``fit`` beside the bare loop's, and beside other frameworks'."""

import math
import random
import statistics
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks.process import run
from benchmarks.turns import take_turns, words_of

OURS = ("bare", "ours", "tutorial")  # these run where cryptoforecast does
PEERS = {  # those want an environment of their own
    "neuralforecast": "torch==2.13.0 neuralforecast==3.3.0",
    "darts": "torch==2.13.0 darts==0.41.0 pytorch-lightning==2.5.2",
    "keras": "keras==3.15.1 tensorflow-cpu==2.21.0",
}
NAMES = {"bare": "bare PyTorch loop", "ours": "cryptoforecast fit", "tutorial": "Lightning as tutorials have it"}
SIZES = {"linear": "linear", "lstm64": "LSTM(64)", "lstm128x2": "LSTM(128), 2 layers"}
STEPS, EPOCHS = 22, 20
GPU = "import torch; print(torch.cuda.get_device_name() if torch.cuda.is_available() else '')"


def report(quick: bool, peers: Path | None) -> str:
    """Measure, and say it in two tables; programs take turns, and ratios are those of neighbouring epochs."""
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        beside = _beside_others(closes, quick, peers)
        by_size = _by_size("The same by size of the network", closes, quick)
    return "\n".join([*beside, "", *by_size])


def report_on_gpu(quick: bool) -> str:
    """Measure on a GPU, and say it in a table; or that there is none."""
    device = run([sys.executable, "-c", GPU]).out.strip()
    if not device:
        return "Training on a GPU: there is none here"
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        return "\n".join(_by_size(f"Training on {device} by size of the network", closes, quick, "gpu"))


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
    programs = {name: words_of(name, closes, EPOCHS, "lstm64", python) for name, python in pythons.items()}
    epochs = _epochs(programs, EPOCHS, turns)
    wholes = [{name: run(words) for name, words in programs.items()} for _ in range(turns)]
    title = f"Training, LSTM(64), context 60, batch 64, {EPOCHS} epochs of {STEPS} steps; medians of {turns} turns"
    head = f"{'':<32}{'epoch ms':>9}{'ratio':>7}{'ms a step above':>17}{'whole s':>9}{'ratio':>7}{'peak MiB':>10}"
    lines = [title, "", head]
    for name in programs:
        whole, peak = (statistics.median(getattr(turn[name], what) for turn in wholes) for what in ("wall", "peak"))
        ratio = statistics.median(turn[name].wall / turn["bare"].wall for turn in wholes)
        own = _beside(epochs[name], epochs["bare"])
        lines.append(f"{NAMES.get(name, name):<32}{own}{whole:>9.1f}{ratio:>7.2f}{peak:>10,.0f}")
    return [*lines, *_how_to_install(pythons)]


def _by_size(title: str, closes: Path, quick: bool, device: str = "cpu") -> list[str]:
    turns, epochs = 2 if quick else 5, 15
    lines = [f"{title}, {epochs} epochs; medians of {turns} turns", ""]
    lines.append(f"{'':<32}{'bare ms':>9}{'fit ms':>9}{'ratio':>7}{'ms a step above':>17}")
    for size, name in SIZES.items():
        programs = {one: [*words_of(one, closes, epochs, size), device] for one in OURS[:2]}
        seconds = _epochs(programs, epochs, turns)
        bare = f"{1000 * statistics.median(seconds['bare']):>9.0f}"
        lines.append(f"{name:<32}{bare}{_beside(seconds['ours'], seconds['bare'])}")
    return lines


def _epochs(programs: dict[str, list[str]], epochs: int, turns: int) -> dict[str, list[float]]:
    """Seconds of each program's epochs, in new processes each turn; how one happens to lie in memory counts too."""
    all_turns = [take_turns(programs, epochs) for _ in range(turns)]
    return {name: [seconds for turn in all_turns for seconds in turn[name]] for name in programs}


def _beside(own: list[float], bare: list[float]) -> str:
    """Milliseconds an epoch, ratio, and milliseconds a step above, epochs of the same round being compared."""
    ratio = statistics.median(one / least for one, least in zip(own, bare, strict=True))
    above = statistics.median((one - least) / STEPS for one, least in zip(own, bare, strict=True))
    return f"{1000 * statistics.median(own):>9.0f}{ratio:>7.2f}{1000 * above:>17.2f}"


def _how_to_install(pythons: dict[str, str]) -> list[str]:
    missing = [name for name in PEERS if name not in pythons]
    if not missing:
        return []
    lines = [f"  python3 -m venv PEERS/{name} && PEERS/{name}/bin/pip install {PEERS[name]}" for name in missing]
    return ["", f"not here: {', '.join(missing)}; to have them measured, install them and give --peers PEERS:", *lines]
