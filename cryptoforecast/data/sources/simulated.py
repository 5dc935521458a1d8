"""A price that cannot be forecast, for trying things out and for null experiments."""

import numpy as np
import pandas as pd

from cryptoforecast.data.series import CloseSeries, RawRows, to_close_series
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.times import to_utc
from cryptoforecast.errors import UserError

DAILY_VOLATILITY = 0.035  # about Bitcoin's
DEGREES_OF_FREEDOM = 4  # of Student's t: crashes and leaps as coins have them
SHOCK_WEIGHT, MEMORY = 0.08, 0.90  # GARCH(1, 1): a wild day is followed by wild days


class SimulatedSource(Source):
    """A seeded daily random walk of the log close, with fat tails and clustered volatility.

    Log changes are GARCH(1, 1) with Student-t shocks (Bollerslev 1987), symmetric about zero whatever came
    before. Their size can be forecast, their direction cannot; whoever beats the random walk here was lucky or
    has a leak. Series and rows are named SIMULATED.

    Args:
        seed: another seed, another history.
        rows: count of daily closes.
        start: day of the first close.
    """

    symbol = "SIMULATED"

    def __init__(self, seed: int = 0, rows: int = 4000, start: str = "2015-01-01") -> None:
        if rows < 2:
            raise UserError(f"data.source.rows is {rows}; a series takes at least 2 closes.")
        to_utc(start, "data.source.start")
        self.seed = seed
        self.rows = rows
        self.start = start

    def load(self) -> CloseSeries:
        """The simulated closes, around 1,000 dollars at first."""
        times = pd.date_range(self.start, periods=self.rows, freq="D", tz="UTC")
        closes = 1000.0 * np.exp(np.cumsum(_log_changes(np.random.default_rng(self.seed), self.rows)))
        return to_close_series(RawRows(self.symbol, times, closes, type(self).__name__, simulated=True))


def _log_changes(random: np.random.Generator, count: int) -> np.ndarray:
    shocks = random.standard_t(DEGREES_OF_FREEDOM, count) * np.sqrt(1 - 2 / DEGREES_OF_FREEDOM)  # variance 1
    usual = DAILY_VOLATILITY**2
    variance = usual
    changes = np.empty(count)
    for day, shock in enumerate(shocks):
        changes[day] = np.sqrt(variance) * shock
        variance = usual * (1 - SHOCK_WEIGHT - MEMORY) + SHOCK_WEIGHT * changes[day] ** 2 + MEMORY * variance
    return changes
