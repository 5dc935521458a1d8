"""The null experiment."""

import numpy as np

from cryptoforecast import SimulatedSource


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
