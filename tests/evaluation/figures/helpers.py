"""Rows of distributions, for figures."""

import numpy as np
import pandas as pd

from tests.evaluation.helpers import distribution_rows

WIDTHS = {"LSTM": 0.02, "RandomWalk": 0.05, "Ewma": 0.03, "Garch": 0.021, "Har": 0.04}  # of the log change, truly 0.02


def beside_ladder(count: int = 200, seed: int = 0, series: str = "COIN-USD", step: int = 1) -> pd.DataFrame:
    """Rows of an LSTM whose distributions are right, of all rungs, and of a model without distributions."""
    random = np.random.default_rng(seed)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.02, count + 1)))
    parts = [distribution_rows(model, width, closes[1:], closes[:-1]) for model, width in WIDTHS.items()]
    mean = parts[0].iloc[:, : parts[0].columns.get_loc("actual") + 1].assign(model="Mean")  # type: ignore[operator]
    return pd.concat([*parts, mean], ignore_index=True).assign(series=series, step=step)


def of_coins(count: int, targets: int = 80) -> pd.DataFrame:
    """Rows of several coins."""
    return pd.concat([beside_ladder(targets, number, f"COIN{number}-USD") for number in range(count)])


def of_steps(steps: int, targets: int = 90) -> pd.DataFrame:
    """Rows of a horizon longer than one."""
    parts = [beside_ladder(targets, step, step=step) for step in range(1, steps + 1)]
    return pd.concat(parts).sort_values(["model", "origin", "step"], key=_judged_first, kind="stable")


def _judged_first(column: pd.Series) -> pd.Series:
    return column != "LSTM" if column.name == "model" else column
