"""The verdict on a distribution: its tables, and what is written."""

import json

import numpy as np
import pandas as pd
import pytest

from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.distribution.density import RUNG_NAMES
from cryptoforecast.evaluation.distribution.quantile_columns import DISTRIBUTION_COLUMNS, QUANTILES
from cryptoforecast.evaluation.verdict import judge
from cryptoforecast.evaluation.verdict_record import scores_of_rows
from tests.evaluation.distribution.helpers import LADDER, at, clustered_rows
from tests.evaluation.helpers import printed
from tests.helpers import not_none


def test_a_model_without_a_distribution_is_judged_and_printed_as_before() -> None:
    rows = clustered_rows({"LSTM": 0.05, "RandomWalk": None}).drop(columns=DISTRIBUTION_COLUMNS)
    verdict = judge(rows)
    assert (verdict.distribution, verdict.density_skill, verdict.sentences) == (None, None, [verdict.sentence])
    text = printed(verdict)
    assert "CRPS" not in text
    assert "distribution" not in verdict.to_json()
    assert list(verdict.table()) == ["series", "model", "rmse", "mae", "mape", "skill", "targets"]


def test_a_point_model_beside_distributions_of_others_is_judged_on_the_point_alone() -> None:
    rows = clustered_rows(LADDER)
    rows.loc[rows["model"] == "LSTM", DISTRIBUTION_COLUMNS] = np.nan
    assert judge(rows).distribution is None


def test_the_point_table_has_no_rungs_and_the_other_has_all() -> None:
    text = printed(judge(clustered_rows(LADDER)))
    points, rest = text.split("distributions of the log change")
    densities = rest.split("skill or luck?")[0]
    assert "Garch" not in points
    assert all(model in densities for model in LADDER)
    assert max(map(len, text.split("LSTM is no better")[0].splitlines())) <= 100
    assert text.splitlines()[-1].startswith("LSTM's distribution is better than Garch's")
    assert repr(judge(clustered_rows(LADDER))) == text.rstrip()


def test_scores_json_has_the_names_of_a_distribution() -> None:
    content = json.loads(judge(clustered_rows(LADDER), tries=at(2)).to_json())
    assert list(content) == ["split", "series", "targets", "scores", "verdict", "claim", "distribution", "findings"]
    density = ["crps", "density_skill", "log_score", "coverage_50", "coverage_90", "width_90"]
    assert list(content["scores"]["LSTM"]) == ["rmse", "mae", "mape", "skill", *density]
    assert list(content["scores"]["Har"]) == density
    findings = content["findings"]["COIN-USD"]["LSTM"]
    assert list(findings)[-4:] == ["kupiec", "christoffersen", "diebold_mariano_crps", "pit"]
    assert list(findings["kupiec"]) == list(findings["christoffersen"]) == ["0.01", "0.05", "0.95", "0.99"]
    assert list(findings["diebold_mariano_crps"]) == list(RUNG_NAMES)
    assert content["distribution"]["claim"]["better_than"] == "Garch"
    assert content["distribution"]["claim"]["place"] == {"fit": 2, "variant": 2}
    assert content["distribution"]["verdict"].startswith("LSTM's distribution is better than Garch's")


def test_the_ledger_has_the_scores_of_the_verdict() -> None:
    rows = clustered_rows(LADDER)
    assert scores_of_rows(with_random_walk(rows))["COIN-USD"] == json.loads(judge(rows).to_json())["scores"]


def test_a_log_score_that_is_not_known_is_null_and_a_dash() -> None:
    rows = clustered_rows(LADDER)
    rows.loc[rows["model"] == "Ewma", "log_density"] = np.nan
    verdict = judge(rows)
    assert json.loads(verdict.to_json())["scores"]["Ewma"]["log_score"] is None
    (line,) = [line for line in printed(verdict).split("skill or luck")[0].splitlines() if "Ewma" in line]
    assert " - " in line


def test_the_frame_has_both_kinds_of_scores() -> None:
    frame = judge(clustered_rows(LADDER)).table()
    assert frame["model"].tolist() == list(LADDER)
    assert frame["rmse"].isna().tolist() == [False, False, True, True, True]
    assert frame["crps"].notna().all()
    assert "LSTM&#x27;s distribution is better" in judge(clustered_rows(LADDER))._repr_html_()


def two_coins() -> pd.DataFrame:
    """Two coins, the second in billionths of the first's price."""
    second = clustered_rows(LADDER, 1).assign(series="ETH-USD")
    prices = [*QUANTILES, "last", "forecast", "actual"]
    return pd.concat([clustered_rows(LADDER), second.assign(**{name: 1e-9 * second[name] for name in prices})],
                     ignore_index=True)  # fmt: skip


def test_one_sentence_speaks_for_several_coins_and_each_counts_the_same() -> None:
    one, both = judge(clustered_rows(LADDER)), judge(two_coins())
    first, pooled = not_none(one.distribution), not_none(both.distribution)
    for alone, together in zip(first.claim.rungs, pooled.claim.rungs, strict=True):
        assert alone.rung == together.rung
        assert together.test.p_value is not None
    assert pooled.density_skill == pytest.approx(
        np.mean([s["LSTM"]["density_skill"] for s in pooled.by_series.values()])
    )
    content = json.loads(both.to_json())
    assert list(content["all"]["LSTM"])[:4] == ["mape", "skill", "positive", "crps"]
    assert content["all"]["Har"]["crps"] == pytest.approx(pooled.overall["Har"]["crps"])
    text = printed(both)
    assert text.count("all series, each counting the same") == 2
    assert "2 series: is the distribution of LSTM right?" in text
