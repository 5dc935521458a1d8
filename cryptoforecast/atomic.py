"""Atomic writes of files: the whole content or nothing."""

import os
import re
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

UUID = re.compile("[0-9a-f]{32}")
ABANDONED_S = 3600  # nothing is written for so long: whoever began it is gone


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file atomically: readers see the whole content or the previous file, also after a crash.

    Args:
        path: the file.
        write: called with a binary file, to which it writes the content.

    Raises:
        OSError: with the name of the file, if it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")  # those of tempfile only their owner can read
    try:
        with unfinished.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _remove_abandoned(path)
    except BaseException as problem:
        if isinstance(problem, OSError):
            problem.filename = str(path)  # the error of a full disk has no file name
        unfinished.unlink(missing_ok=True)
        raise


def _remove_abandoned(path: Path) -> None:
    """Remove what processes have left that were killed while they wrote a file."""
    start = f".{path.name}."
    for left in path.parent.iterdir():
        if left.name.startswith(start) and UUID.fullmatch(left.name, len(start)):
            with suppress(OSError):  # another process has removed it
                if time.time() - left.stat().st_mtime > ABANDONED_S:
                    left.unlink()
