"""The format of forecast rows, in and out, also under the column names of Nixtla's tools. It loads no torch."""

from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.times import say_time
from cryptoforecast.errors import UserError

COLUMNS = ["series", "model", "fold", "origin", "step", "timestamp", "last", "forecast", "actual"]
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
NIXTLA = {"unique_id": "series", "cutoff": "origin", "ds": "timestamp", "y": "actual"}
NEEDED = ["series", "origin", "timestamp", "actual"]
BASELINE_NAMES = ("RandomWalk", "Drift", "Mean")  # one and the same with whatever seed
OFFSET = r"\d:\d\d.*[+-](?!00:?00$)\d\d:?\d\d$"  # a time of day in another zone
INTERVAL_BOUND = r"-(?:lo|hi)-[\d.]+$"  # Nixtla's name for the border of a prediction interval


def to_csv(rows: pd.DataFrame, path: Path | None = None) -> str | None:
    """Rows as CSV, times in ISO 8601, into a file or as a text."""
    text: str | None = rows.to_csv(path, index=False, date_format=TIME_FORMAT)
    return text


def read_rows(path: Path) -> pd.DataFrame:
    """Read forecast rows, of this or of another tool.

    Long tables have a row per model and target, and the columns ``model`` and ``forecast``; if they have a ``seed``,
    each seed is a model of its own, such as ``LSTM seed 1``. Wide ones, as Nixtla's, have a row per target and a
    column per model. Times without a zone are UTC.

    Args:
        path: a CSV file.

    Returns:
        The columns ``series, model, fold, origin, step, timestamp, last, forecast, actual``; ``last`` is not a number
        where the file does not say it.

    Raises:
        UserError: naming the file, and the series and time at which something is missing, repeated, not finite, in
            another zone or in the wrong order.
    """
    table = _read(path).rename(columns=NIXTLA)
    if missing := [name for name in NEEDED if name not in table]:
        theirs = {ours: name for name, ours in NIXTLA.items()}
        said = ", ".join(f"{name} (or {theirs[name]})" for name in missing)
        raise UserError(f"{path}: no column {said}; forecast rows have {', '.join(COLUMNS)}.")
    for name in ("origin", "timestamp"):
        table[name] = _times(table[name], name, path)
    rows = _long(table, path)
    rows["step"] = rows["step"].astype(int) if "step" in rows else _steps(rows, path)
    rows["fold"] = rows.get("fold", 0)
    rows["last"] = rows.get("last", np.nan)
    rows = _one_of_each_baseline(_named_by_seed(rows))[COLUMNS].reset_index(drop=True)
    _check(rows, path)
    return rows


def place(row: pd.Series) -> str:
    """Where a row stands, in words: series, time and step."""
    return f"{row['series']}, {say_time(row['timestamp'])} (forecast on {say_time(row['origin'])})"


def _read(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, encoding="utf-8-sig")
    except OSError as problem:
        raise UserError(f"{path}: cannot be read ({problem.strerror}).") from None
    except ValueError:  # pandas' own errors are such, and so is a text that is no text
        raise UserError(f"{path}: is no table of forecast rows as CSV.") from None
    if not len(table):
        raise UserError(f"{path}: holds no forecast rows.")
    return table


def _times(column: pd.Series, name: str, path: Path) -> pd.Series:
    said = column.astype(str)
    if (abroad := said.str.contains(OFFSET)).any():
        raise UserError(f"{path}: {name} {said[abroad].iloc[0]} is not in UTC; write times in UTC, ending in Z.")
    times = pd.to_datetime(said, utc=True, format="ISO8601", errors="coerce")
    if (unread := times.isna() | ~said.str.match(r"\d{4}-\d\d-\d\d")).any():
        raise UserError(f"{path}: {name} {said[unread].iloc[0]!r} is no time such as 2024-03-11T00:00:00Z.")
    return times.dt.as_unit("ns")


def _long(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """A row per model and target."""
    if "model" in table and "forecast" in table:
        return table.assign(series=table["series"].astype(str), model=table["model"].astype(str))
    kept = [name for name in table if name in (*COLUMNS, "seed")]
    models = [
        name for name in table.select_dtypes("number")
        if name not in kept and not pd.Series(name).str.contains(INTERVAL_BOUND + r"|^Unnamed: |^index$").any()
    ]  # fmt: skip
    if not models:
        raise UserError(f"{path}: no column model and forecast, and no column of numbers that could be a model's.")
    rows = table.melt(kept, models, var_name="model", value_name="forecast")
    return rows.assign(series=rows["series"].astype(str), model=rows["model"].astype(str))


def _steps(rows: pd.DataFrame, path: Path) -> pd.Series:
    """How many bars lie between origin and timestamp, the shortest distance there is being one."""
    ahead = rows["timestamp"] - rows["origin"]
    shortest = ahead[ahead > pd.Timedelta(0)].min()
    if pd.isna(shortest) or (odd := (ahead % shortest) != pd.Timedelta(0)).any():
        first = rows[ahead.notna() if pd.isna(shortest) else odd].iloc[0]
        raise UserError(f"{path}: {place(first)}: cannot be counted in steps; add a column step.")
    return (ahead // shortest).astype(int)


def _named_by_seed(rows: pd.DataFrame) -> pd.DataFrame:
    if "seed" not in rows:
        return rows
    seeded = rows["seed"].notna() & ~rows["model"].isin(BASELINE_NAMES)
    names = rows["model"].where(~seeded, rows["model"] + " seed " + rows["seed"].astype(str).str.removesuffix(".0"))
    return rows.assign(model=names)


def _one_of_each_baseline(rows: pd.DataFrame) -> pd.DataFrame:
    """A baseline that was written down once for each seed stands once."""
    again = rows.duplicated(["series", "model", "origin", "step", "timestamp", "forecast"])
    return rows[~(again & rows["model"].isin(BASELINE_NAMES))]


def _check(rows: pd.DataFrame, path: Path) -> None:
    for name in ("forecast", "actual", "last"):
        numbers = pd.to_numeric(rows[name], errors="coerce")
        wrong = ~np.isfinite(numbers) & (rows[name].notna() if name == "last" else True)
        if wrong.any():
            row = rows[wrong].iloc[0]
            raise UserError(f"{path}: {place(row)}: the {name} of {row['model']} is {row[name]}, no finite number.")
        rows[name] = numbers.astype(float)
    if (late := rows["timestamp"] <= rows["origin"]).any():
        raise UserError(f"{path}: {place(rows[late].iloc[0])}: forecast when it was no longer to come.")
    if (again := rows.duplicated(["series", "model", "origin", "step"])).any():
        row = rows[again].iloc[0]
        raise UserError(f"{path}: {place(row)}: stands twice for {row['model']}, step {row['step']}.")
