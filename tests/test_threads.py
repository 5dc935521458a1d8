"""Threads spin briefly wherever torch is loaded after the package, and the bits of the weights stay the same."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from cryptoforecast import threads
from cryptoforecast.threads import openmp_settings, spin_briefly
from tests.helpers import Run, random_walk, write_yahoo

LIBGOMP = re.compile(r"GOMP_SPINCOUNT = '(\d+)'")  # printed by libgomp itself when it is loaded
needs_libgomp = pytest.mark.skipif(sys.platform != "linux", reason="torch brings libgomp on Linux alone")
WEIGHTS = """
import hashlib, sys
import cryptoforecast
import torch
from lightning.pytorch import Trainer, seed_everything
from cryptoforecast import LSTM, CloseDataModule, SimulatedSource
torch.set_num_threads(2)
seed_everything(0, verbose=False)
model = LSTM(context_length=20, hidden_size=64)
data = CloseDataModule(SimulatedSource(rows=300), context_length=20)
Trainer(max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, num_sanity_val_steps=0).fit(model, data)
print(hashlib.sha256(b"".join(one.detach().numpy().tobytes() for one in model.parameters())).hexdigest())
"""


def run(words: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in an environment that says nothing about threads but what is given."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_", "KMP_"))}
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


@pytest.mark.parametrize(
    "given", [{}, {"GOMP_SPINCOUNT": "5"}, {"OMP_WAIT_POLICY": "PASSIVE"}, {"KMP_BLOCKTIME": "0"}], ids=str
)
def test_what_the_user_has_set_is_left_alone(given: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*threads.WAITING, "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "modules", {})
    spin_briefly()
    assert openmp_settings() == (given or {"GOMP_SPINCOUNT": "1000"})


def test_nothing_is_set_once_torch_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*threads.WAITING, "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert "torch" in sys.modules
    spin_briefly()
    assert openmp_settings() == {}


def test_the_weights_are_the_same_bits_however_long_threads_spin(tmp_path: Path) -> None:
    digests = {run(["-c", WEIGHTS], tmp_path, GOMP_SPINCOUNT=count).stdout for count in ("1000", "300000")}
    assert len(digests) == 1


def test_a_run_records_how_threads_wait(fitted: Run) -> None:
    recorded = json.loads((fitted.folder / "provenance.json").read_text())["openmp"]
    assert set(recorded) <= {*threads.WAITING, "OMP_NUM_THREADS"}
