"""The test behind a claim."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS
from statsmodels.tsa.stattools import diebold_mariano_test

from cryptoforecast.evaluation.significance import diebold_mariano, diebold_mariano_of, fewest_origins, loss_differences
from tests.helpers import coins, p_value_of, rows_of, walk_and_model


def p_value_by_regression(difference: np.ndarray, horizon: int) -> float:
    """The test by another library: the mean and the cosines up to a period of five horizons, as coordinates.

    Regressed on that of the mean alone, what the other coordinates hold is the residual.
    """
    count = len(difference)
    periods = 2 * count / np.arange(1, count)
    cosines = count - 1 if horizon == 1 else int((periods >= 5 * horizon - 1e-9).sum())
    waves = np.cos(np.pi * np.outer(np.arange(count) + 0.5, np.arange(cosines + 1)) / count)
    coordinates = (waves / np.linalg.norm(waves, axis=0)).T @ difference
    return float(OLS(coordinates, np.eye(len(coordinates))[0]).fit().pvalues[0])


@pytest.mark.parametrize(("horizon", "count"), [(1, 10), (1, 150), (2, 10), (2, 150), (7, 35), (7, 152), (30, 400)])
def test_the_p_value_is_that_of_a_regression_of_the_cosine_coefficients(horizon: int, count: int) -> None:
    random = np.random.default_rng(horizon)
    losses = np.convolve(random.standard_t(5, count + horizon), np.ones(horizon), "valid")[:count]
    own, other = rows_with_losses(losses - losses.min() + 0.1, horizon), rows_with_losses(np.ones(count), horizon)
    oracle = p_value_by_regression(losses - losses.min() - 0.9, horizon)
    assert np.isclose(p_value_of(diebold_mariano(own, other)), oracle)


def rows_with_losses(losses: np.ndarray, horizon: int) -> pd.DataFrame:
    rows = rows_of("Model", list(np.sqrt(losses)), [0.0] * len(losses))
    return pd.concat([rows.assign(step=step) for step in range(1, horizon + 1)])


def test_at_one_step_the_p_value_is_that_of_statsmodels() -> None:
    for seed in range(5):
        model, walk = walk_and_model(seed, noise=0.5, knows=0.1)
        oracle = diebold_mariano_test(
            walk["actual"].to_numpy(), model["forecast"].to_numpy(), walk["forecast"].to_numpy(),
            lags=0, criterion="mse", harvey_adj=True, horizon=1,
        )  # fmt: skip
        assert np.isclose(p_value_of(diebold_mariano(model, walk)), oracle.pvalue, rtol=1e-9)


def test_the_p_value_is_the_published_one_of_two_models_of_the_users_of_a_server() -> None:
    """R's ``forecast::dm.test`` of an ETS and an ARIMA on WWWusage, as HypothesisTests.jl quotes it: 0.8871."""
    ets = [
        0.002241270, -0.000661906, -1.200002613, -4.000218178, 3.799373533, 3.401005111, -1.199692125, -0.800490048,
        -1.200048999, 3.399847229, 7.000708948, 2.200989241, -4.800165569, -1.201043375, 3.400167556, 3.000709085,
        0.400267950, -6.800169207, -2.401259050, 1.200112198,
    ]  # fmt: skip
    arima = [
        0.1209998, 8.0622269, -0.9189429, -1.7952436, 5.3431277, 2.0459823, -0.6073261, 0.5516816, -0.7633238,
        4.1229472, 5.8785333, 1.2828331, -3.4854233, 1.1971370, 3.1709314, 2.3408457, 0.4962286, -5.9841362,
        0.1537114, 0.4207951,
    ]  # fmt: skip
    both = [rows_of(model, errors, [0.0] * 20) for model, errors in (("ETS", ets), ("ARIMA", arima))]
    assert abs(p_value_of(diebold_mariano(*both)) - 0.8871) < 5e-5


HORIZONS = (1, 2, 3, 7, 14, 30)


def overlapping(horizon: int, count: int, draws: int, seed: int = 0) -> np.ndarray:
    """Sums of ``horizon`` changes from each of ``count`` days on, ``(draws, count)``: errors that overlap."""
    changes = np.random.default_rng((seed, horizon, count)).normal(size=(draws, count + horizon - 1))
    return np.lib.stride_tricks.sliding_window_view(changes, horizon, axis=1).sum(axis=2)


def share_below(level: float, differences: np.ndarray, horizon: int) -> float:
    return float(np.mean([p_value_of(diebold_mariano_of(drawn, horizon)) < level for drawn in differences]))


@pytest.mark.parametrize("null", ["of squares", "of a drift"])
def test_true_nulls_are_rejected_in_5_percent_at_every_horizon_and_count_of_origins(null: str) -> None:
    """Two forecasters that err alike, and one that forecasts twice the drift there is.

    Three standard errors of 400 draws are 3.3 %. The sum of autocovariances rejects 8 to 15 % at five and ten horizons.
    """
    shares = {}
    for horizon in HORIZONS:
        for horizons in (5, 6.5, 10, 30):
            count = max(10, int(horizons * horizon))
            drawn, other = overlapping(horizon, count, 400), overlapping(horizon, count, 400, seed=1)
            shares[horizon, count] = share_below(0.05, drawn if null == "of a drift" else drawn**2 - other**2, horizon)
    assert 0.035 < np.mean(list(shares.values())) < 0.065
    assert min(shares.values()) > 0.035 - 0.033, shares
    assert max(shares.values()) < 0.065 + 0.033, shares


def test_true_nulls_are_rejected_in_5_percent_of_stretches_between_holes_too() -> None:
    for horizon, origins in ((2, 3), (7, 4), (7, 10)):
        stretches = [overlapping(horizon, origins, 1000, seed) for seed in range(-(-70 // origins))]
        assert abs(share_below(0.05, np.concatenate(stretches, axis=1)[:, :70], horizon) - 0.05) < 0.015 + 0.02


@pytest.mark.parametrize("horizon", [1, 2, 7])
def test_of_differences_without_memory_the_p_values_are_uniform(horizon: int) -> None:
    """A law of Student's t: the mean and the cosines of normal noise are independent, and of the same variance."""
    noise = np.random.default_rng(horizon).normal(size=(2000, 5 * horizon + 7))
    p_values = [p_value_of(diebold_mariano_of(drawn, horizon)) for drawn in noise]
    assert stats.kstest(p_values, "uniform").pvalue > 0.01


@pytest.mark.parametrize("horizon", HORIZONS)
def test_a_difference_of_four_standard_errors_is_found_at_thirty_horizons_in_nine_of_ten_cases(horizon: int) -> None:
    drawn = overlapping(horizon, 30 * horizon, 300)
    found = [share_below(0.05, drawn + sign * 4 * drawn.mean(axis=1).std(), horizon) for sign in (-1, 1)]
    assert min(found) > 0.9


@pytest.mark.parametrize(("horizon", "fewest"), [(1, 10), (2, 10), (3, 15), (7, 35), (30, 150)])
def test_there_is_a_p_value_from_ten_origins_or_five_horizons_on(horizon: int, fewest: int) -> None:
    drawn = overlapping(horizon, fewest, 1)[0]
    assert p_value_of(diebold_mariano_of(drawn, horizon)) > 0
    assert diebold_mariano_of(drawn[1:], horizon) == (None, "too few for a test")


@given(st.integers(0, 10**6), st.sampled_from(HORIZONS), st.floats(1e-6, 1e6), st.booleans())
def test_neither_unit_nor_sign_nor_direction_of_time_changes_the_p_value(
    seed: int, horizon: int, unit: float, backwards: bool
) -> None:
    drawn = overlapping(horizon, 8 * horizon + 10, 1, seed)[0] + 1.0
    again = -unit * (drawn[::-1] if backwards else drawn)
    p_values = [p_value_of(diebold_mariano_of(difference, horizon)) for difference in (drawn, again)]
    assert np.isclose(*p_values, rtol=1e-6)


def test_at_one_step_the_test_is_a_t_test_of_the_loss_differences() -> None:
    model, walk = walk_and_model(0, noise=0.5, knows=0.1)
    difference = np.square(model["forecast"] - model["actual"]) - np.square(walk["forecast"] - walk["actual"])
    assert np.isclose(p_value_of(diebold_mariano(model, walk)), stats.ttest_1samp(difference, 0).pvalue)


def test_a_forecaster_that_knows_part_of_the_move_is_found() -> None:
    model, walk = walk_and_model(1, noise=0.3, knows=0.5)
    assert p_value_of(diebold_mariano(model, walk)) < 0.001


def test_noise_around_the_random_walk_is_no_claim_in_most_of_a_hundred_tries() -> None:
    claims = 0
    for seed in range(100):
        model, walk = walk_and_model(seed, noise=0.1)
        claims += p_value_of(diebold_mariano(model, walk)) < 0.05
    assert claims <= 12  # five are expected; more than twelve would be a one-in-a-thousand accident


def test_overlapping_forecasts_are_tested_by_origin() -> None:
    """Seven rows an origin are one loss, not seven independent ones."""
    model, walk = walk_and_model(2, noise=0.5, knows=0.1)
    week_of_model = pd.concat([model.assign(step=step) for step in range(1, 8)])
    week_of_walk = pd.concat([walk.assign(step=step) for step in range(1, 8)])
    losses = [np.square(rows["forecast"] - rows["actual"]).to_numpy() for rows in (model, walk)]
    expected = p_value_by_regression(losses[0] - losses[1], horizon=7)
    assert np.isclose(p_value_of(diebold_mariano(week_of_model, week_of_walk)), expected)


def test_where_there_is_no_p_value_the_true_reason_is_said() -> None:
    random = np.random.default_rng(3)
    assert diebold_mariano_of(np.zeros(200), 1) == (None, "at each of which both err alike")
    assert diebold_mariano_of(np.zeros(5), 1).reason == "at each of which both err alike"
    assert diebold_mariano_of(random.normal(size=fewest_origins(1) - 1), 1) == (None, "too few for a test")
    for same in (np.full(200, 0.1), 0.1 + 1e-14 * random.normal(size=200)):
        assert "differ by the same amount" in diebold_mariano_of(same, 1).reason
    assert diebold_mariano_of(random.normal(size=200), 1).reason == ""


def test_coins_that_move_as_one_are_one_witness_however_many_there_are() -> None:
    alone = p_value_of(diebold_mariano(*coins(1, seed=4, knows=0.2)))
    for count in (2, 10):
        assert np.isclose(p_value_of(diebold_mariano(*coins(count, seed=4, knows=0.2))), alone)


def test_the_unit_of_price_of_one_coin_changes_no_p_value() -> None:
    own, other = walk_and_model(5, noise=0.5, knows=0.2), walk_and_model(6, noise=0.5)
    p_values = []
    for unit in (1.0, 1e-4, 1e4):
        scaled = [
            rows.assign(series="OTHER-USD", forecast=unit * rows["forecast"], actual=unit * rows["actual"])
            for rows in other
        ]
        p_values.append(p_value_of(diebold_mariano(*(pd.concat(pair) for pair in zip(own, scaled, strict=True)))))
    assert np.allclose(p_values, p_values[0])


def test_an_origins_difference_is_the_mean_over_the_series_that_have_it() -> None:
    """Errors squared: 9 and 1 beside 4 and 4 of one coin, 1 beside 2 of another, which has the second origin only."""
    first = rows_of("Model", [3.0, 1.0], [0.0, 0.0]), rows_of("RandomWalk", [2.0, 2.0], [0.0, 0.0])
    late = [
        rows_of(name, [0.0, error], [0.0, 0.0]).iloc[1:].assign(series="LATE-USD")
        for name, error in (("Model", 1.0), ("RandomWalk", 2**0.5))
    ]
    both = [pd.concat(pair) for pair in zip(first, late, strict=True)]
    assert np.allclose(loss_differences(both[0], both[1]), [5 / 4, (-3 / 4 - 1 / 2) / 2])


def test_a_coin_that_stands_still_leaves_a_number() -> None:
    model, walk = walk_and_model(7, noise=0.5)
    still = [rows.assign(series="STILL-USD", forecast=100.0, actual=100.0) for rows in (model, walk)]
    differences = loss_differences(pd.concat([model, still[0]]), pd.concat([walk, still[1]]))
    assert np.allclose(2 * differences, loss_differences(model, walk))
