"""Many small fits on this machine."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cryptoforecast.study.command import make_backtest
from cryptoforecast.study.engines.choose import EngineOptions, make_engine
from cryptoforecast.study.engines.engine import Ended
from cryptoforecast.study.fit import Fit, finished, fit_of
from cryptoforecast.study.folds import cut_backtest
from cryptoforecast.study.parsed import parsed_options
from cryptoforecast.study.queue import carry_out
from tests.cli.helpers import QUICK, SIMULATED
from tests.helpers import Said, some

DIES = """
import os
import torch
from lightning.pytorch import Callback

class Dies(Callback):
    def on_train_start(self, trainer, pl_module):
        if torch.initial_seed() == 7:
            os.kill(os.getpid(), 9)
"""
SETTLED = 10  # fits, after which nothing should grow


def pids() -> list[int]:
    """This process and those that it has started and waits for, such as the fork server."""
    tasks = Path("/proc/self/task").glob("*/children")
    return [os.getpid(), *(int(pid) for children in tasks for pid in children.read_text().split())]


def held() -> tuple[float, int]:
    """The memory of these processes in MiB, and how many files they have open."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids())
    files = sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids())
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, files


class Held:
    """What is held after each fit that has ended."""

    def __init__(self) -> None:
        self.after: list[tuple[float, int]] = []

    def started(self, fit: Fit) -> None:
        pass

    def ended(self, ended: Ended) -> None:
        self.after.append(held())


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::jsonargparse._deprecated.JsonargparseDeprecationWarning")
@pytest.mark.skipif(sys.platform != "linux", reason="memory and files are counted in /proc")
def test_many_fits_leave_no_memory_and_no_file_and_the_crash_of_one_ends_no_other(
    tmp_path: Path, type_in: Callable[..., Said]
) -> None:
    Path("dies.py").write_text(DIES)
    words = ["--model=NLinear", *QUICK[2:], *SIMULATED, "--seed_everything=0",
             "--trainer.callbacks=[{class_path: dies.Dies}]"]  # fmt: skip
    made = make_backtest(words)
    (fold,) = cut_backtest(made.datamodule, 1)
    parsed, count, report = parsed_options(made), some(40, many=500), Held()
    fits = [
        fit_of(fold, seed, words, made.datamodule.series, tmp_path / "out", settings=made.text)._replace(parsed=parsed)
        for seed in range(count)
    ]
    engine = make_engine(EngineOptions(workers=2), made.loaded, "CPUAccelerator")
    (failed,) = carry_out(fits, engine, report)
    assert failed.fit.seed == 7
    assert "its process ended with status -9" in str(failed.failure)
    assert [fit.seed for fit in fits if not finished(fit).exists()] == [7]
    (settled, files), (memory, left) = report.after[SETTLED], report.after[-1]
    assert memory < settled + 8, "MiB"
    assert left <= files
