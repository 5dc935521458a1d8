"""A fit that goes wrong: one sentence, and what was saved before is kept."""

import multiprocessing
import os
import platform
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.loggers import TensorBoardLogger

from cryptoforecast.cli.main import main
from cryptoforecast.training.checkpoint_io import AtomicCheckpointIO
from cryptoforecast.training.run_record import create_run_folder
from tests.cli.helpers import BEST, ENDS, FIT, LAST, LAST_FILE, RUN
from tests.helpers import Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]
STEPWISE = f"--trainer.callbacks=[{BEST}, {LAST.replace('last', 'last, every_n_train_steps: 1')}]"
BAD = """
import torch
from cryptoforecast import LSTM


class OfItsOwn(LSTM):
    'Has a training step of its own, whose loss is spoilt after some batches.'

    def __init__(self, good: int = 0, spoilt: float = float('nan'), **kwargs):
        super().__init__(**kwargs)
        self.good, self.spoilt = good, spoilt

    def training_step(self, window, batch_index):
        loss = self.loss(self.network_forecast(window.context), self.scaled(window.target, window.context))
        self.good -= 1
        return loss if self.good >= 0 else loss * self.spoilt


class Steep(LSTM):
    'Its loss is a number, and its slope is none.'

    def __init__(self, good: int = 0, **kwargs):
        super().__init__(**kwargs)
        self.good = good

    def loss(self, forecast, target):
        if self.training:
            self.good -= 1
        error = (forecast - target).abs().mean()
        return error if self.good >= 0 else error + (error - error.detach()).sqrt()
"""


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn) -> TypeIn:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    Path("bad.py").write_text(BAD)
    return type_in


def bad(name: str, *words: str) -> tuple[str, ...]:
    return ("fit", f"--model=bad.{name}", *FIT[2:], *words)


@pytest.mark.parametrize("callbacks", [f"--trainer.callbacks=[{BEST}, {LAST}]", STEPWISE], ids=["epochs", "steps"])
@pytest.mark.parametrize("spoilt", ["nan", "inf"])
def test_a_loss_that_is_no_number_ends_training_and_the_last_good_checkpoint_stays(
    spoilt: str, callbacks: str, coin: TypeIn
) -> None:
    said = coin(*bad("OfItsOwn", callbacks, "--model.good=10", f"--model.spoilt=.{spoilt}"))
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert said.err.startswith(
        f"error: the training loss is {spoilt} at step 11 (epoch 1, batch 3), learning rate 0.02, on windows of "
        "COIN-USD with origins from 2020-01-"
    )
    content = torch.load(LAST_FILE, weights_only=True)
    assert content["global_step"] == (10 if callbacks == STEPWISE else 7)
    assert all(weights.isfinite().all() for weights in content["state_dict"].values())


def test_where_looking_makes_a_device_wait_losses_are_looked_at_before_anything_is_kept(
    coin: TypeIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryptoforecast.training.finite_loss._at_once", lambda *_: False)
    for callbacks, good, kept in ((f"--trainer.callbacks=[{BEST}, {LAST}]", 10, 7), (STEPWISE, 10, 10)):
        said = coin(*bad("OfItsOwn", callbacks, f"--model.good={good}"))
        assert "the training loss is nan at step 11 (epoch 1, batch 3), learning rate 0.02, on windows" in said.err
        run = max(RUN.parent.iterdir())
        assert torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == kept


@pytest.mark.parametrize("weights_only", [False, True])
def test_weights_that_are_no_numbers_are_not_kept_though_the_loss_was_one(weights_only: bool, coin: TypeIn) -> None:
    callbacks = STEPWISE.replace("last,", "last, save_weights_only: true,") if weights_only else STEPWISE
    said = coin(*bad("Steep", callbacks, "--model.good=10"))
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert "Steep: after step 11, learning rate 0.02, network.layers.weight_ih_l0 is not finite" in said.err
    assert torch.load(LAST_FILE, weights_only=True)["global_step"] == 10


def in_a_child(what: Callable[..., object], *given: object) -> int | None:
    """How a process ends that does something."""
    process = multiprocessing.get_context("fork").Process(target=what, args=given)
    process.start()
    process.join()
    return process.exitcode


def killed_within(path: Path, content: dict[str, Any]) -> None:
    os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)  # all is written, nothing is in its place
    AtomicCheckpointIO().save_checkpoint(content, path)


def test_a_kill_within_the_writing_of_a_checkpoint_leaves_the_one_before(tmp_path: Path) -> None:
    path, files = tmp_path / "last.ckpt", AtomicCheckpointIO()
    files.save_checkpoint({"weights": torch.zeros(9)}, path)
    assert in_a_child(killed_within, path, {"weights": torch.ones(10**6)}) == -signal.SIGKILL
    assert torch.equal(files.load_checkpoint(path)["weights"], torch.zeros(9))


def test_what_a_kill_within_the_writing_has_left_is_removed_when_the_fit_goes_on(coin: TypeIn) -> None:
    assert coin(*ENDS, "--trainer.max_epochs=1").status == 0
    assert in_a_child(killed_within, LAST_FILE, {"weights": torch.ones(9)}) == -signal.SIGKILL
    assert len(list(LAST_FILE.parent.glob(".last.ckpt.*"))) == 1
    assert coin("fit", "--ckpt_path", LAST_FILE, "--trainer.max_epochs=2").status == 0
    assert {path.name for path in LAST_FILE.parent.iterdir()} == {"best.ckpt", "last.ckpt"}


def small_files(size: int, said: Path, *words: str) -> None:
    """Type a command where no file can grow beyond a size, as on a disk that is full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    sys.stderr = said.open("w", buffering=1)
    os._exit(main(words))


@pytest.mark.parametrize("size", [800, 9000])
def test_a_full_disk_gets_one_sentence_and_what_was_saved_before_is_kept(size: int, coin: TypeIn) -> None:
    assert coin(*ENDS, "--trainer.max_epochs=1").status == 0
    before, said = LAST_FILE.read_bytes(), Path("said.txt")
    go_on = ("fit", "--ckpt_path", str(LAST_FILE), "--trainer.max_epochs=3")
    assert in_a_child(small_files, size, said, *go_on) == 1
    (sentence,) = [
        line for line in said.read_text().splitlines() if "not counted" not in line
    ]  # the ledger is full too
    name = (
        "config.yaml: cannot be written (File too large)"
        if size == 800
        else "last.ckpt: cannot be written (File too large); what was"
    )
    assert sentence.startswith(f"error: {RUN}")
    assert name in sentence
    assert LAST_FILE.read_bytes() == before
    assert coin(*go_on).status == 0


@pytest.mark.figures
def test_a_disk_that_curves_fill_gets_one_sentence(coin: TypeIn) -> None:
    figure = ENDS[-1].replace("[", "[{class_path: ForecastFigure}, ", 1)
    assert in_a_child(small_files, 60_000, Path("said.txt"), *ENDS[:-1], figure) == 1
    assert (
        Path("said.txt").read_text()
        == f"error: {RUN}: cannot be written (File too large); what was saved before is kept.\n"
    )


def test_a_folder_that_cannot_be_written_gets_one_sentence(coin: TypeIn) -> None:
    Path("file").touch()
    said = coin(*ENDS, "--trainer.logger.save_dir=file/runs")
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert said.err == "error: file/runs/lightning_logs/version_0: Not a directory.\n"
    kept = LAST.replace("last", "last, dirpath: file/kept")
    said = coin(*FIT, f"--trainer.callbacks=[{kept}]")
    assert (said.status, said.err.count("\n")) == (1, 1), said.err
    assert "file/kept/last.ckpt: cannot be written (Not a directory)" in said.err


def test_fits_that_start_at_once_have_folders_of_their_own(tmp_path: Path) -> None:
    at_once, claimed = Barrier(10), []

    def claim() -> None:
        trainer = Trainer(logger=TensorBoardLogger(tmp_path, "coin"), accelerator="cpu", enable_checkpointing=False)
        at_once.wait()
        claimed.append(create_run_folder(trainer, "seed_everything: 0\n"))

    threads = [Thread(target=claim) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(folder) for folder in claimed) == sorted(
        str(tmp_path / "coin" / f"version_{n}") for n in range(10)
    )
    assert all((folder / "config.yaml").read_text() for folder in claimed if folder)


def test_two_fits_at_once_both_end_well(coin: TypeIn) -> None:
    fork = multiprocessing.get_context("fork")
    fits = [fork.Process(target=lambda: os._exit(main(ENDS))) for _ in range(2)]
    for fit in fits:
        fit.start()
    for fit in fits:
        fit.join()
    assert [fit.exitcode for fit in fits] == [0, 0]
    both = [RUN, RUN.with_name("version_1")]
    assert sorted(RUN.parent.iterdir()) == both
    one, two = (torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)["state_dict"] for run in both)
    assert all(torch.equal(one[name], two[name]) for name in one)


@pytest.mark.slow
@pytest.mark.skipif(platform.machine() != "x86_64", reason="only there can a processor be told to know less")
def test_a_precision_that_the_processor_cannot_compute_is_refused_before_a_run_begins(
    coin: TypeIn, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "cryptoforecast", *FIT, "--trainer.precision=bf16-mixed"]
    known = {**os.environ, "ONEDNN_MAX_CPU_ISA": "AVX2"}
    done = subprocess.run(words, cwd=tmp_path, env=known, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (
        1,
        "error: trainer.precision bf16-mixed: this processor cannot compute LSTM in it.\n",
    )
    assert not RUN.exists()
