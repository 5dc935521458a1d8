"""The rung Garch: arch's own variance and forecasts, several steps, and what it refuses."""

import json
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from arch import arch_model
from scipy import stats

from cryptoforecast import UserError
from cryptoforecast.data.bars import Bars
from cryptoforecast.models.ladder.garch import GarchRung
from cryptoforecast.models.ladder.garch_paths import GarchNumbers, PathQuantiles
from cryptoforecast.models.ladder.rung import CannotFit
from cryptoforecast.quantiles import LEVELS
from tests.models.ladder.helpers import bars_from, clustered

NUMBERS = GarchNumbers(3e-5, 0.05, 0.06, 0.88, 5.0, 9e-4, 3e-4, 8e-3)


def fitted(*bars: Bars, horizon: int = 1) -> GarchRung:
    rung = GarchRung()
    rung.fit(bars, horizon)
    return rung


def of_arch(rung: GarchRung, bars: Bars) -> Any:
    """arch's own model of all changes in percent, with the parameters that the rung has learned."""
    numbers = rung.learned()["numbers"][bars.symbol]
    percent = 100 * np.diff(np.log(bars.closes))
    model = arch_model(percent, mean="Zero", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
    return model.fix([numbers["omega"] * 1e4, *(numbers[name] for name in ("alpha", "gamma", "beta", "freedom"))])


def test_the_filtered_variance_is_that_of_arch_through_training_and_test_bars() -> None:
    bars = clustered(1000, trained=600)
    rung = fitted(bars)
    variances = rung.follow(bars)[:, 1] * 1e4
    fixed = of_arch(rung, bars)
    assert variances[:-1] == pytest.approx(np.square(fixed.conditional_volatility), rel=1e-6)
    ahead = fixed.forecast(horizon=1, start=0, align="origin").variance.to_numpy()[:, 0]
    assert variances[1:] == pytest.approx(ahead, rel=1e-6)


def test_the_variance_of_several_steps_is_the_sum_of_archs_forecasts() -> None:
    bars = clustered(800)
    rung = fitted(bars, horizon=5)
    scale, freedom = (part.numpy() for part in rung.t_parameters(torch.from_numpy(rung.follow(bars)))[1:])
    variances = np.square(scale) * freedom / (freedom - 2) * 1e4
    ahead = of_arch(rung, bars).forecast(horizon=5, start=0, align="origin").variance.to_numpy()
    assert variances[1:] == pytest.approx(np.cumsum(ahead, axis=1), rel=1e-6)


def test_the_parameters_are_those_that_arch_finds_in_percent() -> None:
    bars = clustered(2000, 3)
    rung = fitted(bars)
    percent = 100 * np.diff(np.log(bars.closes))
    direct = arch_model(percent, mean="Zero", vol="GARCH", p=1, o=1, q=1, dist="t").fit(disp="off")
    assert of_arch(rung, bars).loglikelihood == pytest.approx(direct.loglikelihood, abs=1e-3)


def test_the_next_change_has_the_exact_student_t_distribution() -> None:
    bars = clustered(600)
    rung = fitted(bars, horizon=2)
    state = rung.follow(bars)
    _, scale, freedom = (part.numpy()[:, 0] for part in rung.t_parameters(torch.from_numpy(state)))
    exact, change = stats.t(freedom, 0.0, scale), np.full((601, 2), 0.02)
    assert rung.quantiles(state, LEVELS)[:, 0, 2] == pytest.approx(exact.ppf(LEVELS[2]), rel=1e-9)
    assert rung.cdf(state, change)[:, 0] == pytest.approx(exact.cdf(0.02), rel=1e-9)
    density = rung.log_density(state, change)
    assert density[:, 0] == pytest.approx(exact.logpdf(0.02), rel=1e-9)
    assert np.isnan(density[:, 1]).all()


def test_several_steps_have_the_quantiles_of_paths_drawn_one_by_one() -> None:
    random, variances = np.random.default_rng(1), np.array([4e-4, 2e-3])
    quantiles = PathQuantiles(NUMBERS, 3).quantiles(variances, LEVELS)
    for row, first in enumerate(variances):
        variance, total = np.full(400_000, first), np.zeros(400_000)
        for step in range(3):
            change = np.sqrt(variance * 3 / 5) * random.standard_t(5.0, len(total))
            total += change
            variance = 3e-5 + (0.05 + 0.06 * (change < 0)) * change**2 + 0.88 * variance
            assert quantiles[row, step] == pytest.approx(np.quantile(total, LEVELS), rel=0.02, abs=0.02 * first**0.5)


def test_probabilities_of_several_steps_are_the_inverse_of_their_quantiles() -> None:
    paths, variances = PathQuantiles(NUMBERS, 4), np.array([1e-5, 4e-4, 2e-3, 1.0])
    quantiles = paths.quantiles(variances, LEVELS)
    for at, level in enumerate(LEVELS):
        assert paths.cdf(variances, quantiles[..., at]) == pytest.approx(np.full((4, 4), level), abs=1e-9)
    assert np.isnan(paths.cdf(variances, np.full((4, 4), np.nan))).all()


def test_the_same_fit_has_the_same_bits_and_is_restored_with_them() -> None:
    bars = clustered(500)
    one, two, restored = fitted(bars, horizon=3), fitted(bars, horizon=3), GarchRung()
    restored.restore(json.loads(json.dumps(one.learned())))
    state = one.follow(bars)
    expected = one.quantiles(state, LEVELS)
    for rung in (two, restored):
        assert np.array_equal(rung.quantiles(rung.follow(bars), LEVELS), expected)


def test_each_series_has_numbers_of_its_own() -> None:
    first, second = clustered(500, 0, "A-USD"), clustered(500, 1, "B-USD")
    both, alone = fitted(first, second, horizon=2), fitted(second, horizon=2)
    rows = both.quantiles(np.concatenate([both.follow(first), both.follow(second)]), LEVELS)
    assert np.array_equal(rows[501:], alone.quantiles(alone.follow(second), LEVELS))
    with pytest.raises(UserError, match=r"COIN-USD is none of the series that Garch was fitted on \(A-USD, B-USD\)"):
        both.follow(clustered(100))


def test_bars_after_an_origin_do_not_change_its_state() -> None:
    bars = clustered(500)
    altered = bars._replace(closes=bars.closes * np.where(np.arange(501) < 400, 1.0, 2.0))
    rung = fitted(bars)
    assert np.array_equal(rung.follow(bars)[:400], rung.follow(altered)[:400])
    assert not np.array_equal(rung.follow(bars)[400:], rung.follow(altered)[400:])


def test_bars_that_are_not_trained_on_do_not_change_what_is_learned() -> None:
    bars = clustered(900, trained=600)
    altered = bars._replace(closes=bars.closes * np.where(np.arange(901) < 600, 1.0, 7.0))
    assert fitted(bars, horizon=3).learned() == fitted(altered, horizon=3).learned()


@pytest.mark.parametrize("unit", [1e-9, 1e6])
def test_the_unit_of_price_is_of_no_matter(unit: float) -> None:
    bars = clustered(600)
    priced = bars._replace(closes=unit * bars.closes)
    quantiles = [rung.quantiles(rung.follow(series), LEVELS) for series in (bars, priced) for rung in [fitted(series)]]
    assert quantiles[1] == pytest.approx(quantiles[0], rel=1e-4, abs=1e-9)


def test_a_gap_leaves_the_variance_as_it_is() -> None:
    bars = clustered(500)
    follows = bars.follows.copy()
    follows[200] = False
    rung = fitted(bars._replace(follows=follows))
    states = rung.follow(bars._replace(follows=follows))
    assert states[200, 1] == states[199, 1]
    assert np.isfinite(states).all()


def test_closes_that_stand_still_have_finite_distributions() -> None:
    changes = np.concatenate([np.diff(np.log(clustered(900).closes)), np.zeros(3000)])
    bars = bars_from(changes, trained=900)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rung = fitted(bars, horizon=2)
        quantiles = rung.quantiles(rung.follow(bars), LEVELS)
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) > 0).all()


def test_training_closes_of_which_a_third_stand_still_have_no_likelihood_that_can_be_maximised() -> None:
    changes = np.diff(np.log(clustered(900).closes))
    changes[300:600] = 0.0
    with pytest.raises(CannotFit, match="does not converge for COIN-USD"):
        fitted(bars_from(changes))


def test_too_few_changes_are_refused_with_the_series_and_the_count() -> None:
    with pytest.raises(CannotFit, match="COIN-USD has 50 training changes that are not zero, and it takes 100"):
        fitted(clustered(50))


def test_a_search_that_does_not_converge_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from arch.univariate.base import ARCHModel

    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("Maximum iterations")

    monkeypatch.setattr(ARCHModel, "fit", fails)
    with pytest.raises(CannotFit, match="does not converge for COIN-USD"):
        fitted(clustered(300))
