"""Simulated prices whose direction cannot be forecast, for examples and null experiments."""

import math
import re
from collections.abc import Sequence
from itertools import repeat

import numpy as np
import pandas as pd

from cryptoforecast.data.argument_checks import require_count
from cryptoforecast.data.cleaning.clean import RawRows, to_close_series
from cryptoforecast.data.cleaning.grid import A_DAY
from cryptoforecast.data.series import CLOSE, HIGH, LOW, CloseSeries
from cryptoforecast.data.sources.source import Source
from cryptoforecast.data.times import say_duration, to_utc
from cryptoforecast.errors import UserError

AN_HOUR = A_DAY / 24
DAILY_VOLATILITY = 0.035  # about Bitcoin's
DEGREES_OF_FREEDOM = 4  # of Student's t: crashes and leaps as coins have them
SHOCK_WEIGHT, PERSISTENCE = 0.08, 0.90  # of GARCH(1, 1): large changes are followed by large ones
SWING_PERSISTENCE = 0.97  # of the log volatility from bar to bar, beside GARCH: a swing is half over after 23 bars
CLOSES_AT_A_TIME = 1 << 16  # as Python's floats, millions would need gigabytes
BITS_KEPT = 32  # of a close, nine digits: the last bits of exp differ between processors


class SimulatedSource(Source):
    """A seeded random walk of the log close, with fat tails and clustered volatility.

    Log changes are GARCH(1, 1) with Student-t shocks (Bollerslev 1987), symmetric about zero whatever came before.
    Their size can be forecast, their direction cannot: a model that beats the random walk here was lucky or has a leak.
    The daily volatility is about Bitcoin's at any interval. Series and rows are named SIMULATED.

    With an ``autocorrelation`` the direction can be forecast: each log change is that share of the one before, plus a
    shock. The best forecast is the last close times the last ratio of closes to that power; its squared errors are
    smaller than the random walk's by the square of the autocorrelation: with 0.3 by 9 %, a skill of 0.046.

    With a ``volatility_swing`` the size of changes can be forecast far better: quiet and wild times take turns, as the
    log volatility also follows a first-order autoregression of that standard deviation (Taylor 1986).

    Args:
        seed: of the random numbers; each seed gives another series.
        rows: count of closes.
        start: time of the first close; UTC if it names no time zone.
        autocorrelation: share of a log change that the next one repeats, between -1 and 1.
        interval: time from one close to the next, such as ``1d``, ``1h`` or ``1min``.
        volatility_swing: standard deviation of the log volatility beside GARCH, from 0 to 3. With 1, two thirds of all
            bars have between a third and three times the median volatility.

    Raises:
        UserError: if an argument cannot be used.

    >>> series = SimulatedSource(seed=1, rows=3).load()
    >>> series.closes.round(2).tolist(), series.provenance.simulated
    ([1007.05, 982.41, 971.52], True)
    """

    symbol = "SIMULATED"

    def __init__(
        self,
        seed: int = 0,
        rows: int = 4000,
        start: str = "2015-01-01",
        autocorrelation: float = 0.0,
        interval: str = "1d",
        volatility_swing: float = 0.0,
    ) -> None:
        require_count("data.source.seed", seed, least=0, most=2**63 - 1)
        require_count("data.source.rows", rows, least=2)
        if isinstance(autocorrelation, bool) or not -1 < autocorrelation < 1:
            raise UserError(
                f"data.source.autocorrelation is {autocorrelation}; it must lie between -1 and 1, or closes run away."
            )
        if isinstance(volatility_swing, bool) or not 0 <= volatility_swing <= 3:
            raise UserError(f"data.source.volatility_swing is {volatility_swing}; it must lie from 0 to 3.")
        first, step = to_utc(start, "data.source.start"), _step(interval)
        if rows - 1 > (pd.Timestamp.max.tz_localize("UTC") - first) // step:
            raise UserError(
                f"data.source.rows is {rows}: closes {say_duration(step)} apart from {start} on would end after "
                f"{pd.Timestamp.max.year}; set fewer, or a shorter data.source.interval."
            )
        self.seed = seed
        self.rows = rows
        self.start = start
        self.autocorrelation = autocorrelation
        self.interval = interval
        self.volatility_swing = volatility_swing

    def load(self, columns: Sequence[str] = ()) -> CloseSeries:
        """The simulated closes, about 1,000 at first.

        Args:
            columns: High and Low, if wanted: those of a Brownian motion from close to close with the bar's variance.

        Raises:
            UserError: if another column is asked for.
        """
        if absent := [name for name in columns if name not in (HIGH, LOW)]:
            has = f"SimulatedSource has {CLOSE}, {HIGH} and {LOW}"
            raise UserError(f"{has}; leave {', '.join(absent)} out of data.columns.")
        step = _step(self.interval)
        first = to_utc(self.start, "data.source.start")
        times = pd.date_range(first, periods=self.rows, freq=step, unit="ns")
        closes = _shocks(np.random.default_rng(self.seed), self.rows)
        usual = DAILY_VOLATILITY**2 * (step / A_DAY)
        swings = _swings(self.rows, self.volatility_swing, self.seed)
        _to_log_changes(closes, usual, self.autocorrelation, swings)
        ranges = _log_ranges(closes, usual, self.autocorrelation, swings, self.seed) if columns else {}
        np.cumsum(closes, out=closes)
        for name in ranges:
            ranges[name] += closes
            _to_prices(ranges[name])
        _to_prices(closes)
        others = {name: ranges[name] for name in columns}
        return to_close_series(RawRows(self.symbol, times, closes, type(self).__name__, simulated=True, others=others))


def _step(interval: str) -> pd.Timedelta:
    parts = re.fullmatch(r"([1-9]\d{0,3})(min|h|d)", str(interval))
    if parts is None:
        raise UserError(f"data.source.interval is {interval!r}; it is a count of min, h or d, such as 15min, 1h or 1d.")
    return int(parts[1]) * {"min": AN_HOUR / 60, "h": AN_HOUR, "d": A_DAY}[parts[2]]


def _shocks(random: np.random.Generator, count: int) -> np.ndarray:
    """Shocks of Student's t with variance 1."""
    shocks = random.standard_t(DEGREES_OF_FREEDOM, count)
    shocks *= np.sqrt(1 - 2 / DEGREES_OF_FREEDOM)
    return shocks


def _swings(count: int, deviation: float, seed: int) -> np.ndarray | None:
    """Factors of the volatility, of mean square 1, whose logs follow a first-order autoregression; None for no swings.

    Args:
        count: of bars.
        deviation: of the logs.
        seed: of the closes; the swings have random numbers of their own.
    """
    if not deviation:
        return None
    from scipy.signal import lfilter

    normals = np.random.default_rng([seed, 2]).standard_normal(count)
    innovation = math.sqrt(1 - SWING_PERSISTENCE**2)
    normals[0] /= innovation  # the first is as far from the mean as any other
    logs = lfilter([deviation * innovation], [1, -SWING_PERSISTENCE], normals)
    factors: np.ndarray = np.exp(logs - deviation**2)
    return factors


def _to_log_changes(shocks: np.ndarray, usual: float, autocorrelation: float, swings: np.ndarray | None) -> None:
    """Turn shocks into log changes, in place.

    Args:
        shocks: of variance 1.
        usual: the variance of log changes in the long run.
        autocorrelation: share of a change that the next one repeats.
        swings: factors of the volatility of each bar, beside GARCH; None for none.
    """
    least, variance, last = usual * (1 - SHOCK_WEIGHT - PERSISTENCE), usual, 0.0
    for first in range(0, len(shocks), CLOSES_AT_A_TIME):
        block, changes = slice(first, first + CLOSES_AT_A_TIME), []
        factors = repeat(1.0) if swings is None else swings[block].tolist()
        for shock, factor in zip(shocks[block].tolist(), factors, strict=False):
            change = math.sqrt(variance) * shock
            variance = least + SHOCK_WEIGHT * change**2 + PERSISTENCE * variance
            last = factor * change + autocorrelation * last
            changes.append(last)
        shocks[block] = changes


def _log_ranges(
    changes: np.ndarray, usual: float, autocorrelation: float, swings: np.ndarray | None, seed: int
) -> dict[str, np.ndarray]:
    """The log of High and Low of each bar over its close.

    They are the extremes of a Brownian motion from the close before to the close of the bar, given both. That of the
    high is drawn exactly, and independently of it that of the low (Karatzas and Shreve 1991, equation 4.3.40).

    Args:
        changes: log changes.
        usual: the variance of log changes in the long run.
        autocorrelation: share of a change that the next one repeats.
        swings: factors of the volatility of each bar, beside GARCH; None for none.
        seed: of the closes; the extremes have random numbers of their own.
    """
    least, variance, last = usual * (1 - SHOCK_WEIGHT - PERSISTENCE), usual, 0.0
    variances = np.empty(len(changes))
    factors = repeat(1.0) if swings is None else swings.tolist()
    for at, (change, factor) in enumerate(zip(changes.tolist(), factors, strict=False)):
        variances[at] = factor**2 * variance
        variance = least + SHOCK_WEIGHT * ((change - autocorrelation * last) / factor) ** 2 + PERSISTENCE * variance
        last = change
    drawn = np.random.default_rng([seed, 1]).exponential(2.0, (2, len(changes)))
    highs, lows = (np.sqrt(np.square(changes) + variances * draw) for draw in drawn)
    return {HIGH: (highs - changes) / 2, LOW: -(lows + changes) / 2}


def _to_prices(logs: np.ndarray) -> None:
    """Turn logs of prices, over the first, into prices, in place."""
    for first in range(0, len(logs), CLOSES_AT_A_TIME):
        block = logs[first : first + CLOSES_AT_A_TIME]
        block[:] = _keep_bits(1000.0 * np.exp(block))


def _keep_bits(values: np.ndarray) -> np.ndarray:
    mantissas, exponents = np.frexp(values)
    kept: np.ndarray = np.ldexp(np.rint(np.ldexp(mantissas, BITS_KEPT)), exponents - BITS_KEPT)
    return kept
