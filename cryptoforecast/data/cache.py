"""A folder for what need not be read or fetched twice."""

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def cache_folder(room: str) -> Path:
    """The user's cache folder, or the one that ``CRYPTOFORECAST_CACHE`` names; made if need be."""
    from platformdirs import user_cache_dir

    folder = Path(os.environ.get("CRYPTOFORECAST_CACHE") or user_cache_dir("cryptoforecast"), room)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
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
