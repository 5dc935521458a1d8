"""Tests of whether distributions are calibrated."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import cryptoforecast as cf
from cryptoforecast.evaluation.distribution.calibration import calibration_by_series, christoffersen, kupiec, pit_test
from tests.evaluation.helpers import distribution_rows, spread_rows
from tests.helpers import p_value_of, rows_of


def statistic(p_value: float) -> float:
    return float(stats.chi2.isf(p_value, 1))


def with_neighbours(none_none: int, none_hit: int, hit_none: int, hit_hit: int) -> tuple[np.ndarray, np.ndarray]:
    """Hits of which so many come after so many, each pair a segment of its own."""
    counts = {(0, 0): none_none, (0, 1): none_hit, (1, 0): hit_none, (1, 1): hit_hit}
    pairs = np.repeat(list(counts), list(counts.values()), axis=0).astype(bool)
    return pairs.ravel(), np.repeat(np.arange(len(pairs)), 2)


def test_kupiecs_statistic_is_the_published_one_of_j_p_morgan() -> None:
    """Jorion (2007), Value at Risk, chapter 6: 20 exceptions in 252 days at 95 %: 3.91; 6 at 99 %: 3.498."""
    assert statistic(p_value_of(kupiec(np.arange(252) < 20, 0.05))) == pytest.approx(3.91, abs=0.005)
    assert statistic(p_value_of(kupiec(np.arange(252) < 6, 0.01))) == pytest.approx(3.498, abs=0.001)


def test_christoffersens_statistic_is_the_published_one_of_j_p_morgan() -> None:
    """Jorion (2007), Value at Risk, table 6-5: of 20 exceptions, 6 on the day after another: 9.53."""
    assert statistic(p_value_of(christoffersen(*with_neighbours(218, 14, 14, 6)))) == pytest.approx(9.53, abs=0.005)


@given(st.integers(1, 400), st.floats(0.01, 0.99))
def test_coverage_beyond_a_low_and_a_high_quantile_is_tested_alike(seed: int, level: float) -> None:
    hits = np.random.default_rng(seed).random(300) < level
    assert p_value_of(kupiec(hits, level)) == pytest.approx(p_value_of(kupiec(~hits, 1 - level)), rel=1e-6)


def test_few_closes_are_no_evidence_of_coverage_or_independence() -> None:
    assert kupiec(np.zeros(60, dtype=bool), 0.01).reason == "too few for a test"
    assert p_value_of(kupiec(np.zeros(400, dtype=bool), 0.01)) < 0.01
    assert "one side of the quantile" in christoffersen(np.zeros(60, dtype=bool)).reason


def test_a_pair_across_a_gap_is_none() -> None:
    hits = np.array([True, True] * 20 + [False] * 60)
    alone = christoffersen(hits[:40], np.arange(40) // 2)
    assert alone.p_value is None  # each hit is followed by a hit; none comes after none
    assert p_value_of(christoffersen(hits)) < 1e-6


def clustered(count: int = 3000) -> np.ndarray:
    """Volatility that is twice as high in every other stretch of 25 days."""
    return 0.03 * np.where(np.arange(count) // 25 % 2, 1.4, 0.4)


def pit_rows(pit: np.ndarray, steps: int = 1) -> pd.DataFrame:
    parts = [rows_of("LSTM", [1.0] * len(pit), [1.0] * len(pit)).assign(step=step) for step in range(1, steps + 1)]
    return pd.concat([part.assign(pit=pit) for part in parts], ignore_index=True)


def test_the_pit_of_the_true_distribution_is_uniform() -> None:
    """The p-values of true distributions are uniform; a deviation of 1.3 times the true one is found."""
    random = np.random.default_rng(0)
    true = [p_value_of(pit_test(pit_rows(random.random(150)))) for _ in range(300)]
    assert stats.kstest(true, "uniform").pvalue > 0.01
    wide = stats.norm.cdf(random.normal(size=(50, 400)) / 1.3)
    assert np.mean([p_value_of(pit_test(pit_rows(pit))) < 0.05 for pit in wide]) > 0.9


def test_the_pit_test_is_a_sum_of_squared_z_scores() -> None:
    """Of the first polynomial alone it is the z-test of the mean of the PIT, whose variance is a twelfth."""
    pit = np.random.default_rng(1).beta(1.1, 1.0, 200)
    first = np.sqrt(12 * 200) * (pit.mean() - 0.5)
    second = np.sqrt(5 * 200) * (6 * pit**2 - 6 * pit + 1).mean()
    third = np.sqrt(7 * 200) * (20 * pit**3 - 30 * pit**2 + 12 * pit - 1).mean()
    fourth = np.sqrt(9 * 200) * (70 * pit**4 - 140 * pit**3 + 90 * pit**2 - 20 * pit + 1).mean()
    whole = first**2 + second**2 + third**2 + fourth**2
    assert p_value_of(pit_test(pit_rows(pit))) == pytest.approx(stats.chi2.sf(whole, 4))


@pytest.mark.parametrize(("horizon", "count"), [(2, 60), (7, 140)])
def test_overlapping_forecasts_that_are_true_are_rejected_in_five_percent(horizon: int, count: int) -> None:
    """Three standard errors of 400 draws are 3.3 %; a test that takes the PITs for independent rejects 30 %."""
    random, rejected = np.random.default_rng(horizon), 0
    for _ in range(400):
        sums = np.convolve(random.normal(size=count + horizon - 1), np.ones(horizon), "valid") / np.sqrt(horizon)
        rows = pd.concat([pit_rows(stats.norm.cdf(sums)).assign(step=step) for step in (1, horizon)])
        rejected += p_value_of(pit_test(rows)) < 0.05
    assert abs(rejected / 400 - 0.05) < 0.033 + 0.01


def test_there_is_no_pit_test_of_few_origins() -> None:
    assert pit_test(pit_rows(np.linspace(0, 1, 9))).reason == "too few for a test"
    assert pit_test(pit_rows(np.linspace(0, 1, 34), steps=7)).reason == "too few for a test"
    assert p_value_of(pit_test(pit_rows(np.linspace(0.01, 0.99, 10)))) > 0.5


def test_findings_name_what_is_wrong_with_a_distribution() -> None:
    """Scales that are too small, scales that miss the clusters, and the true ones."""
    scales = clustered()
    actual = 100 * np.exp(scales * np.random.default_rng(3).normal(size=len(scales)))
    constant = float(np.sqrt(np.mean(scales**2)))
    rows = pd.concat(
        [distribution_rows(name, scale, actual)
         for name, scale in (("True", scales), ("Narrow", 0.6 * scales), ("RandomWalk", constant))]
    )  # fmt: skip
    found = calibration_by_series(rows)["COIN-USD"]
    assert p_value_of(found["Narrow"].kupiec["0.05"]) < 0.001
    assert p_value_of(found["Narrow"].pit) < 0.001
    assert p_value_of(found["RandomWalk"].christoffersen["0.95"]) < 0.05
    true = [*found["True"].kupiec.values(), *found["True"].christoffersen.values(), found["True"].pit]
    assert min(test.p_value for test in true if test.p_value is not None) > 0.01
    assert p_value_of(found["True"].diebold_mariano_crps["RandomWalk"]) < 0.001
    assert found["RandomWalk"].diebold_mariano_crps["RandomWalk"].p_value is None


def test_the_public_frame_has_coverage_width_and_p_values() -> None:
    frame = cf.calibration(spread_rows(0, 60, {"LSTM": 0.03, "RandomWalk": 0.06}))
    assert list(frame) == [
        "series", "model", "coverage_50", "coverage_90", "width_90", "pit",
        "kupiec_0.01", "kupiec_0.05", "kupiec_0.95", "kupiec_0.99",
        "christoffersen_0.01", "christoffersen_0.05", "christoffersen_0.95", "christoffersen_0.99",
    ]  # fmt: skip
    assert frame["model"].tolist() == ["LSTM", "RandomWalk"]
    assert np.isnan(frame.loc[0, "kupiec_0.01"])  # six tenths of a close are expected below it
