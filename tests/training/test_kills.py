"""Processes that are killed, and many commands in one process."""

import gc
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import AMIDST, ENDS, RUN, bits
from tests.copies import start_copy
from tests.helpers import Said, random_walk, some, write_yahoo

TypeIn = Callable[..., Said]
EPOCHS = "--trainer.max_epochs=8"
KILLS = some(3, many=10)  # of each fit
FITS = some(6, many=12)  # in one process, with seven forecasts each


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no SIGKILL")
def test_killed_at_random_moments_a_fit_ends_in_the_same_bits(coin: TypeIn, tmp_path: Path) -> None:
    """Killed and gone on with until it comes to its end, which is reached more than once."""
    moments, kills, ends = random.Random(0), 0, 0
    start_copy("--help").join()  # all is imported now
    for fit in (ENDS, AMIDST):
        shutil.rmtree("runs", ignore_errors=True)
        began = time.monotonic()
        whole = start_copy(*fit, EPOCHS, "--trainer.logger.name=whole")
        whole.join()
        seconds, wanted, wanted_ends = time.monotonic() - began, kills + KILLS, ends + 1
        assert whole.exitcode == 0
        expected = bits(Path("runs", "whole", "version_0"))
        while kills < wanted or ends < wanted_ends or RUN.parent.exists():
            process = start_copy(*fit, EPOCHS, "--ckpt_path=last")
            process.join(moments.uniform(0.3, 1) * seconds if kills < wanted else None)
            if process.exitcode is None:
                process.kill()
                process.join()
                kills += 1
                continue
            assert process.exitcode == 0
            (run,) = [run for run in RUN.parent.iterdir() if (run / "checkpoints" / "last.ckpt").exists()]
            assert bits(run) == expected
            shutil.rmtree(RUN.parent)
            ends += 1
            seconds *= 0.7  # the whole fit may have been slowed by others
    assert kills == 2 * KILLS
    assert ends >= 2


@pytest.mark.slow
def test_a_command_that_is_killed_goes_on_as_it_is_typed(coin: TypeIn, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cryptoforecast", *AMIDST, "--trainer.max_epochs=200"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("    3 "):
        assert process.poll() is None
    process.kill()
    process.communicate()
    go_on = [sys.executable, "-m", "cryptoforecast", "fit", "--ckpt_path", RUN / "checkpoints" / "last.ckpt", EPOCHS]
    assert subprocess.run(go_on, cwd=tmp_path, stdout=subprocess.DEVNULL).returncode == 0
    assert coin(*AMIDST, EPOCHS, "--trainer.logger.name=whole").status == 0
    assert bits(RUN) == bits(Path("runs", "whole", "version_0"))


def memory() -> int:
    """Bytes that this process holds in memory."""
    gc.collect()
    pages = Path("/proc/self/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def open_files() -> list[str]:
    return sorted(os.readlink(path) for path in Path("/proc/self/fd").iterdir() if path.exists())  # noqa: PTH115


SOAK = """
import contextlib, io, torch
from cryptoforecast.cli.main import main
from tests.training.test_kills import FITS, memory, open_files
from tests.cli.helpers import ENDS

torch.set_num_threads(1)

def commands(number):
    best = ("--ckpt_path", f"runs/lightning_logs/version_{number}/checkpoints/best.ckpt")
    yield (*ENDS, f"--trainer.logger.version={number}", "--trainer.max_epochs=1")
    if number % 3 == 0:
        yield ("test", *best)
    yield from [("predict", *best)] * 7

typed = 0
for number in range(FITS):
    for words in commands(number):
        with contextlib.redirect_stdout(io.StringIO()):
            assert main(words) == 0
        typed += 1
    if number == 2:  # warm by now
        files, before = open_files(), memory()
after = memory()
assert typed >= 8 * FITS
assert open_files() == files, (files, open_files())
print(after / before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="tells memory and files by /proc")
def test_many_commands_leave_memory_flat_and_no_file_open(coin: TypeIn, tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run([sys.executable, "-c", SOAK], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    grown = float(done.stdout.splitlines()[-1])
    assert grown < 1.05


@pytest.fixture
def coin(tmp_path: Path, type_in: TypeIn) -> TypeIn:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(140))
    return type_in
