"""The test behind a claim."""

import numpy as np
import pandas as pd
from scipy import stats

from cryptoforecast.evaluation.significance import diebold_mariano
from tests.evaluation.test_metrics import rows_of


def walk_and_model(seed: int, noise: float, knows: float = 0.0, count: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of a random walk, and of one that knows a share of the move and adds noise, in percent of the price."""
    random = np.random.default_rng(seed)
    moves = random.normal(0, 2, count)
    last, actual = np.full(count, 100.0), 100 + moves
    own = 100 + knows * moves + random.normal(0, noise, count)
    return rows_of("Model", list(own), list(actual)), rows_of("RandomWalk", list(last), list(actual))


def test_at_one_step_the_test_is_a_t_test_of_the_loss_differences() -> None:
    model, walk = walk_and_model(0, noise=0.5, knows=0.1)
    difference = np.square(model["forecast"] - model["actual"]) - np.square(walk["forecast"] - walk["actual"])
    assert np.isclose(diebold_mariano(model, walk) or 0, stats.ttest_1samp(difference, 0).pvalue)


def test_a_forecaster_that_knows_part_of_the_move_is_found() -> None:
    model, walk = walk_and_model(1, noise=0.3, knows=0.5)
    assert (diebold_mariano(model, walk) or 1) < 0.001


def test_noise_around_the_random_walk_is_no_claim_in_most_of_a_hundred_tries() -> None:
    claims = 0
    for seed in range(100):
        model, walk = walk_and_model(seed, noise=0.1)
        claims += (diebold_mariano(model, walk) or 1) < 0.05
    assert claims <= 12  # five are expected; more than twelve would be a one-in-a-thousand accident


def test_overlapping_forecasts_are_tested_by_origin() -> None:
    """Seven rows an origin are one loss, not seven independent ones."""
    model, walk = walk_and_model(2, noise=0.5, knows=0.1)
    week_of_model = pd.concat([model.assign(step=step) for step in range(1, 8)])
    week_of_walk = pd.concat([walk.assign(step=step) for step in range(1, 8)])
    p_value = diebold_mariano(week_of_model, week_of_walk)
    assert p_value is not None
    assert p_value > (diebold_mariano(model, walk) or 0) / 10


def test_equal_forecasts_and_short_samples_have_no_p_value() -> None:
    model, walk = walk_and_model(3, noise=0.0)
    assert diebold_mariano(model, walk) is None
    model, walk = walk_and_model(3, noise=0.5, count=9)
    assert diebold_mariano(model, walk) is None
