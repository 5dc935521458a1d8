"""Scores of distributions."""

import numpy as np
import pandas as pd
import pytest
import scoringrules
from scipy import stats

import cryptoforecast as cf
from cryptoforecast import UserError
from cryptoforecast.evaluation.distribution.density import (
    crps_of_rows,
    density_scores,
    density_scores_by_series,
    overall_density,
    point_rows,
)
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS, QUANTILES
from cryptoforecast.evaluation.metrics import RUNG_NAMES
from cryptoforecast.models.ladder.ladder import LADDER
from tests.evaluation.helpers import distribution_rows, spread_rows


def test_the_crps_is_that_of_the_log_change_in_percent() -> None:
    rows = spread_rows(0, 200, {"LSTM": 0.03})
    change = np.log(rows["actual"] / rows["last"]).to_numpy()
    exact = 100 * scoringrules.crps_normal(change, 0.0, 0.03)
    assert np.allclose(crps_of_rows(rows), exact, rtol=0.01)
    assert np.isclose(density_scores(rows)["LSTM"]["crps"], exact.mean(), rtol=0.002)


def test_neither_the_unit_of_price_nor_the_last_close_changes_a_score() -> None:
    rows = spread_rows(1, 50, {"LSTM": 0.02, "RandomWalk": 0.03})
    prices = [*QUANTILES, "last", "forecast", "actual"]
    scaled = rows.assign(**{name: 1e-7 * rows[name] for name in prices})
    for changed in (scaled, rows.assign(last=np.nan)):
        assert density_scores(changed)["LSTM"] == pytest.approx(density_scores(rows)["LSTM"])


def test_scores_computed_by_hand() -> None:
    """Of a normal with a deviation of 2 %, and closes at its median, within its half, within nine tenths and beyond."""
    actual = 100 * np.exp(0.02 * np.array([0.0, 0.5, 1.5, 2.0]))
    (score,) = density_scores(distribution_rows("LSTM", 0.02, actual)).values()
    assert (score["coverage_50"], score["coverage_90"]) == (0.5, 0.75)
    assert score["width_90"] == pytest.approx(100 * 0.02 * 2 * 1.6448536)
    assert score["log_score"] == pytest.approx(stats.norm.logpdf([0.0, 0.01, 0.03, 0.04], 0, 0.02).mean())
    assert np.isnan(score["density_skill"])


def test_the_density_skill_is_relative_to_the_random_walk() -> None:
    scores = density_scores(spread_rows(2, 100, {"LSTM": 0.03, "RandomWalk": 0.06}))
    assert scores["RandomWalk"]["density_skill"] == 0.0
    assert scores["LSTM"]["density_skill"] == 1 - scores["LSTM"]["crps"] / scores["RandomWalk"]["crps"] > 0.1


def test_a_log_score_takes_two_models_that_have_one() -> None:
    rows = spread_rows(0, 20, {"LSTM": 0.03, "RandomWalk": 0.03, "Garch": 0.03})
    none = rows.assign(log_density=rows["log_density"].where(rows["model"] != "RandomWalk"))
    known = {model: np.isfinite(score["log_score"]) for model, score in density_scores(none).items()}
    assert known == {"LSTM": True, "RandomWalk": False, "Garch": True}
    judged = rows.assign(log_density=rows["log_density"].where(rows["model"] != "LSTM"))
    assert all(np.isnan(score["log_score"]) for score in density_scores(judged).values())


def test_models_without_a_distribution_have_no_score() -> None:
    rows = spread_rows(0, 20, {"LSTM": 0.03, "Drift": 0.03})
    rows.loc[rows["model"] == "Drift", DISTRIBUTION_COLUMNS] = np.nan
    assert list(density_scores(rows)) == ["LSTM"]
    assert cf.crps(rows)["model"].tolist() == ["LSTM"]


def test_over_several_series_each_counts_the_same() -> None:
    rows = pd.concat(
        [spread_rows(0, 20, {"LSTM": 0.03, "RandomWalk": 0.04}),
         spread_rows(1, 60, {"LSTM": 0.05, "RandomWalk": 0.03}, series="ETH-USD")],
        ignore_index=True,
    )  # fmt: skip
    by_series = density_scores_by_series(rows)
    mean = overall_density(by_series)["LSTM"]
    for name in ("crps", "density_skill", "coverage_90"):
        assert mean[name] == pytest.approx(np.mean([by_series[series]["LSTM"][name] for series in by_series]))  # type: ignore[literal-required]


def test_the_public_frame_has_a_row_for_each_series_and_model() -> None:
    rows = spread_rows(0, 20, {"LSTM": 0.03, "RandomWalk": 0.04})
    frame = cf.crps(rows)
    assert list(frame) == ["series", "model", "crps", "density_skill", "log_score", "coverage_50", "coverage_90",
                           "width_90", "targets"]  # fmt: skip
    assert frame["targets"].tolist() == [20, 20]
    assert frame["crps"].tolist() == [score["crps"] for score in density_scores(rows).values()]


def test_rows_without_a_distribution_are_refused_in_a_sentence() -> None:
    rows = spread_rows(0, 20, {"LSTM": 0.03}).drop(columns=DISTRIBUTION_COLUMNS)
    for function in (cf.crps, cf.calibration):
        with pytest.raises(UserError, match="no model has a distribution: rows have one in the columns 0.01"):
            function(rows)


def test_rungs_stay_out_of_the_point_table_unless_they_are_judged() -> None:
    rows = spread_rows(0, 5, {"LSTM": 0.03, "Drift": 0.03, "RandomWalk": 0.03, "Ewma": 0.03, "Garch": 0.03})
    assert point_rows(rows, "LSTM")["model"].unique().tolist() == ["LSTM", "Drift", "RandomWalk"]
    assert point_rows(rows, "Garch")["model"].unique().tolist() == ["LSTM", "Drift", "RandomWalk", "Garch"]
    without = rows.drop(columns=DISTRIBUTION_COLUMNS)
    assert point_rows(without, "LSTM") is without  # another tool's model may be called Garch


def test_every_rung_is_known_by_name_in_the_order_of_the_ladder() -> None:
    assert tuple(LADDER) == tuple(name for name in RUNG_NAMES if name in LADDER)


def test_a_random_walk_that_is_never_off_leaves_a_number() -> None:
    certain = spread_rows(0, 5, {"LSTM": 0.03, "RandomWalk": 0.03}).assign(actual=100.0)
    certain.loc[certain["model"] == "RandomWalk", QUANTILES] = 100.0
    scores = density_scores(certain)
    assert (scores["LSTM"]["density_skill"], scores["RandomWalk"]["density_skill"]) == (-np.inf, 0.0)
