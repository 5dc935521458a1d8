"""The fits of a backtest, several at a time, each in a process of its own."""

import os
import shutil
import time
from collections.abc import Callable
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple

from cryptoforecast.backtest.fold_fit import ROWS, Fit, work
from cryptoforecast.errors import UserError
from cryptoforecast.training.forkserver import forkserver_context, start

FINISHED = "folds"
GPUS = "CUDA_VISIBLE_DEVICES"


class Running(NamedTuple):
    """A fit that is being carried out: its process, its worker's number, and when it began."""

    fit: Fit
    process: BaseProcess
    worker: int
    began: float


def finished(fit: Fit) -> Path:
    """The folder of a fit when it is finished; there is none before."""
    return fit.folder.parent.parent / FINISHED / fit.folder.name


def rows_of(fit: Fit) -> Path:
    """The file with a finished fit's forecast rows."""
    return finished(fit) / ROWS


def carry_out(fits: list[Fit], workers: int, gpus: list[str], report: Callable[[Fit, float], None]) -> None:
    """Carry out fits, and put each one's folder in its place when it is finished.

    What a process computes depends on its fit alone: the number of workers changes nothing but the time. A fit that
    was interrupted goes on from its last checkpoint, to the same bits, or begins anew if it has none.

    Args:
        fits: what to do; their folders lie in one.
        workers: how many at a time.
        gpus: devices to share out among the workers, as ``CUDA_VISIBLE_DEVICES`` names them; none for the CPU.
        report: told of each finished fit, and how many seconds it took.

    Raises:
        UserError: saying which fit failed, and why; the others that run are ended.
    """
    running: list[Running] = []
    waiting, free = fits[::-1], list(range(workers))[::-1]
    _make_room(fits)
    try:
        while waiting or running:
            while waiting and free:
                running.append(_start(waiting.pop(), free.pop(), gpus))
            wait([item.process.sentinel for item in running])
            for ended in [item for item in running if not item.process.is_alive()]:
                running.remove(ended)
                free.append(ended.worker)
                ended.process.join()
                if ended.process.exitcode != 0:
                    raise _failure(ended)
                shutil.rmtree(finished(ended.fit), ignore_errors=True)  # somebody took the rows out of it
                ended.fit.folder.rename(finished(ended.fit))
                report(ended.fit, time.monotonic() - ended.began)
    finally:
        for left in running:
            left.process.kill()
            left.process.join()
    for folder in {fit.folder.parent for fit in fits}:
        shutil.rmtree(folder)


def share_of(worker: int, gpus: list[str]) -> dict[str, str]:
    """The environment of a worker: it sees one of the GPUs, if there are any.

    >>> [share_of(worker, ["0", "1"])["CUDA_VISIBLE_DEVICES"] for worker in range(3)]
    ['0', '1', '0']
    """
    return {**os.environ, **({GPUS: gpus[worker % len(gpus)]} if gpus else {})}


def _start(fit: Fit, worker: int, gpus: list[str]) -> Running:
    process = forkserver_context().Process(target=work, args=(fit, Path.cwd(), share_of(worker, gpus)))  # type: ignore[attr-defined]
    start(process, fit.settings)
    return Running(fit, process, worker, time.monotonic())


def _make_room(fits: list[Fit]) -> None:
    for folder in {fit.folder.parent for fit in fits}:
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / FINISHED).mkdir(exist_ok=True)


def _failure(ended: Running) -> UserError:
    fit, log = ended.fit, ended.fit.folder.with_suffix(".log")
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    by_itself = f"its process ended with status {ended.process.exitcode}"
    why = lines[-1].removeprefix("error: ") if lines and ended.process.exitcode == 1 else by_itself
    return UserError(f"fold {fit.fold.number}, seed {fit.seed}: {why.rstrip('.')}; more in {log}.")


def gpus_seen(accelerator: str) -> list[str]:
    """The GPUs to share out, as ``CUDA_VISIBLE_DEVICES`` names them; none if something else computes."""
    if accelerator != "CUDAAccelerator":
        return []
    import torch

    named = [name.strip() for name in os.environ.get(GPUS, "").split(",") if name.strip()]
    return named or [str(number) for number in range(torch.cuda.device_count())]
