"""What figures of distributions take from forecast rows: quantiles, CRPS, and the rungs of the ladder among them."""

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.figures.canvas import RUNG_COLORS
from cryptoforecast.quantiles import COLUMNS, crps

LEAST = 1e-9  # of the last close; some scalings know prices below zero


def has_distribution(rows: pd.DataFrame) -> bool:
    """Whether forecast rows, or those of the next closes, have all quantiles in each row.

    >>> has_distribution(pd.DataFrame({"forecast": [1.0]}))
    False
    """
    return len(rows) > 0 and set(COLUMNS) <= set(rows) and bool(np.isfinite(quantiles_of(rows)).all())


def judged_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the judged model, which is that of the first row."""
    return rows[rows["model"] == rows["model"].iloc[0]]


def quantiles_of(rows: pd.DataFrame) -> np.ndarray:
    """The quantiles of rows in price, as ``(rows, levels)``."""
    quantiles: np.ndarray = rows[list(COLUMNS)].to_numpy(dtype=float)
    return quantiles


def last_step(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last step, which is the hardest to forecast."""
    return rows[rows["step"] == rows["step"].max()]


def rungs_in(rows: pd.DataFrame) -> list[str]:
    """The rungs of the ladder that have distributions in some rows and are not judged themselves, simple to hard."""
    judged = str(rows["model"].iloc[0])
    by_model = {str(name): part for name, part in rows.groupby("model", sort=False)}
    return [name for name in RUNG_COLORS if name != judged and name in by_model and has_distribution(by_model[name])]


def crps_of(rows: pd.DataFrame) -> pd.Series:
    """The CRPS of each row: of the log change from the last close, in percent."""
    last = rows["last"].to_numpy()
    changes = np.log(np.maximum(quantiles_of(rows) / last[:, None], LEAST))
    return pd.Series(100 * crps(changes, np.log(rows["actual"].to_numpy() / last)), index=rows.index)


def crps_by_model(rows: pd.DataFrame) -> dict[str, float]:
    """The mean CRPS of the judged model and of each rung, in percent, over all series and steps."""
    models = [str(rows["model"].iloc[0]), *rungs_in(rows)]
    return {model: float(crps_of(rows[rows["model"] == model]).mean()) for model in models}


def best_rung(rows: pd.DataFrame) -> str | None:
    """The rung with the smallest mean CRPS; None if there is no rung in the rows."""
    means = crps_by_model(rows)
    return min(rungs_in(rows), key=means.__getitem__, default=None)


def step_ahead(rows: pd.DataFrame) -> str:
    """What the last step is, as words of a title."""
    step = int(rows["step"].max())
    return "next close" if step == 1 else f"close {step} steps ahead"
