"""Large files are read once: their rows are kept in the cache folder until the file changes."""

import hashlib
import json
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from cryptoforecast import __version__
from cryptoforecast.data.cache import cache_folder, write_whole
from cryptoforecast.data.files.table import Knobs, Table

LARGE = 1 << 24  # bytes; smaller files are read again in no time
KEPT = 16  # files in the cache; the one longest unused makes room
SETTLED = 2.0  # seconds; a file changed just now may change again without looking changed


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
    except (OSError, ValueError, KeyError, EOFError):  # not there, or damaged: the file itself is
        return None
    return Table(times, values, **{**about, "notes": tuple(about["notes"])})


def keep(file: Path, knobs: Knobs, table: Table) -> None:
    """Keep the rows of a large file; where the cache cannot be written, the file is read again the next time."""
    if file.stat().st_size < LARGE or time.time() - file.stat().st_mtime < SETTLED:
        return
    rest = {name: value for name, value in table._asdict().items() if name not in ("times", "values")}
    about = json.dumps({**rest, "state": _state(file), "names": list(table.values)})

    def write(content: BinaryIO) -> None:
        np.save(content, np.frombuffer(about.encode(), dtype=np.uint8))
        np.save(content, table.times.asi8)
        for values in table.values.values():
            np.save(content, values)

    with suppress(OSError):
        write_whole(_place(file, knobs), write)
        kept = sorted(cache_folder("files").glob("*.rows"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in kept[KEPT:]:
            path.unlink(missing_ok=True)


def _place(file: Path, knobs: Knobs) -> Path:
    name = hashlib.sha256(json.dumps([str(file.resolve()), knobs]).encode()).hexdigest()[:32]
    return cache_folder("files") / f"{name}.rows"


def _state(file: Path) -> list[int | str]:
    """What changes when a file does; and the reader, which may read it better by now."""
    state = file.stat()
    return [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, __version__]
