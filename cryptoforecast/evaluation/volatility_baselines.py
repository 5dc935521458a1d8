"""Baselines of a series of volatility: moving averages, Corsi's regression, and GARCH from the closes behind it."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import Float64

from cryptoforecast.data.bars import Bars
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.sources.volatility import VolatilitySource
from cryptoforecast.errors import DataNotice, UserError
from cryptoforecast.evaluation.metrics import VOLATILITY_NAMES
from cryptoforecast.evaluation.quantity import note_quantity
from cryptoforecast.evaluation.rows import COLUMNS
from cryptoforecast.models.ladder.changes import changes_ahead, trained_ahead
from cryptoforecast.models.ladder.ewma import DECAY
from cryptoforecast.models.ladder.garch import GarchRung

EWMA, GARCH, HAR = VOLATILITY_NAMES
SPANS = (1, 5, 22)  # bars, of Corsi's regression
Forecasts = Float64[np.ndarray, "time horizon"]


def with_volatility_baselines(rows: pd.DataFrame, data: CloseDataModule) -> pd.DataFrame:
    """Forecast rows with those of the baselines of volatility, which note that they are of volatilities.

    Args:
        rows: those of the judged model first.
        data: set up, of a series of volatility.
    """
    judged = rows[rows["model"] == rows["model"].iloc[0]][COLUMNS]
    joined = pd.concat([rows, volatility_rows(judged, data)], ignore_index=True)
    joined.attrs = dict(rows.attrs)
    note_quantity(joined, data.series[0].quantity)
    return joined


def volatility_rows(like: pd.DataFrame, data: CloseDataModule) -> pd.DataFrame:
    """Forecast rows of the baselines of volatility, on the targets of a model.

    ``VolatilityEwma``
        the root of the exponentially weighted mean of past squared volatilities (decay 0.94, RiskMetrics).
    ``VolatilityGarch``
        the standard deviation of the next log change by GJR-GARCH with Student-t shocks, fitted on the closes behind
        the volatilities; of a further step, that of the change of that step alone. It is left out, with a notice, where
        there are no such closes, or it cannot be fitted.
    ``VolatilityHar``
        the regression of the log volatility of each step on the last log volatility and the means of the last 5 and 22
        (Corsi 2009), fitted by least squares on the training bars of each series. As every forecast of the mean of a
        log, it is lower than that of the mean variance, which QLIKE asks for.

    Args:
        like: forecast rows of a model, in the order of the data's series, origins and steps.
        data: set up, of a series of volatility.

    References:
        Corsi (2009), A Simple Approximate Long-Memory Model of Realized Volatility, J. Financial Econometrics 7(2).
    """
    makers: dict[str, Callable[[Bars, int, Any], Forecasts]] = {EWMA: _ewma, GARCH: _garch, HAR: _har}
    sources = data.source if isinstance(data.source, list) else [data.source]
    parts = []
    for name, make in makers.items():
        try:
            by_series = {
                bars.symbol: pd.DataFrame(make(bars, data.horizon, source), index=bars.times)
                for bars, source in zip(data.bars(), sources, strict=True)
            }
        except UserError as problem:
            warnings.warn(f"{name} is left out: {problem}", DataNotice, stacklevel=3)
            continue
        parts.append(like.assign(model=name, forecast=_looked_up(like, by_series)))
    return pd.concat(parts, ignore_index=True)


def _looked_up(like: pd.DataFrame, by_series: dict[str, pd.DataFrame]) -> Float64[np.ndarray, " rows"]:
    origins = like["origin"].dt.as_unit("ns").astype("int64").to_numpy()
    forecasts = np.empty(len(like))
    for series, table in by_series.items():
        members = (like["series"] == series).to_numpy()
        places = table.index.get_indexer(origins[members])
        forecasts[members] = table.to_numpy()[places, like["step"].to_numpy()[members] - 1]
    return forecasts


def _ewma(bars: Bars, horizon: int, source: Any) -> Forecasts:
    variances, variance = np.empty(len(bars.closes)), float(np.square(bars.closes[bars.trained]).mean())
    for at, square in enumerate(np.square(bars.closes).tolist()):
        variance = DECAY * variance + (1 - DECAY) * square
        variances[at] = variance
    return np.repeat(np.sqrt(variances)[:, None], horizon, axis=1)


def _har(bars: Bars, horizon: int, source: Any) -> Forecasts:
    logs = pd.Series(np.log(bars.closes))
    means = [logs.rolling(span, min_periods=1).mean().to_numpy() for span in SPANS]
    regressors = np.column_stack([np.ones(len(logs)), *means])
    forecasts = np.empty((len(logs), horizon))
    for step in range(1, horizon + 1):
        target = logs.to_numpy() + changes_ahead(bars, step)
        rows = trained_ahead(bars, step) & np.isfinite(target)
        rows[: max(SPANS) - 1] = False  # whose longest mean is of fewer
        if rows.sum() <= 2 * regressors.shape[1]:
            raise UserError(f"{bars.symbol} has {rows.sum()} training bars for the regression of step {step}.")
        weights = np.linalg.lstsq(regressors[rows], target[rows], rcond=None)[0]
        forecasts[:, step - 1] = np.exp(regressors @ weights)
    return forecasts


def _garch(bars: Bars, horizon: int, source: Any) -> Forecasts:
    if not isinstance(source, VolatilitySource):
        raise UserError(f"{bars.symbol} is not of a VolatilitySource, so its closes are not known.")
    prices = source.prices()
    known = prices.reindex(pd.DatetimeIndex(bars.times, tz="UTC"))
    if known.isna().any():
        raise UserError(f"{bars.symbol} has volatilities of bars without a close.")
    closes = bars._replace(closes=known.to_numpy("float64"))
    rung = GarchRung()
    rung.fit([closes], horizon)
    parameters = rung.t_parameters(torch.from_numpy(rung.follow(closes)))
    variances = (parameters.scale.square() * parameters.freedom / (parameters.freedom - 2)).numpy()
    steps: np.ndarray = np.diff(variances, axis=1, prepend=0.0)  # scales are of whole changes, a step's is what it adds
    forecasts: Forecasts = np.sqrt(steps)
    return forecasts
