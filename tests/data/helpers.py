"""What tests of closes and windows share."""

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from cryptoforecast import CloseSeries
from cryptoforecast.data.interval import as_interval
from tests.helpers import Given

LENGTHS = {"context_length": st.integers(1, 12), "horizon": st.integers(1, 6)}


gap_patterns = st.lists(st.booleans(), min_size=2, max_size=60)


def coin(count: int, start: str = "2020-01-01", symbol: str = "COIN-USD") -> CloseSeries:
    return Given([float(n + 1) for n in range(count)], start, symbol).load()


def uneven_series(even: list[bool]) -> CloseSeries:
    """Daily closes; where a step is not even, one to three and a half days are missing."""
    steps = [24 if step else (36, 48, 72, 108)[at % 4] for at, step in enumerate(even)]
    hours = np.concatenate([[0], np.cumsum(steps)])
    times = pd.Timestamp("2020-01-01", tz="UTC") + pd.to_timedelta(hours, unit="h")
    closes = pd.Series(np.arange(1.0, len(hours) + 1), pd.DatetimeIndex(times).as_unit("ns"), name="COIN-USD")
    return coin(2)._replace(closes=closes, interval=as_interval(pd.Timedelta("1D")))
