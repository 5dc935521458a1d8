"""The distributions of a backtest: the ensemble of its seeds, scores by fold and seed, and claims."""

import io
import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from rich.console import Console

from cryptoforecast import UserError
from cryptoforecast.evaluation.distribution.calibration import calibration_by_series
from cryptoforecast.evaluation.distribution.density import crps_of_rows, density_scores
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS, LOG_DENSITY, PIT, QUANTILES
from cryptoforecast.evaluation.significance import diebold_mariano
from cryptoforecast.evaluation.walk_forward.densities import of_seed
from cryptoforecast.evaluation.walk_forward.ensemble import ENSEMBLE, ensemble_rows, require_name_not_of_ensemble
from cryptoforecast.evaluation.walk_forward.joined_rows import join_rows
from cryptoforecast.evaluation.walk_forward.scores import BacktestVerdict, judge_backtest
from cryptoforecast.evaluation.walk_forward.table import print_backtest, table_of_folds
from tests.evaluation.helpers import distribution_rows
from tests.helpers import not_none, p_value_of

COUNT = 60
LADDER = {"RandomWalk": 2.0, "Ewma": 1.5, "Har": 1.2}  # factors of the spread


def fold_rows(fold: int, model: dict[str, float], series: str = "COIN-USD") -> pd.DataFrame:
    """Rows of a model, whose name and factor of the true spread are given, and of the ladder."""
    actual = 100 * np.exp(0.03 * np.random.default_rng(fold).normal(size=COUNT))
    scales = {**model, **LADDER}
    rows = [distribution_rows(name, 0.03 * factor, actual, series=series) for name, factor in scales.items()]
    days = pd.Timedelta(days=COUNT * fold)
    table = pd.concat(rows, ignore_index=True)
    return table.assign(fold=fold, origin=table["origin"] + days, timestamp=table["timestamp"] + days)


def parts(*factors: float, folds: int = 2) -> list[tuple[int, pd.DataFrame]]:
    """The rows of each seed, whose factor is given, fold by fold."""
    return [(seed, fold_rows(fold, {"LSTM": factor})) for fold in range(folds) for seed, factor in enumerate(factors)]


def judged(*factors: float) -> BacktestVerdict:
    return judge_backtest(join_rows(parts(*factors)))


def test_the_ladder_stands_once_a_fold_the_model_once_a_seed_and_the_ensemble_without_one() -> None:
    rows = join_rows(parts(1.0, 1.1))
    counts = rows.groupby("model", sort=False)[["fold"]].value_counts()
    assert counts["LSTM"].tolist() == 2 * [2 * COUNT]
    for name in (ENSEMBLE, *LADDER):
        assert counts[name].tolist() == 2 * [COUNT]
        assert rows.loc[rows["model"] == name, "seed"].isna().all()
    assert rows.columns.tolist()[-24:] == [*DISTRIBUTION_COLUMNS, "seed"]
    assert rows["model"].unique().tolist()[:2] == ["LSTM", ENSEMBLE]


def test_one_seed_has_no_ensemble_nor_has_a_rung_or_a_model_of_points_unless_told() -> None:
    assert ENSEMBLE not in join_rows(parts(1.0))["model"].to_numpy()
    har = [(seed, rows[rows["model"].isin(["Har", "RandomWalk"])]) for seed, rows in parts(1.0, 1.0)]
    har = [(seed, rows.sort_values("model", kind="stable")) for seed, rows in har]
    assert ENSEMBLE not in join_rows(har)["model"].to_numpy()
    points = [(seed, rows.drop(columns=DISTRIBUTION_COLUMNS)) for seed, rows in parts(1.0, 1.1)]
    assert ENSEMBLE not in join_rows(points)["model"].to_numpy()
    assert "0.5" not in join_rows(points)
    assert ENSEMBLE in join_rows(points, ensemble=True)["model"].to_numpy()
    assert ENSEMBLE not in join_rows(parts(1.0, 1.1), ensemble=False)["model"].to_numpy()


def test_the_ensemble_of_normal_distributions_is_normal_with_the_mean_spread() -> None:
    actual = 100 * np.exp(0.03 * np.random.default_rng(0).normal(size=COUNT))
    narrow, wide, between = (distribution_rows("LSTM", scale, actual) for scale in (0.01, 0.03, 0.02))
    rows = ensemble_rows([narrow, wide])
    np.testing.assert_allclose(rows[QUANTILES], between[QUANTILES])
    np.testing.assert_allclose(rows[PIT], between[PIT], atol=1e-9)
    assert np.array_equal(rows["forecast"], rows["0.5"])
    assert rows[LOG_DENSITY].isna().all()
    assert set(rows["model"]) == {ENSEMBLE}


@given(arrays(float, (3, 4, 21), elements=st.floats(-1, 1)), arrays(float, 4, elements=st.floats(-1, 1)))
def test_quantiles_of_an_ensemble_ascend_and_its_crps_is_never_above_the_mean_of_the_seeds(
    changes: np.ndarray, actual: np.ndarray
) -> None:
    seeds = [
        pd.DataFrame(100 * np.exp(np.sort(values, axis=1)), columns=QUANTILES).assign(
            model="LSTM", forecast=100.0, actual=100 * np.exp(actual), pit=0.5, log_density=0.0
        )
        for values in changes
    ]
    with np.errstate(all="ignore"):  # some are points of no width
        rows = ensemble_rows(seeds)
    assert (np.diff(rows[QUANTILES], axis=1) >= -1e-9).all()
    mean = np.mean([crps_of_rows(seed) for seed in seeds], axis=0)
    assert (crps_of_rows(rows) <= mean + 1e-9).all()


def test_scores_by_fold_and_seed_are_those_of_their_rows() -> None:
    verdict, rows = judged(1.0, 1.6), join_rows(parts(1.0, 1.6))
    found = not_none(verdict.distribution)
    for seed in (0, 1):
        scores = density_scores(of_seed(rows, seed))
        assert found.pooled[seed].by_series["COIN-USD"] == scores
        assert found.pooled[seed].crps == scores["LSTM"]["crps"]
        for fold in (0, 1):
            part = of_seed(rows[rows["fold"] == fold], seed)
            assert found.folds[fold][seed].density_skill == density_scores(part)["LSTM"]["density_skill"]
    assert dict(found.ensemble[None]) == pytest.approx(dict(density_scores(of_seed(rows, 0))[ENSEMBLE]), nan_ok=True)
    table = table_of_folds(verdict)
    skills = [density.density_skill for density in found.pooled.values()]
    whole = table.iloc[-1]
    assert np.isclose(whole["density_skill"], np.mean(skills))
    assert np.isclose(whole["density_std"], np.std(skills, ddof=1))
    assert (whole["density_min"], whole["density_max"]) == (min(skills), max(skills))


def test_the_claim_is_on_the_mean_loss_over_seeds_and_there_is_one_on_the_ensemble() -> None:
    rows = join_rows(parts(1.0, 1.05))
    found = not_none(judged(1.0, 1.05).distribution)
    assert [claim.model for claim in found.claims] == ["LSTM", ENSEMBLE]
    assert [claim.targets for claim in found.claims] == [2 * COUNT, 2 * COUNT]
    by_model = dict(list(rows.groupby("model")))
    for claim in found.claims:
        for against in claim.rungs:
            test = diebold_mariano(by_model[claim.model], by_model[against.rung], crps_of_rows)
            assert p_value_of(against.test) == p_value_of(test)
    assert found.sentences[0].startswith("LSTM's distribution is better than Har's, the highest rung beside it (CRPS ")
    assert found.sentences[1].startswith("Ensemble's distribution is better than Har's")


def test_tests_of_calibration_are_of_single_seeds_only() -> None:
    """Twice the same rows are no more evidence: a spread that is too wide is found in one seed, and not by two."""
    found = not_none(judged(3.0).distribution)
    rows = join_rows(parts(3.0))
    finding = calibration_by_series(rows)["COIN-USD"]["LSTM"]
    assert not_none(found.claims[0].misfit).p_value <= p_value_of(finding.pit)
    twice = not_none(judged(3.0, 3.0).distribution)
    assert twice.claims[0].misfit is None
    assert not_none(twice.claims[1].misfit).p_value == pytest.approx(not_none(found.claims[0].misfit).p_value)


def test_json_has_density_scores_by_fold_and_seed_and_both_sentences() -> None:
    verdict = judged(1.0, 1.3)
    written, found = json.loads(verdict.to_json()), not_none(verdict.distribution)
    assert set(written["pooled"]["density_skill"]) == {"mean", "std", "min", "max"}
    assert written["pooled"]["crps"]["min"] == min(density.crps for density in found.pooled.values())
    assert written["folds"][1]["density_skill"]["mean"] == pytest.approx(
        np.mean([density.density_skill for density in found.folds[1].values()])
    )
    seed = written["pooled"]["by_seed"]["1"]
    assert {"rmse", "skill", "crps", "coverage_90"} < set(seed["by_series"]["COIN-USD"]["LSTM"])
    assert seed["by_series"]["COIN-USD"]["Har"]["density_skill"] > 0
    assert "rmse" not in seed["by_series"]["COIN-USD"]["Har"]
    assert seed["density_skill"] == found.pooled[1].density_skill
    assert written["distribution"]["verdict"] == found.sentences[0]
    assert written["distribution"]["ensemble"]["claim"]["better_than"] == found.claims[1].to_record()["better_than"]


def test_a_model_of_points_is_written_as_ever() -> None:
    points = [(seed, rows.drop(columns=DISTRIBUTION_COLUMNS)) for seed, rows in parts(1.0, 1.1)]
    points = [(seed, rows[rows["model"].isin(["LSTM", "RandomWalk"])]) for seed, rows in points]
    verdict = judge_backtest(join_rows(points))
    assert verdict.distribution is None
    written = json.loads(verdict.to_json())
    assert list(written["pooled"]) == ["skill", "by_seed"]
    assert "distribution" not in written
    assert list(table_of_folds(verdict)) == ["fold", "first", "last", "targets", "mean", "std", "min", "max"]


def test_tables_have_each_fold_and_the_ladder_and_the_sentences_come_last() -> None:
    text = io.StringIO()
    verdict = judged(1.0, 1.3)
    print_backtest(verdict, Console(file=text, width=100))
    lines = text.getvalue().splitlines()
    assert lines[-3:] == [verdict.sentence, *not_none(verdict.distribution).sentences]
    assert max(map(len, lines[:-3])) <= 100
    heads = [at for at, line in enumerate(lines) if "distribution" in line][:2]
    assert len(heads) == 2
    below = "\n".join(lines[heads[1] :])
    places = [below.index(f"  {name} ") for name in ("LSTM", ENSEMBLE, *LADDER)]
    assert all(first < second for first, second in pairwise(places))


def test_several_series_count_the_same() -> None:
    both = [
        (seed, pd.concat([rows, fold_rows(int(rows["fold"].iloc[0]), {"LSTM": 2.0}, "B-USD")]))
        for seed, rows in parts(1.0, 1.2)
    ]
    both = [(seed, rows.sort_values("model", key=lambda names: names != "LSTM", kind="stable")) for seed, rows in both]
    found = not_none(judge_backtest(join_rows(both)).distribution)
    each = [scores["LSTM"]["density_skill"] for scores in found.pooled[0].by_series.values()]
    assert found.pooled[0].density_skill == pytest.approx(np.mean(each))
    assert each[1] == pytest.approx(0.0)


def test_a_class_of_the_name_of_the_ensemble_is_refused() -> None:
    with pytest.raises(UserError, match="Ensemble is the name of the ensemble of a backtest's seeds"):
        require_name_not_of_ensemble(ENSEMBLE)
