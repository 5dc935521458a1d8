"""How long the threads of OpenMP and OpenBLAS spin before they sleep: briefly, for speed beside other busy processes.

PyTorch computes with several threads of OpenMP that wait for each other many times in a training step, and SciPy, with
which Arima, Garch and Har are estimated, with several threads of OpenBLAS. By default a waiting thread spins for some
milliseconds before it sleeps. Where another process has the core of the thread that is waited for, the spinning threads
keep it from running: beside three busy processes on two cores an epoch takes up to twenty times as long, and beside one
an ARIMA up to a hundred times. Threads that sleep after some microseconds lose little when the machine is quiet. The
results of a computation do not depend on how its threads wait.
"""

import os
import sys

WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")  # settings of OpenMP libraries for how threads wait
TIMEOUT = "OPENBLAS_THREAD_TIMEOUT"  # the binary logarithm of the clock ticks that a thread of OpenBLAS spins
OPENMP, OPENBLAS = (*WAITING, "OMP_NUM_THREADS"), (TIMEOUT, "OPENBLAS_NUM_THREADS")


def spin_briefly() -> None:
    """Set how long threads spin, for this process and those that it starts.

    A library reads the environment when it is loaded, OpenMP with torch and OpenBLAS with ``scipy.linalg``, so nothing
    is set afterwards; nor where the user has set how threads wait. NumPy's own OpenBLAS may be loaded before.
    """
    if "torch" not in sys.modules and not any(name in os.environ for name in WAITING):
        os.environ["GOMP_SPINCOUNT"] = "1000"  # read by libgomp, which torch's wheels for Linux bring
    if "scipy.linalg" not in sys.modules:
        os.environ.setdefault(TIMEOUT, "4")  # the least that OpenBLAS takes


def in_environment(names: tuple[str, ...]) -> dict[str, str]:
    """The environment variables of some names that are set, with their values."""
    return {name: os.environ[name] for name in names if name in os.environ}
