"""The leaderboard, and what may be claimed of the best of many."""

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation.comparison.board import Comparison, compare_rows
from cryptoforecast.evaluation.comparison.losses import losses_of, skill_interval
from cryptoforecast.evaluation.comparison.superiority import confidence_set, holds_its_level, superior_to
from cryptoforecast.evaluation.significance import NO_BENCHMARK, diebold_mariano
from cryptoforecast.evaluation.tries import Tried
from tests.evaluation.helpers import many
from tests.helpers import coins, not_none, p_value_of, rows_of, walk_and_model


def two_days() -> pd.DataFrame:
    """Errors of 3 and 1, and of the random walk 4 and 2."""
    return pd.concat([rows_of("Model", [103, 101], [100, 100]), rows_of("RandomWalk", [104, 98], [100, 100])])


def found(knows: float, tried: Tried | None = None, noise: float = 0.3, **options: bool) -> Comparison:
    own, walk = walk_and_model(1, noise, knows)
    return compare_rows(pd.concat([own, walk]), tried, repetitions=200, **options)


def test_a_leaderboard_by_hand() -> None:
    board = compare_rows(two_days()).pooled
    assert (board.targets, board.origins, list(board.standings)) == (2, 2, ["Model", "RandomWalk"])
    own, walk = board.standings["Model"], board.standings["RandomWalk"]
    assert np.isclose(not_none(own["rmse"]), 5**0.5)
    assert (own["mae"], walk["mae"]) == (2.0, 3.0)
    assert np.isclose(own["relative_rmse"], (5 / 10) ** 0.5)
    assert np.isclose(own["relative_mae"], 2 / 3)
    assert (walk["relative_rmse"], walk["relative_mae"], walk["dm_p"]) == (1.0, 1.0, None)
    assert (own["dm_reason"], walk["dm_reason"]) == ("too few for a test", NO_BENCHMARK.reason)
    assert (own["dm_p"], own["in_confidence_set"], own["better"], board.spa_p) == (None, None, None, None)


def test_a_pooled_leaderboard_by_hand() -> None:
    """Of one coin half the random walk's squared error, of another, a million times as dear, twice as much."""
    dear = pd.concat(
        [rows_of("Model", [2e6, 2e6], [0, 0]), rows_of("RandomWalk", [2**0.5 * 1e6] * 2, [0, 0])]
    ).assign(series="DEAR-USD")  # fmt: skip
    comparison = compare_rows(pd.concat([two_days(), dear]))
    assert list(comparison.by_series) == ["COIN-USD", "DEAR-USD"]
    own = comparison.pooled.standings["Model"]
    assert np.isclose(own["relative_rmse"], ((0.5 + 2.0) / 2) ** 0.5)
    assert np.isclose(own["relative_mae"], (2 / 3 + 2**0.5) / 2)
    assert (own["rmse"], own["mae"]) == (None, None)  # dollars of two coins have no mean
    assert comparison.pooled.targets == 4


def test_the_p_value_of_each_line_is_that_of_the_verdict() -> None:
    own, walk = walk_and_model(1, 0.3, 0.1)
    assert np.isclose(
        not_none(compare_rows(pd.concat([own, walk]), repetitions=100).pooled.standings["Model"]["dm_p"]),
        p_value_of(diebold_mariano(own, walk)),
    )
    pair = coins(3, seed=4, knows=0.2)
    pooled = compare_rows(pd.concat(pair), repetitions=100).pooled
    assert np.isclose(not_none(pooled.standings["Model"]["dm_p"]), p_value_of(diebold_mariano(*pair)))


def test_steps_of_an_origin_are_one_loss() -> None:
    own, walk = walk_and_model(1, 0.3, 0.1, count=50)
    rows = pd.concat([pd.concat([own, walk]).assign(step=step) for step in (1, 2, 3)])
    pd.testing.assert_frame_equal(losses_of(rows), losses_of(pd.concat([own, walk])))
    assert compare_rows(rows, repetitions=100).pooled.block == 6


@pytest.fixture
def without_confidence_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The set has no part in a claim, and is most of the work."""
    monkeypatch.setattr("cryptoforecast.evaluation.comparison.board.confidence_set", lambda *_: set())


@pytest.mark.slow
@pytest.mark.usefixtures("without_confidence_set")
def test_the_best_of_fifty_noises_wins_in_at_most_five_of_fifty_seeds_where_single_tests_find_one_in_most() -> None:
    won = significant = 0
    for seed in range(50):
        comparison = compare_rows(many(seed, copies=50), repetitions=150)
        won += comparison.winner is not None
        alone = comparison.pooled.standings
        significant += any(
            not_none(own["dm_p"]) < 0.05
            for model, own in alone.items()
            if model != "RandomWalk" and own["relative_rmse"] < 1
        )
    assert won <= 5
    assert significant > 25


@pytest.mark.usefixtures("without_confidence_set")
@pytest.mark.parametrize(("horizon", "count"), [(1, 10), (7, 70)])
def test_the_best_of_ten_noises_wins_in_few_cases_of_few_origins_and_long_horizons_too(
    horizon: int, count: int
) -> None:
    """Ten forecasters as good as the random walk and no better; StepM alone finds one in a quarter of all cases."""
    won = 0
    for seed in range(40):
        changes = np.random.default_rng((seed, horizon)).normal(size=(11, count + horizon - 1))
        errors = np.lib.stride_tricks.sliding_window_view(changes, horizon, axis=1).sum(axis=2)
        names = [*(f"Noise {number}" for number in range(10)), "RandomWalk"]
        rows = [rows_of(name, list(own), [0.0] * count) for name, own in zip(names, errors, strict=True)]
        won += compare_rows(pd.concat(rows).assign(step=horizon), repetitions=100).winner is not None
    assert won <= 6  # two are expected, and more than six are a one-in-two-hundred accident


@pytest.mark.slow
@pytest.mark.usefixtures("without_confidence_set")
def test_one_truly_better_forecast_among_fifty_noises_is_found_in_at_least_forty_eight_of_fifty_seeds() -> None:
    won = sum(compare_rows(many(seed, 50, planted=True), repetitions=150).winner == "Planted" for seed in range(50))
    assert won >= 48


def test_stepm_alone_is_trusted_at_one_step_from_a_hundred_origins_on() -> None:
    assert [holds_its_level(origins, 1) for origins in (10, 99, 100, 5000)] == [False, False, True, True]
    assert not any(holds_its_level(5000, horizon) for horizon in (2, 7, 30))


def test_a_winner_is_named_with_the_count_of_tries() -> None:
    comparison = found(0.5, Tried(1, 1))
    assert comparison.winner == "Model"
    assert comparison.sentence.startswith(
        "Model is better than the random walk, also as the best of those given: its RMSE is"
    )
    assert comparison.sentence.endswith(
        "on 200 targets (StepM over all models given, at 5 %; SPA p < 0.001); 1 variant was tried on these targets."
    )


def test_variants_tried_and_not_given_make_a_claim_harder() -> None:
    p_value = found(0.05).pooled.standings["Model"]["dm_p"]
    assert p_value is not None
    enough, too_many = (int(0.1 / p_value * share) for share in (0.9, 1.1))  # one-sided p times tries below 5 %
    assert found(0.05, Tried(enough, enough)).winner == "Model"
    comparison = found(0.05, Tried(too_many, too_many))
    assert comparison.winner is None
    assert f"for the best of all {too_many:,} that is within luck" in comparison.sentence
    of_seeds = found(0.05, Tried(1, too_many))
    assert of_seeds.winner is None, "each seed of one variant is a try"
    assert f"for the best of all {too_many:,} that is within luck" in of_seeds.sentence


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        (found(0.5, chosen_on=True), "No claim: Model is the best of those given"),
        (found(0.0, noise=1.0), "No model is better than the random walk: Model is the best of those"),
        (found(0.0, noise=0.0), "given: its RMSE is the same on 200 targets"),
        (compare_rows(two_days()), "2 targets, too few for a test"),
    ],
)
def test_where_nothing_may_be_claimed_there_is_no_winner(comparison: Comparison, sentence: str) -> None:
    assert comparison.winner is None
    assert sentence in comparison.sentence


def with_a_baseline(seed: int, noise: float) -> pd.DataFrame:
    """A model of noise beside the random walk, and a Drift that knows half of each move."""
    model, walk = walk_and_model(seed, noise)
    knowing = walk_and_model(seed, 0.3, knows=0.5)[0]
    return pd.concat([model, walk, knowing.assign(model="Drift")])


def test_a_baseline_is_no_variant_tried_and_never_the_best_of_them() -> None:
    comparison = compare_rows(with_a_baseline(1, noise=1.0), Tried(51, 51), repetitions=100)
    assert next(iter(comparison.pooled.standings)) == "Drift"
    assert (comparison.winner, comparison.claim.model) == (None, "Model")
    assert "Model is the best of those given: its RMSE is" in comparison.sentence
    assert "Drift, which nobody had to try, is" in comparison.sentence
    assert comparison.sentence.endswith("; 51 variants were tried on these targets.")


def test_where_the_closes_stand_still_the_best_is_said_to_be_no_better_and_no_number_is_infinite() -> None:
    forecasts = np.random.default_rng(0).uniform(1, 2, 20)
    still = pd.concat([rows_of("Model", list(forecasts), [1.0] * 20), rows_of("RandomWalk", [1.0] * 20, [1.0] * 20)])
    sentence = compare_rows(still, repetitions=100).sentence
    assert "the closes stand still" in sentence
    assert "inf" not in sentence


def test_simulated_closes_are_called_so() -> None:
    assert found(0.5, simulated=True).sentence.startswith("SIMULATED closes, at which nobody ever traded: Model")


def test_a_wild_model_among_those_compared_does_not_hide_a_good_one() -> None:
    losses = losses_of(many(0, copies=3, planted=True))
    random = np.random.default_rng(0)
    losses["Wild"] = losses["RandomWalk"] + 50 * random.normal(size=len(losses))
    losses["Wild"] += losses["RandomWalk"].mean() - losses["Wild"].mean()
    assert superior_to("RandomWalk", losses, 7, 300).models == ["Planted"]


def test_all_models_may_be_better() -> None:
    random = np.random.default_rng(0)
    losses = pd.DataFrame({name: random.normal(1, 0.1, 100) for name in ("A", "B", "C")})
    losses["RandomWalk"] = 3 + random.normal(0, 0.1, 100)
    losses["B"] += 1.7  # found only after the others have been set aside
    assert superior_to("RandomWalk", losses, 5, 300).models == ["A", "B", "C"]


def test_models_that_say_the_same_are_in_the_confidence_set_together() -> None:
    random = np.random.default_rng(0)
    good = random.normal(1, 0.1, 200)
    losses = pd.DataFrame({"A": good, "B": good, "C": good + 1 + random.normal(0, 0.1, 200)})
    assert confidence_set(losses, 6, 300) == {"A", "B"}
    assert confidence_set(losses[["A", "B"]], 6, 300) == {"A", "B"}
    assert superior_to("A", losses[["A", "B"]], 6, 300).p_value == 1.0


def test_the_same_rows_give_the_same_answer() -> None:
    assert found(0.05) == found(0.05)


def test_an_interval_of_single_days_is_that_of_a_t_test() -> None:
    from scipy.stats import ttest_1samp

    losses = losses_of(pd.concat(walk_and_model(1, 0.3, 0.1)))
    mean, half = skill_interval(losses, "Model", block=1)
    expected = ttest_1samp(losses["Model"] - losses["RandomWalk"], 0).confidence_interval(0.95)
    assert np.allclose([mean - half, mean + half], expected)


def test_against_a_benchmark_that_has_the_lowest_loss_there_is_nothing_to_find() -> None:
    random = np.random.default_rng(0)
    losses = pd.DataFrame(
        {"A": np.full(200, 1.0), "B": 1.3 + random.normal(size=200), "C": 1.5 + random.normal(size=200)}
    )
    found = superior_to("A", losses, 6, 300)
    assert (found.p_value, found.models) == (1.0, [])
    assert superior_to("B", losses, 6, 300).p_value < 0.05
