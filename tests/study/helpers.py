"""Commands that are killed again and again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress

from tests.helpers import some

FEW, MANY = 1, 20  # times that a command is killed


def run_whole_and_killed(words: Sequence[str]) -> None:
    """Carry out a command into the folder ``whole`` at once, and into ``broken`` killed at random moments.

    Args:
        words: the command without ``--output_dir``.
    """
    command = [sys.executable, "-m", "cryptoforecast", *words]
    begun = time.monotonic()
    subprocess.run([*command, "--output_dir=whole"], check=True, capture_output=True)
    seconds, moments = time.monotonic() - begun, random.Random(0)
    broken = [*command, "--output_dir=broken"]
    for _ in range(some(FEW, many=MANY)):
        process = subprocess.Popen(broken, start_new_session=True, stdout=subprocess.DEVNULL)
        time.sleep(moments.uniform(0.3, 0.8) * seconds)
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    subprocess.run(broken, check=True, capture_output=True)
