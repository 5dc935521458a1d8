"""backtest, interrupted in every way and begun again."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.fit import fit_of
from cryptoforecast.study.fold_fit import fit_fold
from cryptoforecast.study.folds import cut_backtest
from cryptoforecast.training.settings import command_line
from tests.cli.helpers import LAST, QUICK, SIMULATED, contents
from tests.copies import start_copy
from tests.helpers import Said, some
from tests.models.helpers import Kill, Killed

TypeIn = Callable[..., Said]


def begin(*words: str, folder: Path, home: Path) -> subprocess.Popen[bytes]:
    """Start a backtest in a process of its own, and wait until its fits begin."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cryptoforecast", "backtest", *QUICK, *SIMULATED, *words, f"--output_dir={folder}"],
        cwd=home, start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    while b"fold  seed" not in process.stdout.readline():
        assert process.poll() is None
    return process


@pytest.mark.slow
def test_a_backtest_is_alone_in_its_folder_and_ends_on_control_c_with_a_word(tmp_path: Path, type_in: TypeIn) -> None:
    process = begin(
        "--folds=4", "--trainer.max_epochs=100000", "--trainer.callbacks=null", folder=tmp_path / "out", home=tmp_path
    )
    said = type_in("backtest", *QUICK, *SIMULATED, "--folds=4", "--output_dir=out")
    assert (said.status, "another backtest is at work here" in said.err) == (1, True), said.err
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.decode().split("\n")[-3:-1] == [
        "0 of 4 fits are kept; the same command goes on with the others.", "error: interrupted."
    ]  # fmt: skip
    assert not list((tmp_path / "out" / "folds").iterdir())


@pytest.mark.filterwarnings("ignore:Checkpoint directory")
@pytest.mark.filterwarnings("ignore:trainer.callbacks.Kill:cryptoforecast.errors.DataNotice")  # killed it, and is gone
@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
def test_a_fit_that_was_interrupted_goes_on_from_its_last_checkpoint_to_the_same_bytes(
    type_in: TypeIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word for word in QUICK if "max_epochs" not in word and "logger" not in word]
    words += [*SIMULATED, "--seed_everything=0", "--model.dropout=0.3", "--trainer.max_epochs=3",
              "--data.batch_size=16", f"--trainer.callbacks=[{LAST}]"]  # fmt: skip
    made = make_backtest(words)
    (fold,) = cut_backtest(made.datamodule, 1)
    whole, broken = (fit_of(fold, 0, words, made.datamodule.series, tmp_path / name) for name in ("whole", "broken"))
    fit_fold(whole)
    around = command_line.options_for_fit
    with monkeypatch.context() as patch, suppress(Killed):
        kill = Kill("on_train_batch_end", 8)
        patch.setattr(
            command_line,
            "options_for_fit",
            lambda *given: {**(own := around(*given)), "callbacks": [kill, *own["callbacks"]]},
        )
        fit_fold(broken)
    capsys.readouterr()
    fit_fold(broken)
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if line[:5].strip().isdigit()] == [
        "1",
        "2",
    ]
    assert (broken.folder / "forecasts.csv").read_bytes() == (whole.folder / "forecasts.csv").read_bytes()


def begin_in_a_copy(*words: str, folder: Path, home: Path) -> BaseProcess:
    """Start a backtest, and wait until its fits begin."""
    printed = home / "printed.txt"
    printed.write_text("")
    typed = ("backtest", *QUICK, *SIMULATED, *words, f"--output_dir={folder}")
    process = start_copy(*typed, folder=home, printed=printed)
    while "fold  seed" not in printed.read_text():
        assert process.is_alive()
        time.sleep(0.01)
    return process


@pytest.mark.slow
def test_killed_at_random_moments_a_backtest_ends_with_the_same_bytes(tmp_path: Path) -> None:
    """Killed and begun again; what comes to its end in between begins anew."""
    unbroken, broken = tmp_path / "unbroken", tmp_path / "broken"
    words = ("--folds=4", "--workers=2")
    whole = begin_in_a_copy(*words, folder=unbroken, home=tmp_path)
    began = time.monotonic()
    whole.join()
    assert whole.exitcode == 0
    seconds, moments = time.monotonic() - began, random.Random(0)
    kills = 0
    while kills < some(4, many=10):
        process, kept = begin_in_a_copy(*words, folder=broken, home=tmp_path), set(broken.glob("folds/*/forecasts.csv"))
        time.sleep(moments.uniform(0, seconds))
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGKILL)
        process.join()
        kills += process.exitcode == -signal.SIGKILL
        assert kept <= set(broken.glob("folds/*/forecasts.csv")), "no finished fold is lost"
        if (broken / "scores.json").exists():
            assert contents(broken) == contents(unbroken)
            shutil.rmtree(broken)
    begin_in_a_copy(*words, folder=broken, home=tmp_path).join()
    assert contents(broken) == contents(unbroken)
