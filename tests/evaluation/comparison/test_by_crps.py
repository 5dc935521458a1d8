"""Distributions ranked by their CRPS, and the rung of the ladder that the best one beats."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import UserError, compare
from cryptoforecast.evaluation.claim import Outcome, Reason
from cryptoforecast.evaluation.comparison.board import Comparison, compare_rows
from cryptoforecast.evaluation.comparison.measures import CRPS, MEASURES
from cryptoforecast.evaluation.distribution.density import crps_of_rows, density_scores
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS, QUANTILES
from cryptoforecast.evaluation.rows import to_csv
from cryptoforecast.evaluation.significance import diebold_mariano
from cryptoforecast.evaluation.tries import Tried
from tests.evaluation.helpers import distribution_rows, many
from tests.helpers import not_none, p_value_of

COUNT = 400


def ladder_rows(seed: int, noise: dict[str, float], series: str = "COIN-USD") -> pd.DataFrame:
    """Rows of models that know the spread of each day up to a factor; that of the random walk is constant.

    Args:
        seed: of closes and noise.
        noise: the standard deviation of the log of each model's factor.
        series: the name of the series.
    """
    random = np.random.default_rng(seed)
    spread = 0.03 * np.exp(random.normal(size=COUNT))
    actual = 100 * np.exp(spread * random.normal(size=COUNT))
    scales = {
        "RandomWalk": 0.03,
        **{name: spread * np.exp(sd * random.normal(size=COUNT)) for name, sd in noise.items()},
    }
    parts = [distribution_rows(name, scale, actual, series=series) for name, scale in scales.items()]
    return pd.concat(parts, ignore_index=True)


LADDER_NOISE = {"Ewma": 1.1, "Garch": 0.9, "Har": 0.3}


def found(noise: dict[str, float], seed: int = 0, tried: Tried | None = None) -> Comparison:
    return compare_rows(ladder_rows(seed, {**LADDER_NOISE, **noise}), tried, repetitions=300, by="crps")


def test_a_board_by_crps_has_the_numbers_of_the_verdict_and_of_its_tests() -> None:
    rows = ladder_rows(0, {"LSTM": 0.1, "Har": 0.4})
    board = compare_rows(rows, repetitions=100, by="crps").pooled
    scores, lstm = density_scores(rows), board.standings["LSTM"]
    assert list(board.standings) == ["LSTM", "Har", "RandomWalk"]
    assert np.isclose(not_none(lstm["crps"]), scores["LSTM"]["crps"])
    assert np.isclose(1 - not_none(lstm["relative_crps"]), scores["LSTM"]["density_skill"])
    by_model = dict(list(rows.groupby("model")))
    for rung in ("RandomWalk", "Har"):
        test = diebold_mariano(by_model["LSTM"], by_model[rung], crps_of_rows)
        assert np.isclose(p_value_of(board.rungs[rung].tests["LSTM"]), p_value_of(test))
        mean = crps_of_rows(by_model["LSTM"]).mean() / crps_of_rows(by_model[rung]).mean()
        assert np.isclose(board.rungs[rung].relative["LSTM"], mean)


def test_a_distribution_that_knows_the_spread_is_found_better_than_the_whole_ladder() -> None:
    comparison = found({"LSTM": 0.05, "GRU": 0.7})
    assert comparison.winner == "LSTM"
    assert comparison.sentence.startswith(
        "The distribution of LSTM is better than Har's, also as the best of those given: its CRPS is "
    )
    assert comparison.sentence.endswith("; 2 variants were tried on these targets.")
    assert comparison.pooled.standings["LSTM"]["better"]
    assert comparison.pooled.standings["LSTM"]["in_confidence_set"]
    assert not comparison.pooled.standings["GRU"]["in_confidence_set"]


def test_the_claim_ends_at_the_first_rung_that_is_not_beaten() -> None:
    comparison = found({"LSTM": 0.3})
    claim = comparison.claim
    assert not_none(claim.best_of).benchmark == "Garch"
    assert not_none(not_none(claim.best_of).next_rung).name == "Har"
    assert "The distribution of LSTM is better than Garch's, also as" in comparison.sentence
    assert ", but not shown to be better than Har's (SPA p = " in comparison.sentence


def test_a_rung_above_one_that_is_not_beaten_is_not_claimed() -> None:
    """Ewma is better here than Har, so that Har alone would be beaten."""
    comparison = compare_rows(ladder_rows(0, {"Ewma": 0.0, "Har": 0.9, "LSTM": 0.4}), repetitions=300, by="crps")
    assert comparison.pooled.rungs["Har"].models is not None
    assert "LSTM" in comparison.pooled.rungs["Har"].models
    best_of = not_none(comparison.claim.best_of)
    assert (best_of.benchmark, not_none(best_of.next_rung).name) == ("RandomWalk", "Ewma")


def test_twenty_equal_distributions_give_no_claim() -> None:
    random = np.random.default_rng(3)
    actual = 100 * np.exp(0.03 * random.normal(size=COUNT))
    names = ["RandomWalk", *(f"LSTM {number}" for number in range(20))]
    parts = [
        distribution_rows(name, 0.03 * np.exp(0.05 * at * 0.1 * random.normal(size=COUNT)), actual)
        for at, name in enumerate(names)
    ]
    comparison = compare_rows(pd.concat(parts), repetitions=300, by="crps")
    assert comparison.winner is None
    assert comparison.sentence.startswith("No distribution is better than the random walk's: LSTM ")
    assert "20 variants were tried on these targets" in comparison.sentence


def test_more_tries_than_are_given_count_against_a_claim() -> None:
    assert found({"LSTM": 0.3}, seed=1).claim.outcome is Outcome.BETTER
    comparison = found({"LSTM": 0.3}, seed=1, tried=Tried(10**30, 10**30))
    assert comparison.claim.reason is Reason.LUCK_OF_SO_MANY
    assert comparison.sentence.startswith("No distribution is shown to be better than the random walk's: LSTM is the ")


def test_models_without_a_distribution_are_left_out_with_a_sentence() -> None:
    rows = ladder_rows(0, {"LSTM": 0.1})
    point = rows[rows["model"] == "LSTM"].assign(model="Point", **dict.fromkeys(DISTRIBUTION_COLUMNS, np.nan))
    result = compare(pd.concat([rows, point, point.assign(model="Drift")]), repetitions=100, by="crps")
    assert list(result.pooled.standings) == ["LSTM", "RandomWalk"]
    assert "left out, for they have no distribution: Point, Drift\n" in repr(result)
    assert len(result.table()) == 2


def test_squared_errors_leave_out_the_rungs_and_show_crps_where_all_models_have_one() -> None:
    rows = ladder_rows(0, {**LADDER_NOISE, "LSTM": 0.1})
    rows.loc[rows["model"] == "LSTM", "forecast"] += 0.01
    drift = rows[rows["model"] == "LSTM"].assign(model="Drift", **dict.fromkeys(DISTRIBUTION_COLUMNS, np.nan))
    result = compare(pd.concat([rows, drift]), repetitions=100)
    assert sorted(result.pooled.standings) == ["Drift", "LSTM", "RandomWalk"]
    assert "rel. CRPS" in repr(result)
    assert result.pooled.standings["Drift"].get("relative_crps") is None
    point = drift.assign(model="GRU")
    assert "CRPS" not in repr(compare(pd.concat([rows, drift, point]), repetitions=100))
    plain = compare(many(0, copies=1), repetitions=100)
    assert "CRPS" not in repr(plain)
    assert "relative_crps" not in plain.table()


def test_rungs_alone_are_ranked() -> None:
    rows = ladder_rows(0, LADDER_NOISE)
    assert set(compare(rows, repetitions=100).pooled.standings) == {"RandomWalk", *LADDER_NOISE}
    assert compare(rows, repetitions=100, by="crps").winner == "Har"


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        (["RandomWalk"], "by crps: RandomWalk has no distribution on these targets"),
        (["LSTM", "Ewma"], "by crps: no model beside RandomWalk has a distribution on these targets."),
    ],
)
def test_what_cannot_be_ranked_is_said(models: list[str], sentence: str) -> None:
    rows = ladder_rows(0, {"LSTM": 0.1, "Ewma": 0.3})
    rows.loc[rows["model"].isin(models), DISTRIBUTION_COLUMNS] = np.nan
    with pytest.raises(UserError, match=sentence):
        compare(rows, by="crps")


def test_another_measure_is_refused() -> None:
    with pytest.raises(UserError, match="by is 'mape'; it is one of rmse, crps, qlike"):
        compare(ladder_rows(0, {"LSTM": 0.1}), by="mape")
    assert list(MEASURES) == ["rmse", "crps", "qlike"]


def test_several_series_count_the_same_whatever_their_spread() -> None:
    calm = ladder_rows(0, {"LSTM": 0.0})
    wild = ladder_rows(1, {"LSTM": 0.9}, "WILD-USD")
    wild[QUANTILES] = 100 * (wild[QUANTILES] / 100) ** 10
    wild["actual"] = 100 * (wild["actual"] / 100) ** 10
    comparison = compare_rows(pd.concat([calm, wild]), repetitions=100, by="crps")
    each = [not_none(board.standings["LSTM"]["relative_crps"]) for board in comparison.by_series.values()]
    assert np.isclose(not_none(comparison.pooled.standings["LSTM"]["relative_crps"]), np.mean(each))
    assert comparison.pooled.standings["LSTM"]["rmse"] is None


def test_runs_share_the_first_distribution_of_the_random_walk_and_other_rungs_only_where_they_are_the_same() -> None:
    first = ladder_rows(0, {"LSTM": 0.1, "Har": 0.4})
    second = first.assign(model=first["model"].replace({"LSTM": "GRU"}))
    moved = second["model"].isin(["RandomWalk", "Har"])
    assert list(compare(first, second, repetitions=100, by="crps").pooled.standings) == [
        "LSTM",
        "GRU",
        "Har",
        "RandomWalk",
    ]
    second.loc[moved, QUANTILES] = 100 * (second.loc[moved, QUANTILES] / 100) ** 1.1
    result = compare(first, second, repetitions=100, by="crps")
    assert {"Har (frame 1)", "Har (frame 2)"} < set(result.pooled.standings)
    walk = result.rows[result.rows["model"] == "RandomWalk"]
    assert np.array_equal(walk[QUANTILES], first[first["model"] == "RandomWalk"][QUANTILES])


def test_the_files_say_by_what_models_are_ranked(tmp_path: Path) -> None:
    to_csv(ladder_rows(0, {**LADDER_NOISE, "LSTM": 0.1}), tmp_path / "rows.csv")
    result = compare(tmp_path / "rows.csv", repetitions=100, by="crps", output_dir=tmp_path)
    record, page = json.loads((tmp_path / "comparison.json").read_text()), (tmp_path / "comparison.html").read_text()
    assert record["pooled"]["by"] == CRPS.name
    assert list(record["pooled"]["rungs"]) == ["RandomWalk", "Ewma", "Garch", "Har"]
    assert record["pooled"]["rungs"]["Har"]["better"] == ["LSTM"]
    assert record["sentence"] == result.sentence
    for said in ("CRPS, % of log change", "CRPS saved against the random walk", "each rung of the ladder", "Har p"):
        assert said in page
    assert page.count('<tr class="winner">') == 1  # nothing is claimed by the second leaderboard
    assert max(map(len, repr(result).splitlines()[:-1])) <= 100
