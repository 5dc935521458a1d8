"""The process of a fit: one thread, all output into its log, ended with its parent."""

import multiprocessing
import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import torch

from cryptoforecast.data.sources.loaded_once import Loaded, loaded_once
from cryptoforecast.errors import UserError
from cryptoforecast.study.fit import LOG, Fit, log_of
from cryptoforecast.study.fold_fit import fit_fold
from cryptoforecast.training.console import quiet_console


class SharedByFits(NamedTuple):
    """What all fits of a study use: the closes, and a folder for the ladders that are fitted to them.

    What is not among the closes each fit loads by itself; without a folder it fits its ladder by itself too.
    """

    loaded: Loaded
    ladders: Path | None = None


def work(
    fit: Fit, shared: SharedByFits, home: Path, environment: dict[str, str], reports: Connection | None = None
) -> None:
    """The whole life of a process that fits a fold: one thread, all output into its log, ended with its parent.

    Args:
        fit: what to do.
        shared: what all fits of a study use.
        home: the working folder of the command.
        environment: that of the command; which GPU is seen is part of it.
        reports: takes the values of a trial, and answers whether it goes on.
    """

    def goes_on(values: dict[int, float]) -> bool:
        assert reports is not None
        reports.send(values)
        return bool(reports.recv())

    os.chdir(home)
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is asked too, and ends its children
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    with log_of(fit).open("w") as log:
        sys.stdout.flush()
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    torch.set_num_threads(1)
    quiet_console()
    try:
        with loaded_once(shared.loaded):
            fit_fold(fit, shared.ladders, None if reports is None else goes_on)
    except (UserError, OSError) as problem:
        sys.exit(f"error: {problem}")
    sys.stdout.flush()
    log_of(fit).replace(fit.folder / LOG)


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def failure_in(log: Path, status: int | None) -> str | None:
    """Why a process failed: the last line of its log, or how it ended; None if it did not fail.

    Args:
        log: what it printed.
        status: the exit code of the process.
    """
    if status == 0:
        return None
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()] if log.exists() else []
    by_itself = f"its process ended with status {status}"
    why = lines[-1].removeprefix("error: ") if lines and status == 1 else by_itself
    return f"{why.rstrip('.')}; more in {log}."
