"""A process of its own for each measurement, and what it took."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class Took(NamedTuple):
    """Seconds on the wall and of the processor, peak MiB, and what was printed."""

    wall: float
    cpu: float
    peak: float
    out: str


def run(words: Sequence[str], **environment: str) -> Took:
    """Run a program to its end.

    Raises:
        SystemExit: with what it said, if it failed.
    """
    surroundings: Mapping[str, str] = {**os.environ, **environment}
    began = time.perf_counter()
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=surroundings
    ) as child:
        assert child.stdout is not None
        out = child.stdout.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - began
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(words)} failed:\n{out[-2000:]}")
    return Took(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out)
