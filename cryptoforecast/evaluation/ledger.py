"""The ledger of all that was tried: a line for every fit, test and backtest, the abandoned ones too."""

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
    """The closes that were to be forecast: of which series, from when to when, and how many."""

    series: str
    split: str
    first: pd.Timestamp
    last: pd.Timestamp
    closes: int

    def to_record(self) -> dict[str, Any]:
        """The targets as a line of the ledger has them."""
        times = {"first": self.first.isoformat(), "last": self.last.isoformat()}
        return {"series": self.series, "split": self.split, **times, "count": self.closes}


def ledger_of(folder: str | Path | None) -> Path:
    """The ledger of a run: in the nearest folder above that has one or is named ``runs``, else in ``./runs``.

    >>> ledger_of("experiments/runs/btc/version_0").as_posix()
    'experiments/runs/ledger.jsonl'
    >>> ledger_of(None).as_posix()
    'runs/ledger.jsonl'
    """
    return (None if folder is None else ledger_above(folder)) or Path(RUNS, LEDGER)


def ledger_above(folder: str | Path) -> Path | None:
    """The ledger in the nearest folder, from this one upwards, that has one or is named ``runs``; None without."""
    above = [Path(folder), *Path(folder).parents]
    home = next((place for place in above if place.name == RUNS or (place / LEDGER).is_file()), None)
    return None if home is None else home / LEDGER


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
    """Append one line, whole, whoever else appends at the same time.

    Args:
        ledger: the file; made if need be, with its folder.
        kind: what was done.
        variant: what was tried, without its seed: the model's class path, arguments and code, and what it sees.
        targets: what it was tried on.
        seeds: of the weights; where nobody set one, a mark that no other fit has.
        refitted: how a backtest cuts its fits, such as ``5 folds, rolling``; empty of a single fit.
        judged: of a test, the hash of the checkpoint and of the settings it was judged with.
        fingerprints: SHA-256 of each series' canonical rows.
        folder: the run's, or the one the forecasts are in.
        scores: what came of it, if that is known.
        forecasts: SHA-256 of the file of forecast rows, if there is one, by which ``compare`` knows it again.
        flattered_by: that the model has been trained on closes of the targets' times, in words.

    Returns:
        The line's content.
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
    """The entries of a ledger, oldest first; a line that was torn by a crash is left out with a notice."""
    try:
        lines = ledger.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return []
    entries = []
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line) if line.strip() else None
            if entry is not None:
                [*map(_between, entry["targets"]), entry["arguments"], entry["seeds"]]  # has what is asked of it
                entries.append(entry)
        except (ValueError, TypeError, KeyError):
            notice = f"{ledger}: line {number} is no entry, as where writing it was cut off; it is left out."
            warnings.warn(notice, DataNotice, stacklevel=2)
    return entries


def ledgers_near(files: Iterable[Path]) -> list[Path]:
    """The ledgers that may know of some files: in a folder above, in ``runs`` beside one, or in ``./runs``."""
    above = [folder for file in files for folder in file.resolve().parents]
    places = [place for folder in [*above, Path.cwd()] for place in (folder / LEDGER, folder / RUNS / LEDGER)]
    return [place for place in dict.fromkeys(places) if place.is_file()]


def overlaps(targets: Mapping[str, Any], extents: Mapping[str, tuple[pd.Timestamp, pd.Timestamp]]) -> bool:
    """Whether targets of an entry are of one of some series, and between its first and last time."""
    if targets["series"] not in extents:
        return False
    (own_first, own_last), (first, last) = _between(targets), extents[targets["series"]]
    return bool(own_first <= last and first <= own_last)


def _between(targets: Mapping[str, Any]) -> tuple[pd.Timestamp, pd.Timestamp]:
    return pd.Timestamp(targets["first"]), pd.Timestamp(targets["last"])


def _hash(variant: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(variant, sort_keys=True, default=str).encode()).hexdigest()


def _append(ledger: Path, line: str) -> None:
    """One write to a file opened for appending: the system puts it at the end, whole, after all others'.

    Where a crash has torn the last line off, the new one begins with a line end.
    """
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
