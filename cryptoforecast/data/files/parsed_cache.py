"""Large files are read once: their rows are kept in the cache folder until the file changes."""

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

LARGE = 1 << 24  # bytes; smaller files are read again in no time
KEPT = 16  # files in the cache; the one longest unused makes room
SETTLED = 2.0  # seconds; a file changed just now may change again without looking changed

State = list[int | str]


def recall(file: Path, knobs: Knobs) -> Table | None:
    """The rows of a file that has been read with the same knobs before and has not changed since, else nothing."""
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
    except (OSError, ValueError, KeyError, TypeError, EOFError):  # not there, or damaged: the file itself is
        return None


def state_to_keep(file: Path) -> State | None:
    """The state of a large file that is about to be read; None where its rows are not to be kept."""
    state = file.stat()
    return None if state.st_size < LARGE or time.time() - state.st_mtime < SETTLED else _state(file)


def keep(file: Path, knobs: Knobs, table: Table, before: State | None) -> None:
    """Keep the rows of a large file; where the cache cannot be written, the file is read again the next time.

    Args:
        file: the file.
        knobs: what it was read with.
        table: its rows.
        before: what :func:`state_to_keep` returned before it was read; changed meanwhile, the rows may be the old
            ones, and are not kept.
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
        for path in kept[KEPT:]:
            path.unlink(missing_ok=True)


def _place(file: Path, knobs: Knobs) -> Path:
    name = hashlib.sha256(json.dumps([str(file.resolve()), knobs]).encode()).hexdigest()[:32]
    return cache_folder("files") / f"{name}.rows"


def _state(file: Path) -> State:
    """What changes when a file does; and the reader, which may read it better by now."""
    state = file.stat()
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, _reader()]


@cache
def _reader() -> str:
    """A hash that changes with the code that reads files, and with pandas, which it reads them through."""
    content = hashlib.sha256(f"{__version__} {pd.__version__}".encode())
    folder = Path(__file__).parent
    for source in sorted(folder.rglob("*.py")):
        content.update(source.relative_to(folder).as_posix().encode() + source.read_bytes())
    return content.hexdigest()
