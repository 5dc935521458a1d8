"""What figures of distributions take from forecast rows: the judged model, the rungs of the ladder, and their CRPS."""

import pandas as pd

from cryptoforecast.evaluation.distribution.density import crps_of_rows
from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.metrics import RUNG_NAMES
from cryptoforecast.evaluation.quantity import noun_of


def judged_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the judged model, which is that of the first row."""
    return rows[rows["model"] == rows["model"].iloc[0]]


def is_distribution_judged(rows: pd.DataFrame) -> bool:
    """Whether the judged model forecasts distributions.

    >>> is_distribution_judged(pd.DataFrame({"model": ["LSTM"], "forecast": [1.0]}))
    False
    """
    return bool(has_distribution(judged_rows(rows)).all())


def last_step(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of the last step, which is the hardest to forecast."""
    return rows[rows["step"] == rows["step"].max()]


def step_ahead(rows: pd.DataFrame) -> str:
    """What the last step is, as words of a title."""
    step, noun = int(rows["step"].max()), noun_of(rows)
    return f"next {noun}" if step == 1 else f"{noun} {step} steps ahead"


def rungs_in(rows: pd.DataFrame) -> list[str]:
    """The rungs of the ladder that have distributions in some rows and are not judged themselves, simple to hard."""
    judged = str(rows["model"].iloc[0])
    present = set(rows["model"][has_distribution(rows)])
    return [name for name in RUNG_NAMES if name in present and name != judged]


def crps_by_model(rows: pd.DataFrame) -> dict[str, float]:
    """The mean CRPS of the judged model and of each rung, in percent, over all series and steps."""
    models = [str(rows["model"].iloc[0]), *rungs_in(rows)]
    return {model: float(crps_of_rows(rows[rows["model"] == model]).mean()) for model in models}


def best_rung(rows: pd.DataFrame) -> str | None:
    """The rung with the smallest mean CRPS; None if there is no rung in the rows."""
    means = crps_by_model(rows)
    return min(rungs_in(rows), key=means.__getitem__, default=None)
