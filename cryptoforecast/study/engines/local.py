"""The engine of one machine: fits in processes of their own, each with one thread."""

import multiprocessing
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple, Self

import torch

from cryptoforecast.data.sources.loaded_once import Loaded
from cryptoforecast.study.engines.choose import EngineOptions
from cryptoforecast.study.engines.engine import Ended, Reported
from cryptoforecast.study.engines.process import SharedByFits, failure_in, work
from cryptoforecast.study.fit import Fit, log_of
from cryptoforecast.training.forkserver import forkserver_context, start

GPUS = "CUDA_VISIBLE_DEVICES"
LADDERS = "ladders"  # a folder beside the first fit's, while fits are carried out


def make_engine(options: EngineOptions, loaded: Loaded, accelerator: str) -> "LocalEngine":
    """The engine with the options of a verb; see :func:`cryptoforecast.study.engines.choose.make_engine`."""
    return LocalEngine(options.workers or 1, gpus_seen(accelerator), loaded)


class Running(NamedTuple):
    """A fit that is being carried out: its process, its worker's number, when it began, and where a trial reports."""

    fit: Fit
    process: BaseProcess
    worker: int
    began: float
    reports: Connection | None = None


class LocalEngine:
    """Processes of this machine; the number of workers changes nothing but the time.

    Args:
        workers: how many fits at a time.
        gpus: devices to share out among the workers, as ``CUDA_VISIBLE_DEVICES`` names them; none for the CPU.
        loaded: the closes; what is not among them each fit loads by itself.
    """

    reports = True

    def __init__(self, workers: int, gpus: Sequence[str] = (), loaded: Loaded | None = None) -> None:
        self.workers, self._loaded = workers, loaded or {}
        self._gpus = gpus
        self._ladders: Path | None = None
        self._free = list(range(workers))[::-1]
        self._running: list[Running] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        for left in self._running:
            left.process.kill()
            left.process.join()

    def start(self, fit: Fit) -> None:
        """Start a fit in a process of its own."""
        worker = self._free.pop()
        self._ladders = self._ladders or fit.folder.parent / LADDERS
        self._ladders.mkdir(parents=True, exist_ok=True)
        shared = SharedByFits(self._loaded, self._ladders)
        here, other_end = multiprocessing.Pipe() if fit.objective else (None, None)
        arguments = (fit, shared, Path.cwd(), share_of(worker, self._gpus), other_end)
        process = forkserver_context().Process(target=work, args=arguments)  # type: ignore[attr-defined]
        start(process, fit.settings)
        if other_end is not None:
            other_end.close()  # only the process has it, so that its end is seen here
        self._running.append(Running(fit, process, worker, time.monotonic(), here))

    def wait(self) -> list[Ended | Reported]:
        """The trials that have reported, or else the fits whose processes have ended."""
        reports = [item.reports for item in self._running if item.reports is not None]
        ready = wait([*(item.process.sentinel for item in self._running), *reports])
        reported = list[Ended | Reported]()
        for item in self._running:
            if item.reports is not None and item.reports in ready:
                with suppress(EOFError, OSError):  # the process has ended
                    reported.append(Reported(item.fit, item.reports.recv()))
        return reported or self._ended()

    def answer(self, fit: Fit, goes_on: bool) -> None:
        """Let a trial that waits for an answer go on, or not."""
        (connection,) = (item.reports for item in self._running if item.fit.folder == fit.folder)
        assert connection is not None
        with suppress(OSError):  # the process has ended
            connection.send(goes_on)

    def _ended(self) -> list[Ended | Reported]:
        """The fits whose processes have ended."""
        wait([item.process.sentinel for item in self._running])
        ended = [item for item in self._running if not item.process.is_alive()]
        for item in ended:
            self._running.remove(item)
            self._free.append(item.worker)
            item.process.join()
            if item.reports is not None:
                item.reports.close()
        return [
            Ended(item.fit, time.monotonic() - item.began, failure_in(log_of(item.fit), item.process.exitcode))
            for item in ended
        ]


def share_of(worker: int, gpus: Sequence[str]) -> dict[str, str]:
    """The environment of a worker: it sees one of the GPUs, if there are any.

    >>> [share_of(worker, ["0", "1"])["CUDA_VISIBLE_DEVICES"] for worker in range(3)]
    ['0', '1', '0']
    """
    return {**os.environ, **({GPUS: gpus[worker % len(gpus)]} if gpus else {})}


def gpus_seen(accelerator: str) -> list[str]:
    """The GPUs to share out, as ``CUDA_VISIBLE_DEVICES`` names them; none if something else computes."""
    if accelerator != "CUDAAccelerator":
        return []
    named = [name.strip() for name in os.environ.get(GPUS, "").split(",") if name.strip()]
    return named or [str(number) for number in range(torch.cuda.device_count())]
