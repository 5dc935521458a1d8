"""Distributions as other tools write them: Nixtla's intervals, and AutoGluon's and Chronos' columns of quantiles."""

import re
import warnings
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from cryptoforecast.errors import DataNotice
from cryptoforecast.evaluation.distribution.quantile_columns import QUANTILES
from cryptoforecast.evaluation.row_files import to_numbers
from cryptoforecast.quantiles import LEVELS

LEVEL = re.compile(r"0?\.\d+")
BOUND = re.compile(r"(?P<model>.+)-(?P<side>lo|hi)-(?P<width>\d+(?:\.\d+)?)")  # of an interval, its width in percent
FEWEST_LEVELS = 3
MEANS = {"predictions": "Chronos", "mean": "AutoGluon"}  # their point forecasts
NAMES = {"item_id": "series", "target": "actual"}  # AutoGluon's and Chronos' names of our columns


def level_columns(names: Iterable[object]) -> dict[float, str]:
    """The columns that are named by a quantile level, such as ``0.1``, in the order of the levels.

    >>> level_columns(["model", "0.9", "0.1", "1.0"])
    {0.1: '0.1', 0.9: '0.9'}
    """
    levels = {float(str(name)): str(name) for name in names if LEVEL.fullmatch(str(name)) and 0 < float(str(name)) < 1}
    return dict(sorted(levels.items()))


def bound_columns(names: Iterable[object]) -> dict[str, dict[float, str]]:
    """The columns of Nixtla's intervals by model and level, and of its median where there is one.

    >>> bound_columns(["NHITS", "NHITS-median", "NHITS-lo-90", "NHITS-hi-90"])
    {'NHITS': {0.05: 'NHITS-lo-90', 0.5: 'NHITS-median', 0.95: 'NHITS-hi-90'}}
    """
    texts = [str(name) for name in names]
    found: dict[str, dict[float, str]] = {}
    for match in filter(None, (BOUND.fullmatch(text) for text in texts)):
        half = min(float(match["width"]), 100.0) / 200
        level = round(0.5 - half if match["side"] == "lo" else 0.5 + half, 6)
        if 0 < level < 1:
            found.setdefault(match["model"], {})[level] = match[0]
    for model, levels in found.items():
        if (median := f"{model}-median") in texts:
            levels[0.5] = median
    return {model: dict(sorted(levels.items())) for model, levels in found.items()}


def named_as_ours(table: pd.DataFrame) -> pd.DataFrame:
    """A table of AutoGluon or Chronos with our names: ``forecast`` is its point forecast, or else its median.

    A table that names no model gets the tool's name. Other tables, which have no columns of quantile levels, are
    returned as they are.
    """
    levels = level_columns(table.columns)
    if not levels:
        return table
    table = table.rename(columns={name: ours for name, ours in NAMES.items() if ours not in table})
    if "forecast" in table:
        return table
    point = next((name for name in MEANS if name in table), None)
    if point is None:
        return table.assign(forecast=table[levels[0.5]]) if 0.5 in levels and "model" in table else table
    if "model" not in table:
        table = table.assign(model=MEANS[point])
    return table.rename(columns={point: "forecast"})


def with_our_levels(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Rows with quantiles at the 21 levels, made of the columns of other levels.

    Args:
        rows: long, with a column for each of some levels; with all of the 21 they are returned as they are.
        source: where they are from, for a notice.
    """
    levels = level_columns(rows.columns)
    if not levels or set(QUANTILES) <= set(levels.values()):
        return rows
    made = _quantiles_of({level: rows[name] for level, name in levels.items()}, "the rows", source)
    rows = rows.drop(columns=list(levels.values()))
    return rows if made is None else pd.concat([rows, made], axis="columns")


def quantiles_of_bounds(table: pd.DataFrame, model: str, bounds: Mapping[float, str], source: str) -> pd.DataFrame:
    """The 21 columns of quantiles of a model in one of Nixtla's tables; none where its intervals make no distribution.

    Args:
        table: wide.
        model: its name, which may be that of its column of point forecasts. They count as the median if there is no
            other.
        bounds: its columns by level.
        source: where the table is from, for a notice.
    """
    if not bounds:
        return pd.DataFrame(index=table.index)
    columns = {level: table[name] for level, name in bounds.items()}
    if 0.5 not in columns and model in table:
        columns[0.5] = table[model]
    made = _quantiles_of(dict(sorted(columns.items())), model, source)
    return pd.DataFrame(index=table.index) if made is None else made


def at_our_levels(levels: Sequence[float], prices: np.ndarray) -> np.ndarray:
    """Quantiles at the 21 levels, of prices at others.

    Between two given levels, the log price is linear in the normal quantile of the level, as it is for a lognormal
    price. Beyond the outermost ones the line through the nearest two goes on: a normal tail. Tails that a tool has not
    told are therefore thin, and a score of them is partly of this rule.

    Args:
        levels: ascending, three or more.
        prices: above zero, ascending, a row for each close and a column for each level.

    >>> at_our_levels([0.1, 0.5, 0.9], np.array([[90.0, 100.0, 110.0]]))[0, [0, 2, 10, 18, 20]].round(2).tolist()
    [82.59, 90.0, 100.0, 110.0, 118.89]
    """
    from scipy.special import ndtri

    given, wanted = ndtri(np.asarray(levels)), ndtri(np.asarray(LEVELS))
    left = np.clip(np.searchsorted(given, wanted, side="right") - 1, 0, len(given) - 2)
    share = (wanted - given[left]) / (given[left + 1] - given[left])
    heights = np.log(prices)
    made: np.ndarray = np.exp(heights[:, left] + share * (heights[:, left + 1] - heights[:, left]))
    for at, level in enumerate(LEVELS):  # unchanged where they are given
        if level in levels:
            made[:, at] = prices[:, list(levels).index(level)]
    return made


def _quantiles_of(columns: Mapping[float, pd.Series], model: str, source: str) -> pd.DataFrame | None:
    """The 21 columns of quantiles, NaN in rows without any; None, with a notice, where they make no distribution."""
    prices = np.column_stack([to_numbers(column).to_numpy() for column in columns.values()])
    present = ~np.isnan(prices).all(axis=1)
    given = prices[present]
    if not len(given):
        return None
    with np.errstate(invalid="ignore"):
        reason = (
            f"there are {len(columns)} quantile levels, and a distribution takes {FEWEST_LEVELS}"
            if len(columns) < FEWEST_LEVELS
            else "some of its quantiles are missing or no prices above zero"
            if not (np.isfinite(given) & (given > 0)).all()
            else "its quantiles do not ascend with their levels"
            if (np.diff(given, axis=1) < 0).any()
            else ""
        )
    if reason:
        notice = f"{source}: the distribution of {model} is left out: {reason}."
        warnings.warn(notice, DataNotice, stacklevel=2)
        return None
    made = np.full((len(prices), len(LEVELS)), np.nan)
    made[present] = at_our_levels(list(columns), given)
    index = next(iter(columns.values())).index
    return pd.DataFrame(made, columns=QUANTILES, index=index)
