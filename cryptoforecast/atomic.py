"""Files written whole or not at all."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def write_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Write a file so that others see it whole or not at all, whoever writes at the same time and whatever dies.

    Args:
        path: the file.
        write: writes its content into an open binary file.

    Raises:
        OSError: naming the file, if it cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{uuid.uuid4().hex}")  # not tempfile's, which others may not read
    try:
        with unfinished.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException as problem:
        if isinstance(problem, OSError):
            problem.filename = str(path)  # a full disk does not say what it had no room for
        unfinished.unlink(missing_ok=True)
        raise
