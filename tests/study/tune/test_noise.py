import numpy as np
import pytest

from cryptoforecast.study.tune.noise import best_of_noise


def losses(trials, advantage=0.0, origins=400, seed=0):
    """Squared errors of independent models, each better than the random walk by a share of its mean loss."""
    draw = np.random.default_rng(seed)
    walk = draw.chisquare(4, origins)
    return walk[:, None] * (1 - advantage) + draw.normal(0, 0.5, (origins, trials)), walk


def test_for_a_single_loss_per_day_the_expected_best_is_that_of_as_many_normal_draws():
    # Independent noise of standard error s in the mean loss m: skill is about -e / (2 m), and the mean of the
    # largest of 50 standard normal numbers is 2.249 (Harter 1961).
    of_trials, walk = losses(50)
    standard_error = 0.5 / np.sqrt(len(walk)) / (2 * walk.mean())
    assert best_of_noise(of_trials, walk, repetitions=500).expected == pytest.approx(2.249 * standard_error, rel=0.15)


def test_copies_of_a_trial_count_as_a_single_trial():
    of_trials, walk = losses(1)
    alone, copied = (best_of_noise(part, walk, repetitions=300) for part in (of_trials, np.repeat(of_trials, 50, 1)))
    assert copied.expected == alone.expected
    assert copied.p_value == alone.p_value


def test_more_trials_of_noise_show_a_larger_best():
    of_trials, walk = losses(40)
    expected = [best_of_noise(of_trials[:, :count], walk, repetitions=300).expected for count in (1, 5, 40)]
    assert expected == sorted(expected)


def test_a_planted_skill_is_told_from_noise_and_noise_is_not():
    assert best_of_noise(*losses(20, advantage=0.05), repetitions=300).p_value < 0.01
    p_values = [best_of_noise(*losses(20, seed=seed), repetitions=200).p_value for seed in range(20)]
    assert sum(value < 0.05 for value in p_values) <= 4
