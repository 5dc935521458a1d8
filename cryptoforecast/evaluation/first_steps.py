"""The first step of each origin: the part of forecast rows in which no two targets overlap."""

import pandas as pd


def first_steps(rows: pd.DataFrame) -> pd.DataFrame:
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
