"""The columns of forecast rows that hold a distribution: quantiles of the close, its PIT and its log density."""

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.row_files import to_numbers
from cryptoforecast.quantiles import COLUMNS, probability_of

QUANTILES = list(COLUMNS)  # in price
PIT, LOG_DENSITY = "pit", "log_density"
DISTRIBUTION_COLUMNS = [*QUANTILES, PIT, LOG_DENSITY]
RISE = "rise"  # the probability that the close is above the last one, of models that say no more


def has_distribution(rows: pd.DataFrame) -> pd.Series:
    """Whether each row has a distribution.

    >>> has_distribution(pd.DataFrame({"model": ["LSTM"]})).tolist()
    [False]
    """
    if QUANTILES[0] not in rows:
        return pd.Series(False, index=rows.index)
    present: pd.Series = rows[QUANTILES[0]].notna()
    return present


def distribution_columns_in(rows: pd.DataFrame) -> list[str]:
    """The columns of a distribution, if any row has one, and that of a probability of a rise; else none."""
    of_quantiles = DISTRIBUTION_COLUMNS if has_distribution(rows).any() else []
    return [*of_quantiles, *([RISE] if has_probability(rows).any() else [])]


def has_probability(rows: pd.DataFrame) -> pd.Series:
    """Whether each row has a probability of a rise."""
    if RISE not in rows:
        return pd.Series(False, index=rows.index)
    present: pd.Series = rows[RISE].notna()
    return present


def with_numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows whose columns of distributions are numbers, and whose PIT is made of the quantiles where it is missing.

    Args:
        rows: forecast rows, ``actual`` as numbers.

    Returns:
        The rows; without the columns of distributions if no row has one.
    """
    if RISE in rows:
        rows = rows.assign(**{RISE: to_numbers(rows[RISE])})
    if not set(QUANTILES) <= set(rows):
        return rows
    numbers = {name: to_numbers(rows[name]) for name in QUANTILES}
    if not any(column.notna().any() for column in numbers.values()):
        return rows.drop(columns=[name for name in DISTRIBUTION_COLUMNS if name in rows])
    for name in (PIT, LOG_DENSITY):
        numbers[name] = to_numbers(rows[name]) if name in rows else pd.Series(np.nan, index=rows.index)
    rows = rows.assign(**numbers)
    lacking = rows[PIT].isna() & rows[QUANTILES].notna().all(axis="columns")
    if lacking.any():
        part = rows[lacking]
        rows.loc[lacking, PIT] = pit_of(part[QUANTILES].to_numpy(), part["actual"].to_numpy())
    return rows


def problem_of(rows: pd.DataFrame) -> tuple[int, str] | None:
    """The first row with a distribution that is none, and what is wrong with it, as words after the model's name.

    Args:
        rows: what :func:`with_numbers` returned.
    """
    if RISE in rows and (unlikely := rows[RISE].notna() & ~rows[RISE].between(0, 1)).any():
        return int(unlikely.to_numpy().argmax()), "has a rise that is no probability"
    if QUANTILES[0] not in rows or rows.empty:
        return None
    values = rows[QUANTILES].to_numpy()
    lacking = np.isnan(values)
    with np.errstate(invalid="ignore"):
        checks = {
            "lacks a quantile that its other rows have": _lacks_some(rows, lacking),
            "has a quantile that is no price above zero": (values <= 0).any(axis=1) | np.isinf(values).any(axis=1),
            "has quantiles that do not ascend with their levels": (np.diff(values, axis=1) < 0).any(axis=1),
            "has a pit that is no probability": ~rows[PIT].between(0, 1).to_numpy() & rows[PIT].notna().to_numpy(),
            "has a log density that is not finite": np.isinf(rows[LOG_DENSITY].to_numpy()),
        }
    for problem, wrong in checks.items():
        if wrong.any():
            return int(wrong.argmax()), problem
    return None


def pit_of(quantiles: np.ndarray, actual: np.ndarray) -> np.ndarray:
    """The probability of a smaller close than the actual one, of distributions that only quantiles tell.

    Between two levels, the log price is taken to be linear in the normal quantile of the level, as it is for a
    lognormal price; beyond the outermost ones, the nearest two go on.

    Args:
        quantiles: in price, a row for each close and a column for each level.
        actual: the closes.

    >>> pit_of(np.linspace(90.0, 110.0, 21)[None], np.array([100.0])).round(3).tolist()
    [0.5]
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # what is no price is refused afterwards
        return probability_of(np.log(quantiles), np.log(actual))


def _lacks_some(rows: pd.DataFrame, lacking: np.ndarray) -> np.ndarray:
    """Whether each row lacks a quantile although its model has distributions on its series."""
    complete = pd.Series(~lacking.all(axis=1), index=rows.index)
    expected = complete.groupby([rows["series"].to_numpy(), rows["model"].to_numpy()]).transform("any").to_numpy()
    wrong: np.ndarray = lacking.any(axis=1) & expected
    return wrong
