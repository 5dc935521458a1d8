"""The ladder in a file of the run folder, or in a folder that many fits share, so that it is fitted once."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cryptoforecast._version import __version__
from cryptoforecast.atomic import write_atomically
from cryptoforecast.data.bars import Bars
from cryptoforecast.models.ladder.ladder import LADDER, Ladder, fit_ladder

LADDER_FILE = "ladder.json"


def kept_ladder(bars: Sequence[Bars], horizon: int, file: Path | None) -> Ladder:
    """The ladder of a file if it was fitted to the same training bars, else fitted now and written into the file.

    Args:
        bars: of each series.
        horizon: number of steps.
        file: where it is kept, or a folder with a file for each ladder; None to fit it and keep nothing.
    """
    if file is None:
        return fit_ladder(bars, horizon)
    fitted_to = fingerprint(bars, horizon)
    file = file / f"{fitted_to}.json" if file.is_dir() else file
    kept = _read(file, fitted_to)
    if kept is not None:
        return kept
    ladder = fit_ladder(bars, horizon)
    content = {
        "fitted_to": fitted_to,
        "rungs": {name: rung.learned() for name, rung in ladder.rungs.items()},
        "left_out": ladder.left_out,
    }
    write_atomically(file, lambda opened: opened.write(json.dumps(content).encode()))
    return ladder


def fingerprint(bars: Sequence[Bars], horizon: int) -> str:
    """SHA-256 of all that a ladder learns from: the bars up to the last training bar, the horizon, and the version.

    Args:
        bars: of each series.
        horizon: number of steps.
    """
    hashed = hashlib.sha256(f"{__version__} {horizon} {' '.join(LADDER)}".encode())
    for series in bars:
        trained = np.flatnonzero(series.trained)
        until = int(trained[-1]) + 1 if len(trained) else 0
        hashed.update(f"\n{series.symbol} {until} {series.highs is not None}\n".encode())
        for part in series[1:]:
            if part is not None:
                hashed.update(np.ascontiguousarray(part[:until]).tobytes())
    return hashed.hexdigest()


def _read(file: Path, fitted_to: str) -> Ladder | None:
    """The ladder of a file; None if there is none, or it was fitted to something else."""
    try:
        content: dict[str, Any] = json.loads(file.read_bytes())
        if content["fitted_to"] != fitted_to:
            return None
        ladder = Ladder({}, dict(content["left_out"]))
        for name, learned in content["rungs"].items():
            ladder.rungs[name] = LADDER[name]()
            ladder.rungs[name].restore(learned)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # absent, torn, or from another version
        return None
    return ladder
