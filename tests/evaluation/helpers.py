"""What tests of verdicts share."""

import io

import numpy as np
import pandas as pd
from rich.console import Console

from cryptoforecast.evaluation.verdict import Verdict, judge, print_verdict
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
