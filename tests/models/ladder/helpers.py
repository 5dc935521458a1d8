"""Bars made by hand or at random, as tests of the ladder share them."""

import numpy as np

from cryptoforecast.data.bars import Bars

A_DAY = 86_400_000_000_000


def bars_from(
    changes: np.ndarray, ranges: np.ndarray | None = None, trained: int | None = None, symbol: str = "COIN-USD"
) -> Bars:
    """Bars of log changes and, if wanted, of log ranges; the first ``trained`` are marked, by default all."""
    closes = 100.0 * np.exp(np.concatenate([[0.0], np.cumsum(changes)]))
    count = len(closes)
    follows = np.arange(count) > 0
    marked = np.arange(count) < (count if trained is None else trained)
    highs, lows = None, None
    if ranges is not None:
        highs, lows = closes * np.exp(ranges / 2), closes * np.exp(-ranges / 2)
    return Bars(symbol, np.arange(count) * A_DAY, closes, highs, lows, follows, marked)


def clustered(count: int, seed: int = 0, symbol: str = "COIN-USD", trained: int | None = None) -> Bars:
    """Bars of a GJR-GARCH process with Student-t shocks, whose ranges tell of its variance."""
    random = np.random.default_rng(seed)
    shocks = random.standard_t(5.0, count) * np.sqrt(3 / 5)
    changes, variances, variance = np.empty(count), np.empty(count + 1), 0.0009
    for at, shock in enumerate(shocks):
        variances[at], changes[at] = variance, np.sqrt(variance) * shock
        square = changes[at] ** 2
        variance = 0.00003 + (0.05 + 0.06 * (changes[at] < 0)) * square + 0.88 * variance
    variances[count] = variance
    ranges = np.sqrt(np.concatenate([[0.0009], variances[:-1]])) * np.exp(random.normal(0.4, 0.3, count + 1))
    return bars_from(changes, ranges, trained, symbol)
