"""What a step frees is there for the next one."""

import os
import subprocess
import sys

import pytest

from cryptoforecast.training.malloc import VARIABLES

PAGES = """
import resource
from cryptoforecast.training.malloc import keep_freed_memory
{first}
step = lambda: [bytearray(1 << 20) for _ in range(64)] and None
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def pages_asked_for(first: str, **environment: str) -> int:
    """By ten steps that take and free 64 MiB each, of 16,384 pages."""
    own = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    words = [sys.executable, "-W", "ignore", "-c", PAGES.format(first=first)]
    return int(subprocess.run(words, env={**own, **environment}, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not hasattr(os, "confstr") or "CS_GNU_LIBC_VERSION" not in os.confstr_names, reason="not glibc")
def test_steps_ask_for_no_memory_that_others_have_freed_unless_the_user_knows_better() -> None:
    assert pages_asked_for("keep_freed_memory()") < 1_000
    assert pages_asked_for("") > 50_000
    assert pages_asked_for("keep_freed_memory()", MALLOC_TRIM_THRESHOLD_="131072") > 50_000
