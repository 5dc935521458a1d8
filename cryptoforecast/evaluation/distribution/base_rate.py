"""How often the closes of a series rose in its training bars: what a probability of a rise has to beat."""

import numpy as np
import pandas as pd

from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.evaluation.distribution.quantile_columns import RISE
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.models.ladder.changes import changes_ahead, trained_ahead


def with_base_rate(rows: pd.DataFrame, data: CloseDataModule) -> pd.DataFrame:
    """Rows in which the random walk says of each series and step how often its closes rose in training.

    Args:
        rows: forecast rows of several models, the random walk among them, one with the column ``rise``.
        data: set up, with a training range.
    """
    shares = base_rates(data)
    walk = rows["model"] == RANDOM_WALK
    rates = [shares[series, step] for series, step in zip(rows["series"][walk], rows["step"][walk], strict=True)]
    return rows.assign(**{RISE: rows[RISE].mask(walk, pd.Series(rates, index=rows.index[walk]))})


def base_rates(data: CloseDataModule) -> dict[tuple[str, int], float]:
    """The share of rises in the training bars, by series and step; NaN where there are no such bars."""
    shares = {}
    for series in data.bars():
        for step in range(1, data.horizon + 1):
            changes = changes_ahead(series, step)[trained_ahead(series, step)]
            changes = changes[np.isfinite(changes)]
            shares[series.symbol, step] = float((changes > 0).mean()) if len(changes) else np.nan
    return shares
