"""What tests of verdicts share."""

import io
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from scipy import stats

from cryptoforecast.evaluation.distribution.quantile_columns import QUANTILES
from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.evaluation.quantity import note_quantity
from cryptoforecast.evaluation.verdict import Verdict, judge
from cryptoforecast.quantiles import LEVELS
from tests.helpers import rows_of, walk_and_model


def many(seed: int, copies: int, planted: bool = False, count: int = 350) -> pd.DataFrame:
    """A random walk, copies of it with noise of 0.02 % of the price, and one that knows a fifth of each move."""
    random = np.random.default_rng(seed)
    last = 30_000 * np.exp(np.cumsum(random.normal(0, 0.025, count)))
    actual = last * np.exp(random.normal(0, 0.025, count))
    forecasts = {f"Noise {n}": last * (1 + 0.0002 * random.normal(size=count)) for n in range(copies)}
    if planted:
        forecasts["Planted"] = last + 0.2 * (actual - last) + 0.004 * last * random.normal(size=count)
    forecasts["RandomWalk"] = last
    rows = rows_of("Model", list(actual), list(actual)).assign(last=last)
    whole = pd.concat([rows] * len(forecasts), ignore_index=True)
    return whole.assign(model=np.repeat(list(forecasts), count), forecast=np.concatenate(list(forecasts.values())))


def following(model: str, late: float, simulated_skill: float = 0.0, seed: int = 0) -> pd.DataFrame:
    """Rows of a walk that a model follows: yesterday's close with a part of today's change, and some noise."""
    random = np.random.default_rng(seed)
    closes = 100 * np.exp(np.cumsum(random.normal(0, 0.02, 301)))
    last, actual = closes[:-1], closes[1:]
    forecast = last + simulated_skill * (actual - last) + random.normal(0, late, 300)
    return rows_of(model, list(forecast), list(actual), list(last))


def judged(noise: float, knows: float = 0.0, seed: int = 0, simulated: bool = False) -> Verdict:
    return judge(pd.concat(walk_and_model(seed, noise, knows)), "test", simulated)


def printed(verdict: Verdict) -> str:
    text = io.StringIO()
    print_verdict(verdict, Console(file=text, width=100))
    return text.getvalue()


def distribution_rows(
    model: str,
    scales: np.ndarray | float,
    actual: np.ndarray,
    last: np.ndarray | float = 100.0,
    series: str = "COIN-USD",
    scores: np.ndarray | None = None,
) -> pd.DataFrame:
    """Rows of a model with normal distributions of the log change.

    Args:
        model: its name.
        scales: their standard deviation, for all or for each.
        actual: the closes.
        last: the closes before.
        series: the name of the series.
        scores: standardised quantiles at the 21 levels, in the place of the normal ones.
    """
    count = len(actual)
    last, scales = np.broadcast_to(last, count), np.broadcast_to(scales, count)
    standard = stats.norm.ppf(LEVELS) if scores is None else scores
    quantiles = last[:, None] * np.exp(scales[:, None] * standard)
    change = np.log(actual / last)
    rows = rows_of(model, list(last), list(actual), list(last)).assign(series=series)
    columns = dict(zip(QUANTILES, quantiles.T, strict=True))
    return rows.assign(**columns, pit=stats.norm.cdf(change / scales), log_density=stats.norm.logpdf(change, 0, scales))


def spread_rows(seed: int, count: int, scales: dict[str, np.ndarray | float], **options: Any) -> pd.DataFrame:
    """Rows of models with distributions of some scales, of log changes with a standard deviation of 3 %."""
    actual = 100 * np.exp(0.03 * np.random.default_rng(seed).normal(size=count))
    parts = [distribution_rows(model, scale, actual, **options) for model, scale in scales.items()]
    return pd.concat(parts, ignore_index=True)


def volatility_rows(
    noise: dict[str, float], count: int = 400, seed: int = 0, series: str = "COIN-USD volatility"
) -> pd.DataFrame:
    """Rows of volatilities, which are noisy around a slow level that each model knows up to a factor.

    Args:
        noise: the standard deviation of the log of each model's factor.
        count: number of targets.
        seed: of volatilities and noise.
        series: the name of the series.
    """
    random = np.random.default_rng(seed)
    level = 0.03 * np.exp(0.3 * np.sin(np.arange(count + 1) / 30))
    values = level * np.exp(0.4 * random.normal(size=count + 1))
    forecasts = {name: level[1:] * np.exp(sd * random.normal(size=count)) for name, sd in noise.items()}
    parts = [
        rows_of(name, list(forecast), list(values[1:]), list(values[:-1])).assign(series=series)
        for name, forecast in {**forecasts, "RandomWalk": values[:-1]}.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    note_quantity(rows, "volatility")
    return rows
