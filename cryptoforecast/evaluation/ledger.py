"""The ledger: a JSON line for every fit, test and backtest that was started, also if it was aborted."""

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple

import pandas as pd

from cryptoforecast._version import __version__
from cryptoforecast.errors import DataNotice
from cryptoforecast.locks import in_turn

LEDGER = "ledger.jsonl"
RUNS = "runs"
Kind = Literal["fit", "test", "backtest"]


class Targets(NamedTuple):
    """The forecast closes of a series: split, first and last time, and number."""

    series: str
    split: str
    first: pd.Timestamp
    last: pd.Timestamp
    closes: int

    def to_record(self) -> dict[str, Any]:
        """The targets as the ledger stores them."""
        times = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {"series": self.series, "split": self.split, **times, "count": self.closes}


def ledger_of(folder: str | Path | None) -> Path:
    """The path of the ledger of a run: in the nearest parent folder with a ledger or named ``runs``, else ``./runs``.

    >>> ledger_of("experiments/runs/btc/version_0").as_posix()
    'experiments/runs/ledger.jsonl'
    >>> ledger_of(None).as_posix()
    'runs/ledger.jsonl'
    """
    return (None if folder is None else ledger_above(folder)) or Path(RUNS, LEDGER)


def ledger_above(folder: str | Path) -> Path | None:
    """The ledger in the nearest folder, this one or a parent, that has a ledger or is named ``runs``; else None."""
    above = [Path(folder), *Path(folder).parents]
    found = next((place for place in above if place.name == RUNS or (place / LEDGER).is_file()), None)
    return None if found is None else found / LEDGER


def append_entry(
    ledger: Path,
    kind: Kind,
    variant: Mapping[str, Any],
    targets: Sequence[Targets],
    *,
    seeds: Sequence[int | str | None] = (None,),
    refitted: str = "",
    judged: str | None = None,
    fingerprints: Mapping[str, str] | None = None,
    folder: str | Path | None = None,
    scores: Mapping[str, Any] | None = None,
    forecasts: str | None = None,
    flattered_by: str = "",
) -> dict[str, Any]:
    """Append an entry to the ledger, atomically also if several processes do.

    Args:
        ledger: the file; it and its folder are created if missing.
        kind: what was done.
        variant: the tried variant without its seed: class path, arguments and code of the model, and its data.
        targets: the targets that it was tried on.
        seeds: seeds of the fits; for a fit without one, a mark that is unique.
        refitted: the fits of a backtest, such as ``5 folds, rolling``; empty for a single fit.
        judged: for a test, the hash of the checkpoint and of the settings that it was judged with.
        fingerprints: SHA-256 of each series' canonical rows.
        folder: folder of the run or of the forecasts.
        scores: the resulting scores, if known.
        forecasts: SHA-256 of the file of forecast rows, by which ``compare`` recognises it.
        flattered_by: why the scores flatter the model, as half a sentence; else empty.

    Returns:
        The entry.
    """
    entry = {
        "time": datetime.now(UTC).isoformat(timespec="microseconds"),
        "kind": kind,
        "variant": dict(variant),
        "arguments": _hash(variant),
        "seeds": list(seeds),
        **({"refitted": refitted} if refitted else {}),
        **({"judged": judged} if judged else {}),
        "targets": [part.to_record() for part in targets],
        "fingerprints": dict(fingerprints or {}),
        "folder": None if folder is None else str(Path(folder).resolve()),
        "forecasts": forecasts,
        "scores": None if scores is None else dict(scores),
        **({"flattered_by": flattered_by} if flattered_by else {}),
        "cryptoforecast": __version__,
    }
    ledger.parent.mkdir(parents=True, exist_ok=True)
    _append(ledger, json.dumps(entry, default=str, separators=(",", ":")))
    return entry


def read_ledger(ledger: Path) -> list[dict[str, Any]]:
    """The entries of a ledger, oldest first; a line that was cut off by a crash is skipped with a DataNotice."""
    try:
        lines = ledger.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line) if line.strip() else None
            if entry is not None:
                [*map(_between, entry["targets"]), entry["arguments"], entry["seeds"]]  # raises if one is missing
                entries.append(entry)
        except (ValueError, TypeError, KeyError):
            notice = f"{ledger}: line {number} is no entry, as where writing it was cut off; it is left out."
            warnings.warn(notice, DataNotice, stacklevel=2)
    return entries


def ledgers_near(files: Iterable[Path]) -> list[Path]:
    """The ledgers that may have entries on some files: in a parent folder, in ``runs`` in one, or in ``./runs``."""
    above = [folder for file in files for folder in file.resolve().parents]
    places = [place for folder in [*above, Path.cwd()] for place in (folder / LEDGER, folder / RUNS / LEDGER)]
    return [place for place in dict.fromkeys(places) if place.is_file()]


def overlaps(targets: Mapping[str, Any], extents: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]]) -> bool:
    """Whether an entry's targets are of a series of ``extents`` and overlap its first and last time."""
    if targets["series"] not in extents:
        return False
    (start, end), (first, last) = _between(targets), extents[targets["series"]]
    return bool(start <= last and first <= end)


def _between(targets: Mapping[str, Any]) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Timestamp(targets["first"]), pd.Timestamp(targets["last"])


def _hash(variant: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(variant, sort_keys=True, default=str).encode()).hexdigest()


def _append(ledger: Path, line: str) -> None:
    """Append a line in one write, under a lock; after a line end, if a crash has cut off the last line."""
    with in_turn(ledger):
        handle = os.open(ledger, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
        try:
            size = os.fstat(handle).st_size
            os.lseek(handle, max(size - 1, 0), os.SEEK_SET)
            torn = size > 0 and os.read(handle, 1) != b"\n"
            os.write(handle, ("\n" * torn + line + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)
