"""Forecast rows prepared for judging: checked, and with rows of the random walk added where they are missing."""

import numpy as np
import pandas as pd

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.distribution.quantile_columns import distribution_columns_in
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.evaluation.rows import describe_target, to_rows
from cryptoforecast.formatting import join_names

TARGET = ["series", "origin", "step", "timestamp"]


def with_random_walk(rows: pd.DataFrame) -> pd.DataFrame:
    """Forecast rows of all models on the same targets, including the random walk's.

    Args:
        rows: forecast rows of one or several models; names and times may be of any type. Missing rows of the random
            walk are made from the column ``last``, without a distribution.

    Returns:
        The rows in their order, those that were made at the end.

    Raises:
        UserError: if a column is missing, a target is repeated, or the models have forecast different targets.
    """
    if not isinstance(rows, pd.DataFrame):
        raise UserError(
            f"a table of forecast rows is wanted, such as forecast_rows gives, and not {type(rows).__name__}."
        )
    if not len(rows):
        raise UserError("there are no forecast rows to judge.")
    table = to_rows(rows, "rows")
    if (repeated := table.duplicated(["model", *TARGET])).any():
        row = table[repeated].iloc[0]
        raise UserError(
            f"rows: {describe_target(row)} stands twice for {row['model']}; give each model a name of its own, as in "
            "rows.assign(model='another name')."
        )
    _require_same_targets(table)
    if (table["model"] == RANDOM_WALK).any():
        return table
    walk = table.drop_duplicates(TARGET)
    if (unknown := walk["last"].isna()).any():
        raise UserError(
            f"rows: {describe_target(walk[unknown].iloc[0])}: the last close is missing, of which the random walk is "
            f"made; add a column last, or rows of {RANDOM_WALK}."
        )
    unknown_columns = dict.fromkeys(distribution_columns_in(walk), np.nan)
    walk = walk.assign(model=RANDOM_WALK, forecast=walk["last"], **unknown_columns)
    return pd.concat([table, walk], ignore_index=True)


def _require_same_targets(rows: pd.DataFrame) -> None:
    counts = rows.groupby("model", sort=False).size()
    targets = rows.groupby(TARGET)["model"].size()
    if (targets == len(counts)).all():
        return
    lacking = targets.index[targets < len(counts)]
    raise UserError(
        f"rows: {len(lacking):,} of {len(targets):,} targets have no forecast of each of {join_names(counts.index)}; "
        "models are judged on the same targets."
    )
