"""The user's metrics of a comparison: those that are named, or those that its runs were judged by."""

import warnings
from collections.abc import Sequence
from typing import Any

from cryptoforecast.errors import DataNotice
from cryptoforecast.evaluation.comparison.alignment import RunRows
from cryptoforecast.evaluation.user_metrics import Metric, find_metrics, record_of_metrics


def metrics_of(runs: Sequence[RunRows], named: Sequence[Any] | None) -> dict[str, Metric]:
    """The metrics of a comparison by name, one function for all runs.

    Args:
        runs: with the records of the metrics that they were judged by.
        named: functions or import paths; None for those of the runs, of which a file can name only what is in the
            working folder or imported already.

    Returns:
        The metrics; a notice says which are left out, and of which runs the code was another.
    """
    records = [(run, run.judged.get("metrics", {})) for run in runs]
    if named is None:
        paths = dict.fromkeys(str(record["path"]) for _, known in records for record in known.values())
        found = {path: _found(path) for path in paths}
        named = [metric for metric in found.values() if metric is not None]
        if missing := [path for path, metric in found.items() if metric is None]:
            _notice(f"left out, for it is not found here: {', '.join(missing)}; name it with --judge.metrics.")
    metrics = find_metrics(named)
    for name, now in record_of_metrics(metrics.values()).items():
        for run, known in records:
            if name in known and known[name]["code"] != now["code"]:
                _notice(f"{run.path}: its {name} was computed by other code; here it is computed anew for all.")
    return metrics


def _found(path: str) -> Any:
    """The function of a path that a file names; None if there is none, or it may not be imported."""
    from cryptoforecast.recipe.class_paths import ImportPathError, find_object

    try:
        return find_object(path)
    except ImportPathError:
        return None


def _notice(sentence: str) -> None:
    warnings.warn(sentence, DataNotice, stacklevel=4)
