"""Reading and writing forecast rows, also as Nixtla's tools and AutoGluon have them; loads no torch."""

import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.times import iso_texts, say_time
from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.distribution.other_levels import (
    bound_columns,
    level_columns,
    named_as_ours,
    quantiles_of_bounds,
    with_our_levels,
)
from cryptoforecast.evaluation.distribution.quantile_columns import (
    DISTRIBUTION_COLUMNS,
    RISE,
    distribution_columns_in,
    problem_of,
    with_numbers,
)
from cryptoforecast.evaluation.metrics import BASELINE_NAMES
from cryptoforecast.evaluation.quantity import problem_of_quantity, with_quantity_column, without_quantity_column
from cryptoforecast.evaluation.row_files import is_missing, read_cells, to_names, to_numbers, to_times

COLUMNS = ["series", "model", "fold", "origin", "step", "timestamp", "last", "forecast", "actual"]
NAME_COLUMNS, SEED = ("series", "model"), "seed"  # a backtest's rows have a column seed as well
NIXTLA = {"unique_id": "series", "cutoff": "origin", "ds": "timestamp", "y": "actual"}
NEEDED = ["series", "origin", "timestamp", "actual"]
# Columns that are no models: Nixtla's prediction intervals, and index columns of pandas.
NO_MODEL = re.compile(r"-(?:lo|hi)-[\d.]+$|^Unnamed: |^index$|^__index_level_\d+__$|^$")


def to_csv(rows: pd.DataFrame, path: Path | None = None) -> str | None:
    """Write rows as CSV with times in ISO 8601, into a file or returned as text; they are read back unchanged.

    Where rows are no prices, as their ``attrs`` note, a column ``quantity`` says what they are.
    """
    rows = with_quantity_column(rows)
    times = {name: iso_texts(rows[name]) for name in ("origin", "timestamp") if name in rows}
    names = [rows[name].astype("str") for name in NAME_COLUMNS if name in rows]
    broken = any(column.str.contains("\r", regex=False).any() for column in names)
    quoting = csv.QUOTE_NONNUMERIC if broken else csv.QUOTE_MINIMAL  # which misses some carriage returns
    text: str | None = rows.assign(**times).to_csv(path, index=False, lineterminator="\n", quoting=quoting)
    return text


def read_rows(path: Path) -> pd.DataFrame:
    """Forecast rows from a file of this or of another tool.

    Long tables have a row per model and target, with the columns ``model`` and ``forecast``; with a column ``seed``,
    each seed becomes a model, such as ``LSTM seed 1``. Wide tables, such as Nixtla's, have a row per target and a
    column per model. Times without a zone are in UTC. Names of series and models stay as they are written.

    Distributions are read from the columns ``0.01, 0.05, … 0.99``, from Nixtla's intervals (``NHITS-lo-90``,
    ``NHITS-hi-90``, ``NHITS-median``), and from the levels of AutoGluon and Chronos (``0.1 … 0.9`` beside ``mean`` or
    ``predictions``), made into ours by :func:`~cryptoforecast.evaluation.distribution.other_levels.at_our_levels`.

    Args:
        path: a CSV or Parquet file.

    Returns:
        The columns ``series, model, fold, origin, step, timestamp, last, forecast, actual``; ``last`` is NaN
        where the file does not have it. What a column ``quantity`` says (``volatility``, ``ratio``; the same in each
        row) is noted in the ``attrs``. If a model has a distribution, then also the 21 columns of quantiles, ``pit``
        and ``log_density``, NaN for models without one.

    Raises:
        UserError: naming the file, and the series and time where a value is missing, repeated, not finite, in another
            zone or in the wrong order.
    """
    return rows_by_model(read_cells(path), str(path))


def rows_by_model(table: pd.DataFrame, origin: str) -> pd.DataFrame:
    """The rows of a table of forecasts, as :func:`read_rows` has them of a file.

    Args:
        table: long, or wide as Nixtla's.
        origin: the name of the table in errors.
    """
    rows = to_rows(table, origin)
    rows = _one_of_each_baseline(_named_by_seed(rows))
    rows = rows[[*COLUMNS, *distribution_columns_in(rows)]].reset_index(drop=True)
    _require_once(rows, origin)
    return rows


def read_written_rows(path: Path) -> pd.DataFrame:
    """The rows of a file that :func:`to_csv` wrote; a column ``seed`` stays a column.

    Raises:
        UserError: naming the file, if it is invalid.
    """
    rows = to_rows(read_cells(path), str(path))
    columns = [*COLUMNS, *distribution_columns_in(rows)]
    if SEED not in rows:
        return rows[columns]
    return rows[[*columns, SEED]].assign(**{SEED: to_numbers(rows[SEED]).astype("Int64")})


def to_rows(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """A table of forecasts as forecast rows: names as strings, times in UTC, prices as float64.

    Args:
        table: a long table, or a wide one such as Nixtla's, with columns of any type.
        source: where it is from, which errors begin with.

    Returns:
        The table with all of the columns ``series, model, fold, origin, step, timestamp, last, forecast, actual``, and
        with those of distributions if a model has one.

    Raises:
        UserError: as :func:`read_rows`.
    """
    table = named_as_ours(table.rename(columns=str).rename(columns=NIXTLA).reset_index(drop=True))
    table = without_quantity_column(table, source)
    if missing := [name for name in NEEDED if name not in table]:
        nixtla = {column: name for name, column in NIXTLA.items()}
        columns = ", ".join(f"{name} (or {nixtla[name]})" for name in missing)
        raise UserError(f"{source}: no column {columns}; forecast rows have {', '.join(COLUMNS)}.")
    for name in ("origin", "timestamp"):
        table[name] = to_times(table[name], source)
    rows = with_our_levels(_long(table, source), source)
    for name in NAME_COLUMNS:
        if rows[name].isna().any():
            raise UserError(f"{source}: a row has no {name}; name one in each.")
        rows[name] = to_names(rows[name])
    rows["step"] = _counts(rows["step"], "step", source) if "step" in rows else _steps(rows, source)
    rows["fold"] = _counts(rows["fold"], "fold", source) if "fold" in rows else 0
    rows["last"] = rows.get("last", np.nan)
    _require_prices(rows, source)
    rows = with_numbers(rows)
    rows.attrs = dict(table.attrs)
    if problem := problem_of(rows) or problem_of_quantity(rows):
        row = rows.iloc[problem[0]]
        raise UserError(f"{source}: {describe_target(row)}: {row['model']} {problem[1]}.")
    return rows


def first_step_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of step 1, oldest first, with a further column ``segment``.

    Targets of further steps overlap with those of the next origins and would count each change many times.

    Args:
        rows: forecast rows of one model on one series.

    Returns:
        The rows; ``segment`` is a number from 1, the same for rows without a gap in time between them, where the target
        of each is the origin of the next. There are gaps at missing closes and between the folds of a backtest.
    """
    first = rows[rows["step"] == 1].sort_values("origin", kind="stable")
    return first.assign(segment=(first["origin"] != first["timestamp"].shift()).cumsum())


def describe_target(row: pd.Series) -> str:
    """The target of a row in words: series, time and origin."""
    return f"{row['series']}, {say_time(row['timestamp'])} (forecast on {say_time(row['origin'])})"


def _long(table: pd.DataFrame, source: str) -> pd.DataFrame:
    """The table in long form: a row per model and target."""
    if "model" in table and "forecast" in table:
        return table
    kept = [name for name in table if name in (*COLUMNS, SEED)]
    bounds = bound_columns(table.columns)
    medians = {model: levels[0.5] for model, levels in bounds.items() if 0.5 in levels}
    no_models = {*kept, *DISTRIBUTION_COLUMNS, RISE, *level_columns(table.columns).values(), *medians.values()}
    models = [name for name in table if name not in no_models and _may_be_a_model(str(name), table[name])]
    points = {name: name for name in models} | {name: median for name, median in medians.items() if name not in models}
    if not points:
        raise UserError(f"{source}: no column model and forecast, and no column of numbers that could be a model's.")
    parts = []
    for model, column in points.items():
        part = table[kept].assign(model=model, forecast=table[column])
        quantiles = quantiles_of_bounds(table, model, bounds.get(model, {}), source)
        parts.append(pd.concat([part, quantiles], axis="columns"))
    return pd.concat(parts, ignore_index=True)


def _may_be_a_model(name: str, cells: pd.Series) -> bool:
    if NO_MODEL.search(name) or pd.api.types.is_bool_dtype(cells) or pd.api.types.is_datetime64_any_dtype(cells):
        return False
    return bool((to_numbers(cells).notna() | is_missing(cells)).all())


def _counts(column: pd.Series, name: str, source: str) -> pd.Series:
    numbers = to_numbers(column)
    if (odd := ~(numbers == numbers.round()) | (numbers < (name == "step"))).any():
        raise UserError(
            f"{source}: a {name} is {column[odd].iloc[0]!r}; it is a whole number from {int(name == 'step')} on."
        )
    return numbers.astype("int64")


def _steps(rows: pd.DataFrame, source: str) -> pd.Series:
    """The steps from origin to timestamp, in units of the shortest distance between them."""
    ahead = rows["timestamp"] - rows["origin"]
    shortest = ahead[ahead > pd.Timedelta(0)].min()
    if pd.isna(shortest) or (odd := (ahead % shortest) != pd.Timedelta(0)).any():
        first = rows[ahead.notna() if pd.isna(shortest) else odd].iloc[0]
        raise UserError(f"{source}: {describe_target(first)}: cannot be counted in steps; add a column step.")
    return (ahead // shortest).astype(int)


def _named_by_seed(rows: pd.DataFrame) -> pd.DataFrame:
    if SEED not in rows:
        return rows
    seeded = ~is_missing(rows[SEED]) & ~rows["model"].isin(BASELINE_NAMES)
    seeds = rows[SEED].astype("str").str.removesuffix(".0")
    return rows.assign(model=rows["model"].where(~seeded, rows["model"] + " seed " + seeds))


def _one_of_each_baseline(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows without repeated baselines, which a backtest writes once for each seed."""
    repeated = rows.duplicated(["series", "model", "origin", "step", "timestamp", "forecast"])
    return rows[~(repeated & rows["model"].isin(BASELINE_NAMES))]


def _require_prices(rows: pd.DataFrame, source: str) -> None:
    """Convert prices to numbers and check that they are finite; only the last close may be missing."""
    for name in ("forecast", "actual", "last"):
        numbers = to_numbers(rows[name])
        wrong = ~np.isfinite(numbers)
        if name == "last":
            wrong &= ~is_missing(rows[name])
        if wrong.any():
            row = rows[wrong].iloc[0]
            problem = "missing" if is_missing(rows[name][wrong].iloc[:1]).iloc[0] else f"{row[name]}, no finite number"
            raise UserError(f"{source}: {describe_target(row)}: the {name} of {row['model']} is {problem}.")
        rows[name] = numbers


def _require_once(rows: pd.DataFrame, source: str) -> None:
    if (late := rows["timestamp"] <= rows["origin"]).any():
        raise UserError(f"{source}: {describe_target(rows[late].iloc[0])}: forecast when it was no longer to come.")
    if (repeated := rows.duplicated(["series", "model", "origin", "step"])).any():
        row = rows[repeated].iloc[0]
        raise UserError(f"{source}: {describe_target(row)}: stands twice for {row['model']}, step {row['step']}.")
