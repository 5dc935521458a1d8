"""The lag that exposes a copy."""

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation.lag import MAX_LAG, Lag, best_lag, lag_correlations
from tests.helpers import random_walk, rows_of

CLOSES = np.array(random_walk(400))


def following(forecasts: np.ndarray) -> pd.DataFrame:
    """Rows of forecasts of the last 300 closes of a walk."""
    return rows_of("Model", list(forecasts[-300:]), list(CLOSES[-300:]), list(CLOSES[-301:-1]))


def late(steps: int) -> np.ndarray:
    return np.concatenate([np.full(steps, CLOSES[0]), CLOSES[: len(CLOSES) - steps]])


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_closes_that_come_late_are_found_to_be_so(steps: int) -> None:
    found = best_lag(following(late(steps)))
    assert found is not None
    assert found.lag == steps
    assert np.isclose(found.correlation, 1)
    assert found.is_copy == (steps == 1)


def test_a_copy_with_noise_or_a_little_smoothed_has_lag_1_and_an_oracle_lag_0() -> None:
    noise = np.random.default_rng(1).normal(0, 0.003, len(CLOSES))
    smoothed = pd.Series(late(1)).ewm(alpha=0.6).mean().to_numpy()
    for copy in (late(1) * np.exp(noise), smoothed, 0.98 * late(1)):
        found = best_lag(following(copy))
        assert found is not None
        assert found.is_copy
    oracle = best_lag(following(CLOSES * np.exp(noise)))
    assert oracle is not None
    assert (oracle.lag, oracle.is_copy) == (0, False)


def test_a_copy_is_best_at_lag_1_with_a_correlation_of_at_least_0_8() -> None:
    assert [Lag(1, correlation).is_copy for correlation in (0.79, 0.8, 1.0)] == [False, True, True]
    assert not Lag(0, 1.0).is_copy
    assert not Lag(2, 1.0).is_copy


def test_the_correlations_are_those_of_shifted_changes() -> None:
    forecasts = np.random.default_rng(2).normal(100, 1, 400)
    found = lag_correlations(following(forecasts))
    assert found is not None
    ours, theirs = pd.Series(forecasts[-300:]).diff(), pd.Series(CLOSES[-300:]).diff()
    assert np.allclose(found, [ours.corr(theirs.shift(lag)) for lag in range(MAX_LAG + 1)])


def test_the_unit_of_price_and_further_steps_change_nothing() -> None:
    rows = following(late(1) + np.random.default_rng(3).normal(0, 100, 400))
    cents = rows.assign(forecast=100 * rows["forecast"], actual=100 * rows["actual"])
    found, other = best_lag(rows), best_lag(pd.concat([cents, cents.assign(step=2, forecast=1.0)]))
    assert found is not None
    assert other is not None
    assert found.lag == other.lag
    assert np.isclose(found.correlation, other.correlation)


def test_few_changes_or_none_have_no_lag() -> None:
    assert best_lag(following(late(1)).tail(20)) is None
    assert best_lag(following(late(1)).tail(21)) is not None
    assert best_lag(following(np.full(400, 100.0))) is None


def test_neither_a_change_nor_a_lag_reaches_over_a_hole() -> None:
    """Each stretch is a copy of a walk elsewhere; joined, the jump between them would be the largest change of all."""
    rows = following(late(1) * np.exp(np.random.default_rng(4).normal(0, 0.01, 400)))
    dear = rows.assign(**{price: 50 * rows[price] for price in ("last", "forecast", "actual")})
    with_hole = pd.concat([rows.iloc[:100], dear.iloc[140:]])
    found = lag_correlations(with_hole.sample(frac=1.0, random_state=0))
    assert found is not None
    parts = [(part["forecast"].diff(), part["actual"].diff()) for part in (rows.iloc[:100], dear.iloc[140:])]
    for lag, correlation in enumerate(found):
        pairs = pd.concat([pd.DataFrame({"ours": ours, "theirs": came.shift(lag)}) for ours, came in parts]).dropna()
        assert len(pairs) == 99 + 159 - 2 * lag
        assert np.isclose(correlation, pairs["ours"].corr(pairs["theirs"]))


def test_stretches_too_short_for_the_longest_lag_have_none_however_many_they_are() -> None:
    days = following(late(1))
    assert best_lag(days[np.arange(len(days)) % 12 < 11]) is None  # ten changes each, and no pair at lag 10
    assert best_lag(days[np.arange(len(days)) % 14 < 13]) is not None
