"""Run a program in a process of its own and measure its time and memory."""

import os
import subprocess
import time
from collections.abc import Sequence
from typing import NamedTuple


class ProcessResult(NamedTuple):
    """Wall-clock seconds, processor seconds, peak memory in MiB, and what the program printed."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    output: str


def run(command: Sequence[str], **environment: str) -> ProcessResult:
    """Run a program to its end.

    Args:
        command: the program and its arguments.
        environment: variables to set in addition to this process's.

    Raises:
        SystemExit: with the end of its output, if it failed.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env={**os.environ, **environment}
    ) as child:
        assert child.stdout is not None
        output = child.stdout.read()
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall_s = time.perf_counter() - started
    if child.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{output[-2000:]}")
    return ProcessResult(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, output)
