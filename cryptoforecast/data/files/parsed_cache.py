"""The cache of parsed files: the rows of a large file are kept until the file or the reader changes."""

import hashlib
import json
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from cryptoforecast._version import __version__
from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.files.knobs import Knobs
from cryptoforecast.data.files.table import Table
from cryptoforecast.user_folders import cache_folder

LARGE = 1 << 24  # bytes; smaller files are not cached
MOST_FILES = 16  # in the cache; the longest unused one is removed
SETTLED = 2.0  # seconds since its last change after which a file is cached: a second change might not be seen

State = list[int | str]


def recall(file: Path, knobs: Knobs) -> Table | None:
    """The rows of a file that was read with the same settings and has not changed since; else None."""
    if file.stat().st_size < LARGE:
        return None
    try:
        path = _place(file, knobs)
        with path.open("rb") as content:
            about = json.loads(np.load(content).tobytes())
            if about.pop("state") != _state(file):
                return None
            times = pd.DatetimeIndex(np.load(content).view("datetime64[ns]"), copy=False).tz_localize("UTC")
            values = {name: np.load(content) for name in about.pop("names")}
        path.touch()
        return Table(times, values, **{**about, "notes": tuple(about["notes"])})
    except (OSError, ValueError, KeyError, TypeError, EOFError):  # no entry, or a damaged one
        return None


def state_to_keep(file: Path) -> State | None:
    """The state of a large file before it is read; None if its rows are not to be cached."""
    state = file.stat()
    return None if state.st_size < LARGE or time.time() - state.st_mtime < SETTLED else _state(file)


def keep(file: Path, knobs: Knobs, table: Table, before: State | None) -> None:
    """Cache the rows of a large file, if the cache can be written.

    Args:
        file: the file.
        knobs: the settings with which it was read.
        table: its rows.
        before: the result of :func:`state_to_keep` before it was read; if the file has changed meanwhile, the rows are
            not cached.
    """
    if before is None or before != _state(file):
        return
    rest = {name: value for name, value in table._asdict().items() if name not in ("times", "values")}
    about = json.dumps({**rest, "state": before, "names": list(table.values)})

    def write(content: BinaryIO) -> None:
        np.save(content, np.frombuffer(about.encode(), dtype=np.uint8))
        np.save(content, table.times.asi8)
        for values in table.values.values():
            np.save(content, values)

    with suppress(OSError):
        write_atomically(_place(file, knobs), write)
        kept = sorted(cache_folder("files").glob("*.rows"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[MOST_FILES:]:
            path.unlink(missing_ok=True)


def _place(file: Path, knobs: Knobs) -> Path:
    name = hashlib.sha256(json.dumps([str(file.resolve()), knobs]).encode()).hexdigest()[:32]
    return cache_folder("files") / f"{name}.rows"


def _state(file: Path) -> State:
    """Size, times and inode of a file, and the identity of the reader: what changes with the file or the reader."""
    state = file.stat()
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, _reader()]


@cache
def _reader() -> str:
    """A hash of the sources of the reader and the version of pandas."""
    content = hashlib.sha256(f"{__version__} {pd.__version__}".encode())
    folder = Path(__file__).parent
    for source in sorted(folder.rglob("*.py")):
        content.update(source.relative_to(folder).as_posix().encode() + source.read_bytes())
    return content.hexdigest()
