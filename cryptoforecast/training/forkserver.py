"""Where the processes of backtests and audits come from: one that has imported everything, and done nothing else."""

import multiprocessing
from multiprocessing.context import BaseContext
from multiprocessing.forkserver import ensure_running

# It takes seconds, and is done but once.
PRELOADED = ["cryptoforecast.training.preload", "cryptoforecast.backtest.fold_fit", "cryptoforecast.audit.command"]


def forkserver_context() -> BaseContext:
    """What starts a fit's process: a copy of one that has only imported what it takes, where a system can copy."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def start_forkserver() -> None:
    """Let it import while this process still does; it ends with this process."""
    if forkserver_context().get_start_method() == "forkserver":
        ensure_running()
