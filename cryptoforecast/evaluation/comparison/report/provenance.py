"""What the compared forecasts were made from and with: closes, packages and files of code, as their runs recorded."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from cryptoforecast.evaluation.comparison.alignment import Aligned, RunRows

RECORDS = ("backtest.json", "provenance.json")
ALL = "all"
PREFIX = 16  # characters of a fingerprint that the page shows


class Provenance(NamedTuple):
    """What runs have recorded: lines of tables whose last cell names the runs that a line holds for.

    Attributes:
        closes: series, number of closes, last close, fingerprint.
        versions: package, version.
        code: the user's files, fingerprint.
        unknown: the runs that have recorded nothing.
    """

    closes: list[tuple[str, ...]]
    versions: list[tuple[str, ...]]
    code: list[tuple[str, ...]]
    unknown: list[str]


def provenance_of(aligned: Aligned, runs: Sequence[RunRows]) -> Provenance:
    """The records beside the files of runs, those that agree in one line.

    Args:
        aligned: with the labels of the runs.
        runs: the files compared.
    """
    records = {label: _record_beside(run.path) for label, run in zip(aligned.labels, runs, strict=True)}
    known = {label: record for label, record in records.items() if record}
    return Provenance(
        _lines({label: _closes(record) for label, record in known.items()}),
        _lines({label: [*record.get("versions", {}).items()] for label, record in known.items()}),
        _lines({label: _code(record) for label, record in known.items()}),
        [label for label in records if label not in known],
    )


def _record_beside(forecasts: Path) -> dict[str, Any]:
    for name in RECORDS:
        try:
            record = json.loads((forecasts.parent / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        return record if isinstance(record, dict) else {}
    return {}


def _closes(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Series, number of closes, last close and fingerprint; a backtest's series are a map, those of a fit a list."""
    series = record.get("series", {})
    by_symbol = {str(known["symbol"]): known for known in series} if isinstance(series, list) else series
    return [
        (symbol, f"{known['rows']:,}", str(known["last"])[:10], str(known["sha256"])[:PREFIX])
        for symbol, known in by_symbol.items()
    ]


def _code(record: Mapping[str, Any]) -> list[tuple[str, ...]]:
    files = record.get("code", {})
    return [(str(name), str(sha256)[:PREFIX]) for name, sha256 in files.items()] if isinstance(files, dict) else []


def _lines(by_run: Mapping[str, Sequence[tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """Each line once, with the labels of its runs; ``all`` if all have it."""
    labels: dict[tuple[str, ...], list[str]] = {}
    for label, lines in by_run.items():
        for line in lines:
            labels.setdefault(line, []).append(label)
    return [(*line, ALL if len(having) == len(by_run) else ", ".join(having)) for line, having in labels.items()]
