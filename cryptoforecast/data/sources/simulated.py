"""A price that cannot be forecast, for trying things out and for null experiments."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cryptoforecast.data.rows import RawRows, to_close_series
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.times import to_utc
from cryptoforecast.errors import UserError

DAILY_VOLATILITY = 0.035  # about Bitcoin's
DEGREES_OF_FREEDOM = 4  # of Student's t: crashes and leaps as coins have them
SHOCK_WEIGHT, MEMORY = 0.08, 0.90  # GARCH(1, 1): a wild day is followed by wild days
BITS = 32  # of a close that are kept, nine digits: the last bits of exp differ from processor to processor


class SimulatedSource(Source):
    """A seeded daily random walk of the log close, with fat tails and clustered volatility.

    Log changes are GARCH(1, 1) with Student-t shocks (Bollerslev 1987), symmetric about zero whatever came
    before. Their size can be forecast, their direction cannot; whoever beats the random walk here was lucky or
    has a leak. Series and rows are named SIMULATED.

    With an ``autocorrelation`` there is something to find: each log change holds that share of the one before, so
    the best forecast multiplies the last close by the last change to that power, and its squared errors are smaller
    than the random walk's by the square of it: with 0.3 by 9 %, a skill of 0.046.

    Args:
        seed: another seed, another history.
        rows: count of daily closes.
        start: day of the first close.
        autocorrelation: share of a log change that the next one repeats, between -1 and 1.
    """

    symbol = "SIMULATED"

    def __init__(
        self, seed: int = 0, rows: int = 4000, start: str = "2015-01-01", autocorrelation: float = 0.0
    ) -> None:
        if rows < 2:
            raise UserError(f"data.source.rows is {rows}; a series takes at least 2 closes.")
        if not -1 < autocorrelation < 1:
            raise UserError(
                f"data.source.autocorrelation is {autocorrelation}; it must lie between -1 and 1, or closes run away."
            )
        to_utc(start, "data.source.start")
        self.seed = seed
        self.rows = rows
        self.start = start
        self.autocorrelation = autocorrelation

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """The simulated closes, around 1,000 dollars at first; there is nothing beside them."""
        if columns:
            raise UserError(f"SimulatedSource has closes only; leave {', '.join(columns)} out of data.columns.")
        times = pd.date_range(self.start, periods=self.rows, freq="D", tz="UTC")
        changes = _log_changes(np.random.default_rng(self.seed), self.rows)
        for day in range(1, self.rows):
            changes[day] += self.autocorrelation * changes[day - 1]
        closes = _keep_bits(1000.0 * np.exp(np.cumsum(changes)))
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


def _keep_bits(values: np.ndarray) -> np.ndarray:
    mantissas, exponents = np.frexp(values)
    kept: np.ndarray = np.ldexp(np.rint(np.ldexp(mantissas, BITS)), exponents - BITS)
    return kept
