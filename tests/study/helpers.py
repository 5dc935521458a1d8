"""Commands that are killed again and again."""

import os
import random
import signal
import time
from collections.abc import Sequence
from contextlib import suppress

from tests.copies import start_copy
from tests.helpers import not_none, some

FEW, MANY = 2, 20  # times that a command is killed


def run_whole_and_killed(words: Sequence[str]) -> None:
    """Carry out a command into the folder ``whole`` at once, and into ``broken`` killed at random moments.

    Args:
        words: the command without ``--output_dir``.
    """
    start_copy("--help").join()  # all is imported now
    begun = time.monotonic()
    _end_well([*words, "--output_dir=whole"])
    seconds, moments = time.monotonic() - begun, random.Random(0)
    broken = [*words, "--output_dir=broken"]
    for _ in range(some(FEW, many=MANY)):
        process = start_copy(*broken)
        time.sleep(moments.uniform(0.3, 0.8) * seconds)
        with suppress(ProcessLookupError):  # it has ended
            os.killpg(not_none(process.pid), signal.SIGKILL)
        process.join()
    _end_well(broken)


def _end_well(words: Sequence[str]) -> None:
    process = start_copy(*words)
    process.join()
    assert process.exitcode == 0
