"""The user's metrics: functions of a model's forecast rows, whose values stand among the scores."""

import inspect
import math
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any

import pandas as pd

from cryptoforecast.errors import UserError

Metric = Callable[[pd.DataFrame], float | None]
USERS = "judge"  # the key of the record of metrics and baselines, in scores.json and the attrs of forecast rows
TAKEN = (
    *("rmse", "mae", "mape", "skill", "positive", "series", "model", "targets", "fold", "first", "last", "mean", "std"),
    *("min", "max", "crps", "log_score", "density_skill", "coverage_50", "coverage_90", "width_90", "p_value"),
    *("relative_rmse", "relative_mae", "relative_crps", "dm_p", "dm_reason", "in_confidence_set", "better", "reason"),
)  # columns of our tables


def find_metrics(given: Iterable[Any]) -> dict[str, Metric]:
    """Metrics by name, which is that of their function.

    Args:
        given: functions, or their import paths, such as ``my_metrics.hits``.

    Raises:
        UserError: if there is no such function, or its name is another column's.

    >>> def hits(rows):
    ...     return float(((rows["forecast"] > rows["last"]) == (rows["actual"] > rows["last"])).mean())
    >>> list(find_metrics([hits]))
    ['hits']
    """
    found: dict[str, Metric] = {}
    for item in given:
        metric = _imported(item) if isinstance(item, str) else item
        if not callable(metric) or inspect.isclass(metric):
            raise UserError(f"judge.metrics: {item} is no function of forecast rows.")
        name = str(getattr(metric, "__name__", type(metric).__name__))
        if not name.isidentifier() or name in TAKEN:
            raise UserError(f"judge.metrics: {path_of(metric)}: no column can be called {name}; rename the function.")
        if found.get(name, metric) is not metric:
            raise UserError(f"judge.metrics: {path_of(found[name])} and {path_of(metric)} have the same name.")
        found[name] = metric
    return found


def values_of(metrics: Mapping[str, Metric], rows: pd.DataFrame) -> dict[str, float | None]:
    """The values of metrics, by name.

    Args:
        metrics: by name. An exception that one raises is the user's, and passed on.
        rows: forecast rows of one model on one series.

    Raises:
        UserError: if a metric returns something else than a number or None.
    """
    values: dict[str, float | None] = {}
    for name, metric in metrics.items():
        value: Any = metric(rows.reset_index(drop=True))
        if value is not None and not _is_number(value):
            row = rows.iloc[0]
            raise UserError(
                f"{path_of(metric)} gave {value!r} for {row['model']} on {row['series']}; a metric returns a finite "
                "number, or None where there is none."
            )
        values[name] = None if value is None else float(value)
    return values


def record_of_metrics(metrics: Iterable[Metric]) -> dict[str, dict[str, Any]]:
    """The import path of each metric by its name, and the hashes of the user's files that it is written in."""
    if not (metrics := list(metrics)):
        return {}
    from cryptoforecast.user_code.source_files import source_code_of  # loads torch

    return {
        str(getattr(metric, "__name__", "")): {"path": path_of(metric), "code": source_code_of(metric).hashes}
        for metric in metrics
    }


def path_of(metric: Metric) -> str:
    """The import path of a metric."""
    return f"{getattr(metric, '__module__', '')}.{getattr(metric, '__qualname__', type(metric).__name__)}"


def _is_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(float(value))


def _imported(path: str) -> Any:
    from cryptoforecast.recipe.class_paths import ImportPathError, import_named

    try:
        return import_named(path)
    except ImportPathError as problem:
        raise UserError(f"judge.metrics: {problem}; name a function by its path, such as my_metrics.hits.") from None


def note_metrics(rows: pd.DataFrame, given: Iterable[Any]) -> dict[str, Metric]:
    """Metrics by name, whose record is kept in the ``attrs`` of the forecast rows that they are to judge.

    Args:
        rows: forecast rows; their ``attrs`` are changed.
        given: as :func:`find_metrics` takes them.
    """
    metrics = find_metrics(given)
    if metrics:
        note(rows, "metrics", record_of_metrics(metrics.values()))
    return metrics


def note(rows: pd.DataFrame, kind: str, record: Mapping[str, Any]) -> None:
    """Keep the record of the user's ``metrics`` or ``baselines`` in the ``attrs`` of forecast rows."""
    rows.attrs[USERS] = {**rows.attrs.get(USERS, {}), kind: dict(record)}


def mean_values(metrics: Mapping[str, Metric], rows: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """The values of metrics by model and name; of several series their mean, where they are known.

    Args:
        metrics: by name.
        rows: forecast rows of several models on one or several series.
    """
    values: dict[str, dict[str, float | None]] = {}
    for model, of_model in rows.groupby("model", sort=False) if metrics else ():
        by_series = [values_of(metrics, part) for _, part in of_model.groupby("series", sort=False)]
        known = {name: [value for found in by_series if (value := found[name]) is not None] for name in metrics}
        values[str(model)] = {name: sum(found) / len(found) if found else None for name, found in known.items()}
    return values
