"""An RMSE's own interval."""

import numpy as np
import pandas as pd
import pytest
from arch.bootstrap import StationaryBootstrap

from cryptoforecast.evaluation.interval import rmse_interval
from cryptoforecast.evaluation.metrics import rmse
from tests.helpers import not_none, rows_of


def of_errors(errors: np.ndarray) -> pd.DataFrame:
    return rows_of("Model", errors.tolist(), [0.0] * len(errors))


def test_the_same_rows_have_the_same_interval_and_it_holds_their_rmse() -> None:
    rows = of_errors(np.random.default_rng(0).standard_t(5, 300))
    low, high = not_none(rmse_interval(rows))
    assert (low, high) == rmse_interval(rows)
    assert low < rmse(rows) < high


def test_it_scales_with_the_unit_of_price_and_needs_no_order_of_rows() -> None:
    rows = of_errors(np.random.default_rng(1).normal(size=200))
    ends = np.array(rmse_interval(rows))
    scaled = rows.assign(forecast=1000 * rows["forecast"], actual=1000 * rows["actual"])
    assert np.allclose(rmse_interval(scaled), 1000 * ends)
    assert np.allclose(rmse_interval(rows.iloc[::-1]), ends)


def test_of_errors_without_memory_it_is_about_as_wide_as_the_normal_approximation() -> None:
    errors = np.random.default_rng(2).normal(size=2000)
    low, high = not_none(rmse_interval(of_errors(errors)))
    width = 2 * 1.96 * np.std(errors**2) / np.sqrt(2000) / (2 * np.sqrt(np.mean(errors**2)))  # by the delta method
    assert 0.9 < (high - low) / width < 1.15


def test_wild_weeks_make_it_wider_than_drawing_days_one_by_one_would() -> None:
    random, volatility = np.random.default_rng(3), np.exp(np.repeat(np.random.default_rng(4).normal(0, 1, 40), 25))
    errors = volatility * random.normal(size=1000)
    ends, shuffled = (not_none(rmse_interval(of_errors(drawn))) for drawn in (errors, random.permutation(errors)))
    assert ends[1] - ends[0] > 1.3 * (shuffled[1] - shuffled[0])


@pytest.mark.slow
def test_it_holds_the_true_rmse_in_about_95_of_100_seeds() -> None:
    ends = [not_none(rmse_interval(of_errors(np.random.default_rng(seed).normal(size=300)))) for seed in range(100)]
    assert 88 <= sum(low <= 1 <= high for low, high in ends) <= 100


def test_an_origins_steps_are_drawn_together() -> None:
    """Seven equal steps are as little evidence as one."""
    rows = of_errors(np.repeat(np.random.default_rng(5).normal(size=40), 5))
    week = pd.concat([rows.assign(step=step) for step in range(1, 6)])
    alone, together = not_none(rmse_interval(rows)), not_none(rmse_interval(week))
    assert together[1] - together[0] > 0.7 * (alone[1] - alone[0])


def test_origins_are_drawn_in_blocks_of_at_least_the_horizon() -> None:
    """Of errors without memory the best block is of few origins; forecasts that overlap are drawn in longer ones."""
    horizon = 12
    errors = np.random.default_rng(6).normal(size=300)
    week = pd.concat([of_errors(errors).assign(step=step) for step in range(1, horizon + 1)])
    drawn = StationaryBootstrap(horizon, errors**2, seed=0).bootstrap(1000)
    means = [sample[0].mean() for sample, _ in drawn]
    assert np.allclose(not_none(rmse_interval(week)), np.sqrt(np.quantile(means, [0.025, 0.975])))


def test_few_origins_or_equal_errors_have_none() -> None:
    assert rmse_interval(of_errors(np.arange(9.0))) is None
    assert rmse_interval(of_errors(np.full(50, 2.0))) is None
