"""Made-up close series, each with one thing planted in it, and data modules over them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from cryptoforecast.audit.altered import CachedSource
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.datamodule import CloseDataModule
from cryptoforecast.data.series import CLOSE, HIGH, LOW, VOLUME, CloseSeries
from cryptoforecast.data.sources.simulated import SimulatedSource

OPEN = "Open"
ALL_COLUMNS = (CLOSE, OPEN, HIGH, LOW, VOLUME)
PERIOD, SWING = 24, 0.1  # of the sine: bars, and of the log close
FOLLOWING_NOISE = 0.3  # of a coin that follows, beside the deviation of its leader's changes
FIRST_CLOSE = 1000.0


def walk(rows: int, seed: int = 0, symbol: str = "SIMULATED", **planted: Any) -> CloseSeries:
    """Bars of :class:`SimulatedSource`.

    Args:
        rows: count of bars.
        seed: of the random numbers.
        symbol: name of the series.
        planted: further arguments of the source, such as ``autocorrelation``.
    """
    return _bars(SimulatedSource(seed=seed, rows=rows, **planted).load().closes.to_numpy(), seed, symbol)


def sine(rows: int) -> CloseSeries:
    """Bars whose log close is a sine."""
    return _bars(FIRST_CLOSE * np.exp(SWING * np.sin(2 * np.pi * np.arange(rows) / PERIOD)), seed=0)


def follower(rows: int) -> CloseSeries:
    """Bars of a coin that follows another by one bar; the column Open has the price of the one that leads."""
    leader = SimulatedSource(rows=rows + 1).load().closes.to_numpy()
    deviation = np.diff(np.log(leader)).std()
    noise = np.random.default_rng([0, 2]).normal(0, FOLLOWING_NOISE * deviation, rows)
    series = _bars(leader[:-1] * np.exp(noise), seed=0)
    assert series.others is not None
    return series._replace(others=series.others.assign(**{OPEN: leader[1:]}))


def in_unit(series: CloseSeries, unit: float) -> CloseSeries:
    """The same bars with all prices multiplied by a number."""
    assert series.others is not None
    columns = series.others.copy()
    for name in (OPEN, HIGH, LOW):
        columns[name] *= unit
    return series._replace(closes=series.closes * unit, others=columns)


def data_over(series: Sequence[CloseSeries], **settings: Any) -> CloseDataModule:
    """A data module over some series, set up for ``fit``.

    Args:
        series: the series.
        settings: of the data module.
    """
    sources = [CachedSource(SimulatedSource(), member, ALL_COLUMNS[1:]) for member in series]
    data = CloseDataModule(list(sources), **settings)
    data.setup("fit")
    return data


def _bars(closes: np.ndarray, seed: int, symbol: str = "SIMULATED") -> CloseSeries:
    """Whole bars around closes: opened at the close before, with a range around both and a volume, which are seeded."""
    random = np.random.default_rng([seed, 1])
    opens = np.concatenate([closes[:1], closes[:-1]])
    above, below = np.exp(np.abs(random.normal(0, 0.01, (2, len(closes)))))
    columns = {
        OPEN: opens,
        HIGH: np.maximum(opens, closes) * above,
        LOW: np.minimum(opens, closes) / below,
        VOLUME: random.lognormal(10, 1, len(closes)),
    }
    times = pd.date_range("2015-01-01", periods=len(closes), tz="UTC")
    raw = RawRows(symbol, times, closes, SimulatedSource.__name__, simulated=True, others=columns)
    return to_close_series(raw)
