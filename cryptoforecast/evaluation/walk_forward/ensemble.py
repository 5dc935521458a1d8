"""The ensemble of the seeds of a backtest: the mean of their forecasts, and of their distributions' quantiles."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cryptoforecast.errors import UserError
from cryptoforecast.evaluation.distribution.quantile_columns import (
    LOG_DENSITY,
    PIT,
    QUANTILES,
    has_distribution,
    pit_of,
)
from cryptoforecast.quantiles import MEDIAN

ENSEMBLE = "Ensemble"  # the name of the model in the rows


def require_name_not_of_ensemble(name: str) -> None:
    """Check that a model's class is not called as the ensemble of its seeds.

    Raises:
        UserError: if it is.
    """
    if name == ENSEMBLE:
        raise UserError(f"{name} is the name of the ensemble of a backtest's seeds; give your class another.")


def ensemble_rows(seeds: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The forecast rows of the ensemble of several seeds of a model.

    A point forecast is the mean of the seeds' point forecasts. Of distributions, the quantile of the log change at each
    level is the mean of the seeds' quantiles (Vincentization), and the point forecast is the median that comes of it.
    The pinball loss is convex in the quantile, so the ensemble's CRPS is never above the mean of the seeds'. Its PIT is
    that of its quantiles; it has no log density.

    Args:
        seeds: the rows of one model on the same targets in the same order, for each seed.

    Returns:
        Rows of the same targets, whose model is ``Ensemble``.

    References:
        Vincent (1912), The Functions of the Vibrissae in the Behavior of the White Rat, Animal Behavior
        Monographs 1(5).
        Lichtendahl, Grushka-Cockayne and Winkler (2013), Is It Better to Average Probabilities or Quantiles?,
        Management Science 59(7), 1594-1611.

    >>> rows = pd.DataFrame({"model": ["LSTM"], "forecast": [100.0], "actual": [103.0]})
    >>> ensemble_rows([rows, rows.assign(forecast=104.0)]).to_dict("records")
    [{'model': 'Ensemble', 'forecast': 102.0, 'actual': 103.0}]
    """
    first = seeds[0].reset_index(drop=True)
    forecast = np.mean([rows["forecast"].to_numpy() for rows in seeds], axis=0)
    if not has_distribution(first).all():
        return first.assign(model=ENSEMBLE, forecast=forecast)
    quantiles = np.exp(np.mean([np.log(rows[QUANTILES].to_numpy()) for rows in seeds], axis=0))
    columns = dict(zip(QUANTILES, quantiles.T, strict=True))
    pit = pit_of(quantiles, first["actual"].to_numpy())
    return first.assign(model=ENSEMBLE, forecast=quantiles[:, MEDIAN], **columns, **{PIT: pit, LOG_DENSITY: np.nan})
