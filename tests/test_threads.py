"""Threads spin briefly wherever torch and SciPy are loaded after the package, and the results are the same bits."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cryptoforecast.threads import OPENBLAS, OPENMP, TIMEOUT, in_environment, spin_briefly
from tests.helpers import Run, random_walk, write_yahoo

LIBGOMP = re.compile(r"GOMP_SPINCOUNT = '(\d+)'")  # printed by libgomp itself when it is loaded
needs_libgomp = pytest.mark.skipif(sys.platform != "linux", reason="torch brings libgomp on Linux alone")
TWO_CORES = "import os; os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])"
COMPUTATIONS = """
import hashlib, subprocess, sys, time
from cryptoforecast import LSTM, Arima, CloseDataModule, SimulatedSource
from cryptoforecast.models.ladder.ladder import fit_ladder
data = CloseDataModule(SimulatedSource(rows=1000), context_length=40, horizon=2)
data.setup("fit")
windows, bars = data.windows[data.fold.val[:3]].context, data.bars()
busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(int(sys.argv[1]))]
begin = time.process_time()
forecasts = Arima(context_length=40, horizon=2, q=1).forecast(windows)
rungs = fit_ladder(bars, 2).rungs.values()
states = [rung.follow(bars[0])[-9:] for rung in rungs]
print(time.process_time() - begin)
for process in busy:
    process.kill()
    process.wait()
import torch
from lightning.pytorch import Trainer, seed_everything
torch.set_num_threads(2)
seed_everything(0, verbose=False)
model = LSTM(context_length=20, hidden_size=64)
Trainer(max_epochs=1, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0).fit(
            model, CloseDataModule(SimulatedSource(rows=150), context_length=20))
parts = [forecasts.numpy(), *(rung.quantiles(state, [0.1, 0.7]) for rung, state in zip(rungs, states))]
parts += [weights.detach().numpy() for weights in model.parameters()]
print(hashlib.sha256(b"".join(part.tobytes() for part in parts)).hexdigest())
"""


def run(words: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an environment that says nothing about threads but what is given."""
    libraries = ("OMP_", "GOMP_", "KMP_", "OPENBLAS_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(libraries)}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, cwd=folder, env=inherited | environment, check=True
    )


def spincounts(words: list[str], folder: Path, **environment: str) -> set[str]:
    """What each process has that loads libgomp."""
    return set(LIBGOMP.findall(run(words, folder, OMP_DISPLAY_ENV="verbose", **environment).stderr))


@needs_libgomp
@pytest.mark.parametrize(
    ("imports", "environment", "spincount"),
    [
        ("import cryptoforecast, torch", {}, "1000"),
        ("import torch, cryptoforecast", {}, "300000"),
        ("import cryptoforecast, torch", {"GOMP_SPINCOUNT": "7"}, "7"),
        ("import cryptoforecast, torch", {"OMP_NUM_THREADS": "2"}, "1000"),
    ],
)
def test_libgomp_spins_briefly_unless_it_is_loaded_already_or_the_user_has_said_how_to_wait(
    imports: str, environment: dict[str, str], spincount: str, tmp_path: Path
) -> None:
    assert spincounts(["-c", imports], tmp_path, **environment) == {spincount}


@pytest.mark.slow
@needs_libgomp
def test_the_processes_of_a_backtest_spin_briefly_too(tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    words = ["backtest", "--model=Mean", "--folds=1", "--output_dir=out", "--data.source=CsvSource",
             "--data.source.path=COIN-USD.csv", "--data.context_length=4"]  # fmt: skip
    done = run(["-m", "cryptoforecast", *words], tmp_path, OMP_DISPLAY_ENV="verbose")
    found = LIBGOMP.findall(done.stderr)
    assert len(found) >= 2, done.stderr  # of this process, and of the server from which the others are forked
    assert set(found) == {"1000"}


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment that says nothing about threads; what is set in a test is taken back after it."""
    for name in (*OPENMP, *OPENBLAS):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"GOMP_SPINCOUNT": "5"},
        {"OMP_WAIT_POLICY": "PASSIVE"},
        {"KMP_BLOCKTIME": "0"},
        {TIMEOUT: "20"},
        {"OMP_WAIT_POLICY": "ACTIVE", TIMEOUT: "26"},
    ],
    ids=str,
)
def test_what_the_user_has_set_is_left_alone(given: dict[str, str], nothing_set: pytest.MonkeyPatch) -> None:
    for name, value in given.items():
        nothing_set.setenv(name, value)
    nothing_set.setattr(sys, "modules", {})
    spin_briefly()
    of_openmp = {name: value for name, value in given.items() if name != TIMEOUT}
    assert in_environment(OPENMP) == (of_openmp or {"GOMP_SPINCOUNT": "1000"})
    assert in_environment(OPENBLAS) == {TIMEOUT: given.get(TIMEOUT, "4")}


@pytest.mark.parametrize(
    ("loaded", "found"), [("torch", {TIMEOUT: "4"}), ("scipy.linalg", {"GOMP_SPINCOUNT": "1000"}), ("numpy", None)]
)
def test_nothing_is_set_for_a_library_that_is_loaded_already(
    loaded: str, found: dict[str, str] | None, nothing_set: pytest.MonkeyPatch
) -> None:
    nothing_set.setattr(sys, "modules", {loaded: sys})
    spin_briefly()
    assert in_environment((*OPENMP, *OPENBLAS)) == (found or {"GOMP_SPINCOUNT": "1000", TIMEOUT: "4"})


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the processes are put on the same two cores")
def test_estimations_are_quick_beside_busy_processes_and_all_bits_the_same_however_long_threads_spin(
    tmp_path: Path,
) -> None:
    seconds, digest = run(["-c", TWO_CORES + COMPUTATIONS, "2"], tmp_path).stdout.split()
    assert float(seconds) < 3  # of the processor, usually one; threads that spin as long as by default take seven
    as_by_default = {"GOMP_SPINCOUNT": "300000", TIMEOUT: "12"}
    assert run(["-c", TWO_CORES + COMPUTATIONS, "0"], tmp_path, **as_by_default).stdout.split()[1] == digest


def test_a_run_records_how_threads_wait(fitted: Run) -> None:
    recorded = json.loads((fitted.folder / "provenance.json").read_text())
    assert recorded["openmp"] == in_environment(OPENMP)
    assert recorded["openblas"] == in_environment(OPENBLAS)
