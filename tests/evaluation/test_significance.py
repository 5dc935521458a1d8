"""The test behind a claim."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.regression.linear_model import OLS

from cryptoforecast.evaluation.significance import diebold_mariano
from tests.evaluation.test_metrics import rows_of


def walk_and_model(seed: int, noise: float, knows: float = 0.0, count: int = 200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of a random walk, and of one that knows a share of the move and adds noise, in percent of the price."""
    random = np.random.default_rng(seed)
    moves = random.normal(0, 2, count)
    last, actual = np.full(count, 100.0), 100 + moves
    own = 100 + knows * moves + random.normal(0, noise, count)
    return rows_of("Model", list(own), list(actual)), rows_of("RandomWalk", list(last), list(actual))


def hac_p_value(difference: np.ndarray, horizon: int) -> float:
    """The test by another library: a regression on a constant with uniform HAC weights, then the HLN correction."""
    fit = OLS(difference, np.ones(len(difference))).fit(
        cov_type="HAC", cov_kwds={"maxlags": horizon - 1, "kernel": "uniform", "use_correction": False}
    )
    count = len(difference)
    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    return float(2 * stats.t.sf(abs(fit.tvalues[0]) * np.sqrt(correction), count - 1))


@pytest.mark.parametrize("horizon", [1, 2, 7])
def test_the_p_value_is_that_of_a_regression_with_uniform_hac_weights(horizon: int) -> None:
    random = np.random.default_rng(horizon)
    losses = np.convolve(random.standard_t(5, 150 + horizon), np.ones(horizon), "valid")[:150]
    own, other = rows_with_losses(losses - losses.min() + 0.1, horizon), rows_with_losses(np.ones(150), horizon)
    assert np.isclose(diebold_mariano(own, other) or 0, hac_p_value(losses - losses.min() - 0.9, horizon))


def rows_with_losses(losses: np.ndarray, horizon: int) -> pd.DataFrame:
    rows = rows_of("Model", list(np.sqrt(losses)), [0.0] * len(losses))
    return pd.concat([rows.assign(step=step) for step in range(1, horizon + 1)])


@pytest.mark.parametrize("horizon", [1, 7])
def test_true_nulls_are_rejected_as_often_as_the_level_says(horizon: int) -> None:
    random, rejected = np.random.default_rng(0), 0
    for _ in range(300):
        errors = np.convolve(random.normal(size=200 + horizon), np.ones(horizon), "valid")[:200]
        own, other = (
            rows_with_losses(10 * horizon + errors, horizon),
            rows_with_losses(np.full(200, 10.0 * horizon), horizon),
        )
        rejected += (diebold_mariano(own, other) or 1) < 0.05
    assert 4 <= rejected <= 30  # 15 are expected; falling weights give 30 and more at a horizon of seven


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
    losses = [np.square(rows["forecast"] - rows["actual"]).to_numpy() for rows in (model, walk)]
    expected = hac_p_value(losses[0] - losses[1], horizon=7)
    assert np.isclose(diebold_mariano(week_of_model, week_of_walk) or 0, expected)


def test_equal_forecasts_and_short_samples_have_no_p_value() -> None:
    model, walk = walk_and_model(3, noise=0.0)
    assert diebold_mariano(model, walk) is None
    model, walk = walk_and_model(3, noise=0.5, count=9)
    assert diebold_mariano(model, walk) is None
