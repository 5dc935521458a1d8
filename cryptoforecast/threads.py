"""How long OpenMP's threads spin at a barrier; short, so that training stays fast beside other busy processes.

PyTorch computes with several threads that wait for each other many times in a training step. By default a thread spins
about three milliseconds before it sleeps. Where another process has the core of the thread that is waited for, the
spinning threads keep it from running: beside three busy processes on two cores an epoch takes up to twenty times as
long. Threads that spin a thousand times, a few microseconds, and then sleep lose little when the machine is quiet. The
results of a computation do not depend on how its threads wait.
"""

import os
import sys

SPINCOUNT = {"GOMP_SPINCOUNT": "1000"}  # read by libgomp, which torch's wheels for Linux bring
WAITING = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "KMP_BLOCKTIME")  # settings of OpenMP libraries for how threads wait


def spin_briefly() -> None:
    """Set how long threads spin, for this process and those that it starts.

    OpenMP reads the environment when torch is loaded, so nothing is set afterwards; nor where the user has set how
    threads wait.
    """
    if "torch" not in sys.modules and not any(name in os.environ for name in WAITING):
        os.environ.update(SPINCOUNT)


def openmp_settings() -> dict[str, str]:
    """The environment variables for the number of threads and for how they wait that are set, with their values."""
    return {name: os.environ[name] for name in (*WAITING, "OMP_NUM_THREADS") if name in os.environ}
