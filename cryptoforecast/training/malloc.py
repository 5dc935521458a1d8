"""Memory that a training step frees is kept for the next one."""

import ctypes
import os
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as malloc.h numbers them
KEPT, LARGEST = 256 << 20, 32 << 20  # bytes; more than the second is what glibc never keeps
NAMES = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "LD_PRELOAD", "GLIBC_TUNABLES")


def keep_freed_memory() -> None:
    """Have glibc keep up to a quarter of a gigabyte, unless the user has told it otherwise.

    What a step of a larger network frees, glibc may give back to the system, which hands it out again page by page,
    each cleared. Whether it does is chance; where it does, about a quarter of an epoch is lost so.
    """
    if not sys.platform.startswith("linux") or any(name in os.environ for name in NAMES):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGEST)
        mallopt(TRIM_THRESHOLD, KEPT)
