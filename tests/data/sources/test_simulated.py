"""The null experiment."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cryptoforecast import SimulatedSource, UserError
from tests.helpers import not_none

SHA_OF_SEED_0 = "af486cb9a086b35f3eed84f9fffdc52c106ab14277c757051504ffe4c3f7d492"


def log_changes(seed: int) -> np.ndarray:
    return np.diff(np.log(SimulatedSource(seed=seed).load().closes))


def autocorrelation(values: np.ndarray) -> float:
    return float(np.corrcoef(values[1:], values[:-1])[0, 1])


def test_the_same_seed_is_the_same_history_and_another_is_not() -> None:
    first, again, other = (SimulatedSource(seed=seed).load().provenance.sha256 for seed in (0, 0, 1))
    assert first == again != other


def test_simulated_closes_are_never_without_that_word() -> None:
    series = SimulatedSource().load()
    assert series.closes.name == "SIMULATED"
    assert series.provenance.simulated


def test_the_direction_of_a_simulated_change_does_not_follow_from_the_one_before() -> None:
    # Of the sign, not the size: clustered volatility makes the size's own correlation noisier than 1/sqrt(n).
    found = [autocorrelation(np.sign(log_changes(seed))) for seed in range(20)]
    assert abs(np.mean(found)) < 3 / np.sqrt(20 * 4000)


def test_simulated_changes_have_fat_tails_and_clustered_volatility() -> None:
    changes = np.concatenate([log_changes(seed) for seed in range(5)])
    kurtosis = np.mean((changes - changes.mean()) ** 4) / np.var(changes) ** 2
    assert kurtosis > 4  # a normal distribution has 3
    assert autocorrelation(np.abs(changes)) > 0.1


def test_simulated_volatility_is_about_bitcoins() -> None:
    assert 0.02 < np.std(np.concatenate([log_changes(seed) for seed in range(5)])) < 0.05


def test_without_autocorrelation_the_history_is_the_one_it_always_was() -> None:
    assert SimulatedSource(seed=0).load().provenance.sha256 == SHA_OF_SEED_0
    assert SimulatedSource(seed=0, autocorrelation=0.0).load().provenance.sha256 == SHA_OF_SEED_0


@pytest.mark.parametrize("planted", [-0.5, 0.3, 0.9])
def test_a_planted_autocorrelation_is_there(planted: float) -> None:
    changes = [np.diff(np.log(SimulatedSource(seed=seed, autocorrelation=planted).load().closes)) for seed in range(10)]
    assert abs(np.mean([autocorrelation(one) for one in changes]) - planted) < 0.03


def test_shocks_are_those_of_the_history_without_autocorrelation() -> None:
    changes = np.diff(np.log(SimulatedSource(seed=1, autocorrelation=0.3).load().closes))
    assert np.allclose(changes[1:] - 0.3 * changes[:-1], log_changes(1)[1:])


def test_an_hour_is_as_wild_as_its_share_of_a_day_and_else_the_same() -> None:
    days, hours = (SimulatedSource(interval=interval).load() for interval in ("1d", "1h"))
    assert (hours.interval, len(hours.closes)) == (pd.Timedelta("1h"), len(days.closes))
    changes = [np.diff(np.log(series.closes)) for series in (days, hours)]
    assert np.allclose(changes[1] * np.sqrt(24), changes[0], rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("interval", ["0min", "1", "h", "-1h", "1.5h", "1y", ""])
def test_an_interval_that_is_none_is_refused(interval: str) -> None:
    with pytest.raises(UserError, match="data.source.interval is .*; it is a count of min, h or d"):
        SimulatedSource(interval=interval)


def test_more_closes_than_there_is_time_for_are_refused_with_what_would_do() -> None:
    with pytest.raises(UserError, match="rows is 100000: closes 1 day apart from 2015-01-01 on would end after 2262"):
        SimulatedSource(rows=100_000)
    SimulatedSource(rows=100_000, interval="1h").load()


@pytest.mark.parametrize("value", [1.0, -1.0, 2.0, float("nan")])
def test_an_autocorrelation_that_would_let_closes_run_away_is_refused(value: float) -> None:
    with pytest.raises(UserError, match=f"data.source.autocorrelation is {value}; it must lie between -1 and 1"):
        SimulatedSource(autocorrelation=value)


def test_high_and_low_leave_the_closes_as_they_are_and_hold_them() -> None:
    alone, beside = SimulatedSource(seed=2).load(), SimulatedSource(seed=2).load(["Low", "High"])
    assert beside.closes.equals(alone.closes)
    others = not_none(beside.others)
    assert list(others.columns) == ["Low", "High"]
    before = alone.closes.shift(fill_value=1000.0)
    assert (others["High"] >= np.maximum(alone.closes, before) * (1 - 1e-8)).all()
    assert (others["Low"] <= np.minimum(alone.closes, before) * (1 + 1e-8)).all()


@pytest.mark.parametrize(("name", "sign"), [("High", 1), ("Low", -1)])
@pytest.mark.parametrize("share", [0.0, 0.3])
def test_extremes_have_the_law_of_a_brownian_motion_from_close_to_close(name: str, sign: int, share: float) -> None:
    series = SimulatedSource(seed=4, rows=20_000, autocorrelation=share).load([name])
    extremes, closes = not_none(series.others)[name].to_numpy(), series.closes.to_numpy()
    changes = np.diff(np.log(closes))
    own = np.concatenate([[np.log(closes[0] / 1000.0)], changes])
    own[1:] -= share * np.concatenate([[np.log(closes[0] / 1000.0)], changes[:-1]])
    variances = [0.035**2]
    for change in own[:-1]:
        variances.append(0.035**2 * 0.02 + 0.08 * change**2 + 0.9 * variances[-1])
    above = np.abs(np.log(extremes[1:] / closes[:-1]))
    beyond = np.exp(-2 * above * (above - sign * changes) / np.array(variances[1:]))  # the probability of a further one
    assert stats.kstest(beyond, "uniform").pvalue > 0.01


def test_other_columns_are_refused() -> None:
    with pytest.raises(UserError, match="has Close, High and Low; leave Open, Volume out of data.columns"):
        SimulatedSource().load(["Open", "High", "Volume"])
