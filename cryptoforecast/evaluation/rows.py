"""The format of forecast rows, in and out, also under the column names of Nixtla's tools. It loads no torch."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.times import in_nanoseconds, iso_texts, say_time
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.row_files import is_missing, read_cells, to_names, to_numbers

COLUMNS = ["series", "model", "fold", "origin", "step", "timestamp", "last", "forecast", "actual"]
NAMES, SEED = ("series", "model"), "seed"  # the columns of names; one that a backtest's rows have behind the others
NIXTLA = {"unique_id": "series", "cutoff": "origin", "ds": "timestamp", "y": "actual"}
NEEDED = ["series", "origin", "timestamp", "actual"]
BASELINE_NAMES = ("RandomWalk", "Drift", "Mean")  # one and the same with whatever seed
OFFSET = r"\d:\d\d.*[+-](?!00:?00$)\d\d:?\d\d$"  # a time of day in another zone
# Nixtla's names for the borders of prediction intervals, and what pandas calls an index.
NO_MODEL = re.compile(r"-(?:lo|hi)-[\d.]+$|^Unnamed: |^index$|^__index_level_\d+__$|^$")


def to_csv(rows: pd.DataFrame, path: Path | None = None) -> str | None:
    """Rows as CSV, times in ISO 8601, into a file or as a text; any name and any time is read back as it was."""
    times = {name: iso_texts(rows[name]) for name in ("origin", "timestamp") if name in rows}
    broken = any(rows[name].astype("str").str.contains("\r", regex=False).any() for name in NAMES if name in rows)
    quoting = csv.QUOTE_NONNUMERIC if broken else csv.QUOTE_MINIMAL  # which sees a line feed, and not always a return
    text: str | None = rows.assign(**times).to_csv(path, index=False, lineterminator="\n", quoting=quoting)
    return text


def read_rows(path: Path) -> pd.DataFrame:
    """Read forecast rows, of this or of another tool.

    Long tables have a row per model and target, and the columns ``model`` and ``forecast``; if they have a ``seed``,
    each seed is a model of its own, such as ``LSTM seed 1``. Wide ones, as Nixtla's, have a row per target and a
    column per model. Times without a zone are UTC. Names of series and models are as they are written.

    Args:
        path: a CSV or Parquet file.

    Returns:
        The columns ``series, model, fold, origin, step, timestamp, last, forecast, actual``; ``last`` is not a number
        where the file does not say it.

    Raises:
        UserError: naming the file, and the series and time at which something is missing, repeated, not finite, in
            another zone or in the wrong order.
    """
    rows = to_rows(read_cells(path), str(path))
    rows = _one_of_each_baseline(_named_by_seed(rows))[COLUMNS].reset_index(drop=True)
    _require_once(rows, str(path))
    return rows


def read_written_rows(path: Path) -> pd.DataFrame:
    """The rows of a file that :func:`to_csv` wrote, as they were written: a seed stays a column.

    Raises:
        UserError: naming the file, if it is none.
    """
    rows = to_rows(read_cells(path), str(path))
    if SEED not in rows:
        return rows[COLUMNS]
    return rows[[*COLUMNS, SEED]].assign(**{SEED: to_numbers(rows[SEED]).astype("Int64")})


def to_rows(table: pd.DataFrame, whose: str) -> pd.DataFrame:
    """A table of forecasts as forecast rows: names as texts, times in UTC, prices as float64.

    Args:
        table: long, or wide as Nixtla's; of texts, or of any types that a data frame has.
        whose: what errors call it.

    Returns:
        The table's own columns, and of ``series, model, fold, origin, step, timestamp, last, forecast, actual`` those
        that it lacks.

    Raises:
        UserError: as :func:`read_rows`.
    """
    table = table.rename(columns=NIXTLA).reset_index(drop=True)
    if missing := [name for name in NEEDED if name not in table]:
        theirs = {ours: name for name, ours in NIXTLA.items()}
        said = ", ".join(f"{name} (or {theirs[name]})" for name in missing)
        raise UserError(f"{whose}: no column {said}; forecast rows have {', '.join(COLUMNS)}.")
    for name in ("origin", "timestamp"):
        table[name] = _times(table[name], name, whose)
    rows = _long(table, whose)
    for name in NAMES:
        if rows[name].isna().any():
            raise UserError(f"{whose}: a row has no {name}; name one in each.")
        rows[name] = to_names(rows[name])
    rows["step"] = _counts(rows["step"], "step", whose) if "step" in rows else _steps(rows, whose)
    rows["fold"] = _counts(rows["fold"], "fold", whose) if "fold" in rows else 0
    rows["last"] = rows.get("last", np.nan)
    _require_prices(rows, whose)
    return rows


def first_step_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of step 1, oldest first, with a further column ``stretch``.

    Targets of further steps overlap with those of the next origins, and would count each change many times.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        Rows of the same ``stretch``, a count from 1, follow each other without a hole: the target of each is the
        next one's origin. There are holes where a source splits at missing closes, and between a backtest's folds.
    """
    first = rows[rows["step"] == 1].sort_values("origin", kind="stable")
    return first.assign(stretch=(first["origin"] != first["timestamp"].shift()).cumsum())


def describe_target(row: pd.Series) -> str:
    """Where a row stands, in words: series, time and step."""
    return f"{row['series']}, {say_time(row['timestamp'])} (forecast on {say_time(row['origin'])})"


def _times(column: pd.Series, name: str, whose: str) -> pd.Series:
    if pd.api.types.is_datetime64_any_dtype(column) and not column.isna().any():
        stamps = pd.DatetimeIndex(column)
        return pd.Series(in_nanoseconds(stamps.tz_localize("UTC") if stamps.tz is None else stamps.tz_convert("UTC")))
    said = column.astype(str)
    if (abroad := said.str.contains(OFFSET)).any():
        raise UserError(f"{whose}: {name} {said[abroad].iloc[0]} is not in UTC; write times in UTC, ending in Z.")
    times = pd.to_datetime(said, utc=True, format="ISO8601", errors="coerce")
    if (unread := times.isna() | ~said.str.match(r"\d{4}-\d\d-\d\d")).any():
        raise UserError(f"{whose}: {name} {said[unread].iloc[0]!r} is no time such as 2024-03-11T00:00:00Z.")
    return times.dt.as_unit("ns")


def _long(table: pd.DataFrame, whose: str) -> pd.DataFrame:
    """A row per model and target."""
    if "model" in table and "forecast" in table:
        return table
    kept = [name for name in table if name in (*COLUMNS, SEED)]
    models = [name for name in table if name not in kept and _may_be_a_model(str(name), table[name])]
    if not models:
        raise UserError(f"{whose}: no column model and forecast, and no column of numbers that could be a model's.")
    return table.melt(kept, models, var_name="model", value_name="forecast")


def _may_be_a_model(name: str, cells: pd.Series) -> bool:
    if NO_MODEL.search(name) or pd.api.types.is_bool_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return False
    return bool((to_numbers(cells).notna() | is_missing(cells)).all())


def _counts(column: pd.Series, name: str, whose: str) -> pd.Series:
    numbers = to_numbers(column)
    if (odd := ~(numbers == numbers.round()) | (numbers < (name == "step"))).any():
        raise UserError(
            f"{whose}: a {name} is {column[odd].iloc[0]!r}; it is a whole number from {int(name == 'step')} on."
        )
    return numbers.astype("int64")


def _steps(rows: pd.DataFrame, whose: str) -> pd.Series:
    """How many bars lie between origin and timestamp, the shortest distance there is being one."""
    ahead = rows["timestamp"] - rows["origin"]
    shortest = ahead[ahead > pd.Timedelta(0)].min()
    if pd.isna(shortest) or (odd := (ahead % shortest) != pd.Timedelta(0)).any():
        first = rows[ahead.notna() if pd.isna(shortest) else odd].iloc[0]
        raise UserError(f"{whose}: {describe_target(first)}: cannot be counted in steps; add a column step.")
    return (ahead // shortest).astype(int)


def _named_by_seed(rows: pd.DataFrame) -> pd.DataFrame:
    if SEED not in rows:
        return rows
    seeded = ~is_missing(rows[SEED]) & ~rows["model"].isin(BASELINE_NAMES)
    seeds = rows[SEED].astype("str").str.removesuffix(".0")
    return rows.assign(model=rows["model"].where(~seeded, rows["model"] + " seed " + seeds))


def _one_of_each_baseline(rows: pd.DataFrame) -> pd.DataFrame:
    """A baseline that was written down once for each seed stands once."""
    again = rows.duplicated(["series", "model", "origin", "step", "timestamp", "forecast"])
    return rows[~(again & rows["model"].isin(BASELINE_NAMES))]


def _require_prices(rows: pd.DataFrame, whose: str) -> None:
    """Make prices numbers; all are finite, but a last close that nobody says."""
    for name in ("forecast", "actual", "last"):
        numbers = to_numbers(rows[name])
        wrong = ~np.isfinite(numbers)
        if name == "last":
            wrong &= ~is_missing(rows[name])
        if wrong.any():
            row = rows[wrong].iloc[0]
            said = "missing" if is_missing(rows[name][wrong].iloc[:1]).iloc[0] else f"{row[name]}, no finite number"
            raise UserError(f"{whose}: {describe_target(row)}: the {name} of {row['model']} is {said}.")
        rows[name] = numbers


def _require_once(rows: pd.DataFrame, whose: str) -> None:
    if (late := rows["timestamp"] <= rows["origin"]).any():
        raise UserError(f"{whose}: {describe_target(rows[late].iloc[0])}: forecast when it was no longer to come.")
    if (again := rows.duplicated(["series", "model", "origin", "step"])).any():
        row = rows[again].iloc[0]
        raise UserError(f"{whose}: {describe_target(row)}: stands twice for {row['model']}, step {row['step']}.")
