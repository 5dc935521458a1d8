"""Adaptive conformal inference: coverage follows drift, from nothing but what was known."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cryptoforecast import UserError
from cryptoforecast.evaluation.distribution.adaptive import ADAPTIVE, adaptation_of, adapted, with_adaptive
from cryptoforecast.quantiles import COLUMNS, LEVELS

Scale = Callable[[np.ndarray], np.ndarray]  # by the share of the time that is over


def drifting(
    scale: Callable[[np.ndarray], np.ndarray], count: int = 3000, steps: int = 1, seed: int = 0
) -> pd.DataFrame:
    """Rows of a model that says a normal distribution of deviation 0.03, on log changes of another scale by time."""
    changes = np.random.default_rng(seed).normal(0, 0.03, count + steps) * scale(np.arange(count + steps) / count)
    closes = 100 * np.exp(np.cumsum(changes))
    days = pd.date_range("2015-01-01", periods=count + steps, tz="UTC")
    parts = []
    for step in range(1, steps + 1):
        spread = np.exp(0.03 * np.sqrt(step) * norm.ppf(LEVELS))
        last, actual = closes[:count], closes[step : count + step]
        rows = pd.DataFrame(last[:, None] * spread, columns=list(COLUMNS))
        rows = rows.assign(series="COIN-USD", model="Model", fold=0, step=step, pit=0.5, log_density=0.0)
        times = {"origin": days[:count], "timestamp": days[step : count + step]}
        parts.append(rows.assign(**times, last=last, forecast=last, actual=actual))
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize(
    "scale", [lambda part: 1 + 1.5 * part, lambda part: 1 - 0.6 * part, lambda part: 1 + (part > 0.5)]
)
def test_the_adaptive_intervals_keep_their_level_under_drift_where_the_plain_ones_do_not(scale: Scale) -> None:
    rows = with_adaptive(drifting(scale), step=0.02)
    found = adaptation_of(rows)
    assert found is not None
    assert abs(found.coverage_before - 0.9) > 0.05
    assert abs(found.coverage_after - 0.9) < 0.01
    assert found.crps_after < found.crps_before  # the plain ones have the wrong width


def test_without_drift_it_costs_little() -> None:
    found = adaptation_of(with_adaptive(drifting(np.ones_like)))
    assert found is not None
    assert abs(found.coverage_after - 0.9) < 0.01
    assert 1 < found.crps_after / found.crps_before < 1.01


@pytest.mark.parametrize("steps", [1, 3])
def test_nothing_after_the_origin_is_used(steps: int) -> None:
    rows = drifting(lambda part: 1 + part, count=200, steps=steps)
    later = rows.copy()
    cut = rows["origin"].unique()[120]
    later.loc[later["timestamp"] > cut, "actual"] *= 3.0
    columns = list(COLUMNS)
    plain, altered = adapted(rows, 0.05), adapted(later, 0.05)
    until = rows["origin"] <= cut
    assert plain.loc[until, columns].equals(altered.loc[until, columns])
    assert not plain.loc[~until, columns].equals(altered.loc[~until, columns])
    pit_known = rows["timestamp"] <= cut
    assert plain.loc[pit_known].equals(altered.loc[pit_known])


def test_a_target_counts_from_the_origin_at_which_it_is_known() -> None:
    """Worked out by hand for three steps ahead: the first target is known at the fourth origin."""
    rows = drifting(np.ones_like, count=8, steps=3).query("step == 3").reset_index(drop=True)
    plain, after = rows[list(COLUMNS)].to_numpy(), adapted(rows, 0.1)[list(COLUMNS)].to_numpy()
    assert after[:3] == pytest.approx(plain[:3], rel=1e-12)
    levels = np.array(LEVELS)
    working = levels + 0.1 * (levels - (rows["actual"][0] <= plain[0]))
    change = 0.03 * np.sqrt(3) * norm.ppf(np.clip(working, 1e-9, 1 - 1e-9))  # the model's quantiles are normal
    assert after[3] == pytest.approx(np.sort(rows["last"][3] * np.exp(change)), rel=1e-9)


def test_quantiles_never_cross_and_the_forecast_is_their_median() -> None:
    rows = adapted(drifting(lambda part: 1 + 4 * (part > 0.5), count=400), 0.3)
    quantiles = rows[list(COLUMNS)].to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert np.isfinite(quantiles).all()
    assert (rows["forecast"] == rows["0.5"]).all()


def test_seeds_and_series_are_followed_each_for_itself() -> None:
    parts = [drifting(lambda part: 1 + part, count=100, seed=seed) for seed in (0, 1)]
    both = pd.concat([parts[0], parts[1].assign(series="OTHER-USD")], ignore_index=True)
    seeded = pd.concat([parts[0].assign(seed=0), parts[1].assign(seed=1)], ignore_index=True)
    for joined in (both, seeded):
        together = adapted(joined, 0.05)[list(COLUMNS)].to_numpy()
        alone = np.concatenate([adapted(part, 0.05)[list(COLUMNS)].to_numpy() for part in parts])
        assert np.array_equal(together, alone)


def test_a_model_without_quantiles_and_a_step_out_of_range_are_refused() -> None:
    rows = drifting(np.ones_like, count=20)
    with pytest.raises(UserError, match="Model forecasts none"):
        with_adaptive(rows.drop(columns=list(COLUMNS)))
    with pytest.raises(UserError, match=r"judge.adaptive_step is 1.5"):
        with_adaptive(rows, 1.5)
    assert with_adaptive(rows)["model"].unique().tolist() == ["Model", f"Model{ADAPTIVE}"]
