"""What is there is found, and what is not there is not: whole forecasters on whole series."""

import numpy as np
import pandas as pd
import pytest
from jaxtyping import Float
from torch import Tensor

from cryptoforecast import CloseDataModule, Forecaster, RandomWalk, SimulatedSource
from cryptoforecast.evaluation.beside_baselines import rows_beside_baselines
from cryptoforecast.evaluation.verdict import Verdict, judge
from tests.helpers import not_none, p_value_of


class Persistence(Forecaster):
    """The last input, as many times as wanted."""

    def forecast(self, context: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        return context[:, -1:, 0].expand(-1, self.horizon)


class Echo(Forecaster):
    """The last close, and of the last log change a share again."""

    share = 0.3

    def forecast(self, context: Float[Tensor, "batch context_length channels"]) -> Float[Tensor, "batch horizon"]:
        last, before = context[:, -1:, 0], context[:, -2:-1, 0]
        return (last * (last / before) ** self.share).expand(-1, self.horizon)


def simulated(seed: int = 0, horizon: int = 1, autocorrelation: float = 0.0) -> CloseDataModule:
    source = SimulatedSource(seed=seed, autocorrelation=autocorrelation)
    data = CloseDataModule(source, context_length=5, horizon=horizon)
    data.setup("test")
    return data


def judged(model: type[Forecaster], data: CloseDataModule) -> Verdict:
    return judge(rows_beside_baselines(model(context_length=5, horizon=data.horizon), data, "test"), "test", True)


@pytest.mark.parametrize("horizon", [1, 7])
def test_a_forecaster_that_returns_the_last_input_has_skill_0_and_is_no_better_than_persistence(horizon: int) -> None:
    verdict = judged(Persistence, simulated(horizon=horizon))
    assert verdict.scores["Persistence"]["skill"] == 0.0
    assert "Persistence is no better than persistence" in verdict.sentence
    found = verdict.findings["SIMULATED"]["Persistence"]
    assert found.best_lag is not None
    assert found.best_lag.is_copy
    assert (found.diebold_mariano.p_value, found.direction, found.trading) == (None, None, None)
    assert found.diebold_mariano.reason == "at each of which both err alike"


@pytest.mark.parametrize("horizon", [1, 7])
def test_an_oracle_with_small_noise_is_better_at_p_below_one_in_a_thousand(horizon: int) -> None:
    data = simulated(horizon=horizon)
    rows = rows_beside_baselines(RandomWalk(context_length=5, horizon=horizon), data, "test")
    oracle = rows[rows["model"] == "RandomWalk"].assign(model="Oracle")
    noise = np.random.default_rng(0).normal(0, 0.002, len(oracle))
    verdict = judge(pd.concat([oracle.assign(forecast=oracle["actual"] * np.exp(noise)), rows]), "test")
    assert verdict.sentence.startswith(
        "SIMULATED closes, at which nobody ever traded: Oracle is better than persistence"
    )
    assert verdict.sentence.endswith("(Diebold-Mariano p < 0.001).")
    found = verdict.findings["SIMULATED"]["Oracle"]
    assert p_value_of(found.diebold_mariano) < 0.001
    assert found.best_lag is not None
    assert found.best_lag.lag == 0
    assert found.direction is not None
    assert found.direction.low > 0.9
    assert not_none(found.direction.p_value) < 0.001
    assert found.trading is not None
    assert not_none(found.trading.break_even) > 100


def test_a_tossed_coin_knows_nothing_in_at_least_95_of_100_seeds() -> None:
    data = simulated()
    rows = rows_beside_baselines(RandomWalk(context_length=5, horizon=1), data, "test")
    walk = rows[rows["model"] == "RandomWalk"]
    inside = 0
    for seed in range(100):
        heads = np.random.default_rng(seed).choice([0.98, 1.02], len(walk))
        coin = judge_direction(walk.assign(forecast=heads * walk["last"]))
        inside += coin[0] <= 0.5 <= coin[1]
    assert inside >= 95


def judge_direction(rows: pd.DataFrame) -> tuple[float, float]:
    from cryptoforecast.evaluation.direction import directions_of

    found = directions_of(rows)
    assert found is not None
    return found.low, found.high


@pytest.mark.slow
def test_planted_predictability_is_found_and_where_none_is_planted_none_is() -> None:
    """Squared errors of 400 days with fat tails tell it in some histories only; directions tell it in each."""
    better, right = 0, 0
    for seed in range(10):
        planted = judged(Echo, simulated(seed, autocorrelation=0.3)).sentence
        better += "Echo is better than persistence" in planted
        right += "its directions are right more often than by luck (Fisher's exact p" in planted
        none = judged(Echo, simulated(seed)).sentence
        assert "Echo is better than persistence" not in none
        assert "its directions" not in none
    assert better + right == 10
    assert better >= 1
