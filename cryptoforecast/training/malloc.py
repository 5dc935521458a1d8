"""Settings of the C library's memory allocator for training."""

import ctypes
import os
import sys

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # the numbers of these parameters in malloc.h
KEPT_BYTES, LARGEST_KEPT_BLOCK = 256 << 20, 32 << 20  # the second is the most that glibc allows
VARIABLES = ("MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "LD_PRELOAD", "GLIBC_TUNABLES")


def keep_freed_memory() -> None:
    """Have glibc keep up to 256 MiB of freed memory in this process, unless the user's environment sets its allocator.

    Otherwise glibc may return to the system what a training step of a larger network frees, and the next step gets it
    back page by page, each cleared by the kernel. Whether it does depends on the layout of the heap; where it does, an
    epoch takes about a quarter longer. glibc cannot tell what was set before, so this stays until the process ends.
    """
    if not sys.platform.startswith("linux") or any(name in os.environ for name in VARIABLES):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries do not have it
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, LARGEST_KEPT_BLOCK)
        mallopt(TRIM_THRESHOLD, KEPT_BYTES)
