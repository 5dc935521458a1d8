"""The rung Har: its likelihood, its states, and what it refuses."""

import json
import warnings

import numpy as np
import pytest
import torch
from scipy import optimize, stats

from cryptoforecast import UserError
from cryptoforecast.models.ladder.har import SPANS, HarRung
from cryptoforecast.models.ladder.likelihood import fit_student_t, mean_loss
from cryptoforecast.models.ladder.rung import CannotFit
from cryptoforecast.quantiles import LEVELS
from tests.models.ladder.helpers import bars_from, clustered


def fitted(horizon: int = 1, count: int = 1500) -> HarRung:
    rung = HarRung()
    rung.fit([clustered(count, symbol="A-USD"), clustered(count, 1, "B-USD")], horizon)
    return rung


def test_the_likelihood_is_that_of_a_direct_optimisation_by_another_method() -> None:
    bars = clustered(1200)
    rung = HarRung()
    rung.fit([bars], 1)
    features, values = rung.follow(bars)[:-1, 1:], np.diff(np.log(bars.closes))

    def loss(numbers: np.ndarray) -> float:
        scale = np.exp(numbers[2] + (features - features.mean(axis=0)) @ numbers[3:])
        return -float(stats.t.logpdf(values, np.exp(numbers[1]), numbers[0], scale).mean())

    start = np.array([0.0, 1.5, np.log(0.02), 0.2, 0.2, 0.2, 0.2])
    options = {"maxiter": 20_000, "maxfev": 20_000, "xatol": 1e-9, "fatol": 1e-12}
    direct = optimize.minimize(loss, start, method="Powell", options={"xtol": 1e-9, "ftol": 1e-13})
    direct = optimize.minimize(loss, direct.x, method="Nelder-Mead", options=options)
    found = -rung.log_density(rung.follow(bars)[:-1], values[:, None]).mean()
    assert found <= direct.fun + 1e-8
    assert found == pytest.approx(direct.fun, abs=1e-6)


def test_the_gradient_is_that_of_finite_differences() -> None:
    random = np.random.default_rng(3)
    values, design = random.standard_t(4, 300), np.vstack([np.ones(300), random.normal(size=(2, 300))])
    parameters = np.array([0.1, 1.2, -0.2, 0.3, -0.1])
    _, gradient = mean_loss(parameters, values, design)
    near = optimize.approx_fprime(parameters, lambda at: mean_loss(at, values, design)[0], 1e-7)
    assert gradient == pytest.approx(near, abs=1e-5)


def test_a_constant_scale_is_fitted_as_scipy_fits_it() -> None:
    values = np.random.default_rng(5).standard_t(4.0, 2000) * 0.03 + 0.001
    found = fit_student_t(values, np.empty((2000, 0)))
    freedom, location, scale = stats.t.fit(values)
    assert (found.freedom, found.location, np.exp(found.intercept)) == pytest.approx(
        (freedom, location, scale), rel=1e-3, abs=1e-5
    )


def test_the_states_are_means_of_log_ranges_of_the_last_bars() -> None:
    rung, bars = fitted(), clustered(200, 4)
    states = rung.follow(bars)
    logs = np.log(np.log(bars.highs / bars.lows))  # type: ignore[operator]
    for column, span in enumerate(SPANS, start=1):
        assert states[150, column] == pytest.approx(logs[151 - span : 151].mean(), rel=1e-12)
        assert states[3, column] == pytest.approx(logs[max(4 - span, 0) : 4].mean(), rel=1e-12)


def test_without_high_and_low_the_states_are_means_of_log_absolute_changes() -> None:
    random = np.random.default_rng(0)
    bars = bars_from(random.choice([-1, 1], 400) * np.exp(random.normal(-4, 0.3, 400)))
    rung = HarRung()
    rung.fit([bars], 1)
    states = rung.follow(bars)
    logs = np.log(np.abs(np.diff(np.log(bars.closes))))
    assert states[300, 2] == pytest.approx(logs[295:300].mean(), rel=1e-9)
    assert np.isfinite(states[0]).all()  # before the first change: the usual size


def test_bars_after_an_origin_do_not_change_its_state() -> None:
    rung, bars = fitted(), clustered(300, 7)
    altered = bars._replace(highs=bars.highs.copy(), closes=bars.closes.copy())  # type: ignore[union-attr]
    altered.highs[200:] *= 3  # type: ignore[index]
    altered.closes[200:] *= 2
    assert np.array_equal(rung.follow(bars)[:200], rung.follow(altered)[:200])
    assert not np.array_equal(rung.follow(bars)[200:], rung.follow(altered)[200:])


def test_bars_that_are_not_trained_on_do_not_change_what_is_learned() -> None:
    bars = clustered(900, trained=600)
    altered = bars._replace(closes=bars.closes.copy(), highs=bars.highs.copy())  # type: ignore[union-attr]
    altered.closes[600:] *= np.linspace(1, 9, 301)
    altered.highs[600:] *= 30  # type: ignore[index]
    one, two = HarRung(), HarRung()
    one.fit([bars], 3)
    two.fit([altered], 3)
    assert one.learned() == two.learned()


@pytest.mark.parametrize("unit", [1e-9, 1e6])
def test_the_unit_of_price_is_of_no_matter(unit: float) -> None:
    bars = clustered(600)
    priced = bars._replace(closes=unit * bars.closes, highs=unit * bars.highs, lows=unit * bars.lows)  # type: ignore[operator]
    one, two = HarRung(), HarRung()
    one.fit([bars], 1)
    two.fit([priced], 1)
    quantiles = [rung.quantiles(rung.follow(series), LEVELS) for rung, series in ((one, bars), (two, priced))]
    assert quantiles[1] == pytest.approx(quantiles[0], rel=1e-4, abs=1e-7)


def test_what_was_learned_is_restored_from_json_to_the_bit() -> None:
    rung, restored, bars = fitted(3), HarRung(), clustered(100, 9)
    restored.restore(json.loads(json.dumps(rung.learned())))
    state = rung.follow(bars)
    assert np.array_equal(state, restored.follow(bars))
    assert np.array_equal(rung.quantiles(state, LEVELS), restored.quantiles(state, LEVELS))


def test_quantiles_density_and_probability_are_those_of_its_student_t() -> None:
    rung, bars = fitted(2), clustered(100, 9)
    state = rung.follow(bars)
    location, scale, freedom = (part.numpy() for part in rung.t_parameters(torch.from_numpy(state)))
    exact, change = stats.t(freedom, location, scale), np.full((101, 2), 0.01)
    assert rung.quantiles(state, LEVELS)[..., 3] == pytest.approx(exact.ppf(LEVELS[3]), rel=1e-9)
    assert rung.cdf(state, change) == pytest.approx(exact.cdf(change), rel=1e-9)
    assert rung.log_density(state, change) == pytest.approx(exact.logpdf(change), rel=1e-9)


def test_each_step_is_fitted_for_itself_and_later_ones_are_wider() -> None:
    rung, bars = fitted(4), clustered(100, 9)
    scales = rung.t_parameters(torch.from_numpy(rung.follow(bars))).scale
    assert bool((scales.diff(dim=1) > 0).all())
    alone = HarRung()
    alone.fit([clustered(1500, symbol="A-USD"), clustered(1500, 1, "B-USD")], 1)
    assert alone.learned()["steps"]["range"][0] == rung.learned()["steps"]["range"][0]


def test_series_with_and_without_ranges_are_fitted_side_by_side() -> None:
    with_ranges, without = clustered(500), clustered(500, 1, "B-USD")._replace(highs=None, lows=None)
    both, alone = HarRung(), HarRung()
    both.fit([with_ranges, without], 1)
    alone.fit([without], 1)
    state = alone.follow(without)
    assert np.array_equal(both.quantiles(state, LEVELS), alone.quantiles(state, LEVELS))
    with pytest.raises(UserError, match="High and Low, and Har was fitted on series without them; fit it anew"):
        alone.follow(with_ranges)


@pytest.mark.parametrize("seed", range(4))
def test_closes_that_stand_still_have_finite_distributions(seed: int) -> None:
    """The likelihood has an edge there, at which a search may end without a flat place."""
    changes = np.diff(np.log(clustered(600, seed).closes))
    changes[200:500] = 0.0
    bars = bars_from(changes)
    rung = HarRung()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rung.fit([bars], 2)
        quantiles = rung.quantiles(rung.follow(bars), LEVELS)
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) > 0).all()


def test_gaps_are_passed_over() -> None:
    bars = clustered(600)
    follows = bars.follows.copy()
    follows[[50, 300]] = False
    rung = HarRung()
    rung.fit([bars._replace(follows=follows, highs=None, lows=None)], 1)
    assert np.isfinite(rung.follow(bars._replace(follows=follows, highs=None, lows=None))).all()


@pytest.mark.parametrize(
    ("bars", "reason"),
    [(clustered(50), "there are 51 training bars that move, and it takes 100"),
     (bars_from(np.zeros(500)), "there are 0 training bars that move, and it takes 100"),
     (clustered(500, trained=0), "there are 0 training bars that move, and it takes 100")],
)  # fmt: skip
def test_what_cannot_be_fitted_is_refused_with_the_reason(bars: object, reason: str) -> None:
    with pytest.raises(CannotFit, match=reason):
        HarRung().fit([bars], 1)  # type: ignore[list-item]
