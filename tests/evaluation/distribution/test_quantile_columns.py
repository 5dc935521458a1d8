"""Distributions in forecast rows: written, read, checked, and taken from other tools."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import cryptoforecast as cf
from cryptoforecast import DataNotice, UserError
from cryptoforecast.evaluation.benchmark_rows import with_random_walk
from cryptoforecast.evaluation.distribution.other_levels import at_our_levels
from cryptoforecast.evaluation.distribution.quantile_columns import (
    DISTRIBUTION_COLUMNS,
    QUANTILES,
    has_distribution,
    pit_of,
)
from cryptoforecast.evaluation.rows import COLUMNS, read_rows, read_written_rows, to_csv, to_rows
from cryptoforecast.quantiles import LEVELS
from tests.evaluation.helpers import distribution_rows, spread_rows
from tests.helpers import rows_of

AUTOGLUON = (
    "item_id,timestamp,cutoff,target,mean,0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9\n"
    "BTC,2024-01-02,2024-01-01,102,100.5,90,93,96,98,100,102,104,107,110\n"
    "BTC,2024-01-03,2024-01-02,99,101.5,91,94,97,99,101,103,105,108,111\n"
)
CHRONOS = (
    "item_id,timestamp,cutoff,target,target_name,predictions,0.1,0.5,0.9\n"
    "BTC,2024-01-02,2024-01-01,102,Close,100,90,100,110\n"
)
NIXTLA = (
    "unique_id,ds,cutoff,y,NHITS,NHITS-median,NHITS-lo-90,NHITS-lo-80.0,NHITS-hi-80.0,NHITS-hi-90,Naive,AutoETS,"
    "AutoETS-lo-95,AutoETS-hi-95\n"
    "BTC,2024-01-02,2024-01-01,102,101,100,85,90,110,116,99,100,88,112\n"
    "BTC,2024-01-03,2024-01-02,99,102,101,86,91,111,117,102,101,89,113\n"
)


def mixed() -> pd.DataFrame:
    """A model with a distribution, and one without."""
    rows = spread_rows(0, 5, {"LSTM": 0.03})
    return pd.concat([rows, rows[COLUMNS].assign(model="Drift")], ignore_index=True)


def written(folder: Path, text: str) -> Path:
    (folder / "rows.csv").write_text(text)
    return folder / "rows.csv"


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_distributions_are_read_as_they_were_written_and_models_without_have_none(tmp_path: Path, kind: str) -> None:
    rows, path = mixed(), tmp_path / f"rows.{kind}"
    to_csv(rows, path) if kind == "csv" else rows.to_parquet(path)
    for back in (read_rows(path), read_written_rows(path), with_random_walk(rows).iloc[:10]):
        assert back[DISTRIBUTION_COLUMNS].equals(rows[DISTRIBUTION_COLUMNS])
        assert has_distribution(back).tolist() == [True] * 5 + [False] * 5
    assert list(read_rows(path)) == [*COLUMNS, *DISTRIBUTION_COLUMNS]


def test_a_seed_stays_beside_a_distribution(tmp_path: Path) -> None:
    to_csv(mixed().assign(seed=3), tmp_path / "rows.csv")
    assert list(read_written_rows(tmp_path / "rows.csv")) == [*COLUMNS, *DISTRIBUTION_COLUMNS, "seed"]
    assert set(read_rows(tmp_path / "rows.csv")["model"]) == {"LSTM seed 3", "Drift"}


def test_a_random_walk_made_of_last_closes_has_no_distribution() -> None:
    walk = with_random_walk(mixed()).iloc[10:]
    assert walk["model"].unique().tolist() == ["RandomWalk"]
    assert walk[DISTRIBUTION_COLUMNS].isna().all(axis=None)


def test_rows_without_any_distribution_have_none_of_its_columns(tmp_path: Path) -> None:
    rows = rows_of("LSTM", [1.0, 2.0], [2.0, 3.0])
    empty = rows.assign(**dict.fromkeys(DISTRIBUTION_COLUMNS, np.nan))
    to_csv(empty, tmp_path / "rows.csv")
    assert list(read_rows(tmp_path / "rows.csv")) == list(with_random_walk(empty)) == COLUMNS
    assert not has_distribution(rows).any()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"0.95": 1.0}, "LSTM has quantiles that do not ascend with their levels"),
        ({"0.01": -1.0}, "LSTM has a quantile that is no price above zero"),
        ({"0.99": np.inf}, "LSTM has a quantile that is no price above zero"),
        ({"0.5": np.nan}, "LSTM lacks a quantile that its other rows have"),
        (dict.fromkeys(QUANTILES, np.nan), "LSTM lacks a quantile that its other rows have"),
        ({"pit": 1.5}, "LSTM has a pit that is no probability"),
        ({"log_density": np.inf}, "LSTM has a log density that is not finite"),
    ],
)
def test_what_is_no_distribution_gets_a_sentence_with_series_and_time(changes: dict[str, float], sentence: str) -> None:
    rows = mixed()
    for name, value in changes.items():
        rows.loc[2, name] = value
    with pytest.raises(UserError) as raised:
        to_rows(rows, "rows")
    assert str(raised.value) == f"rows: COIN-USD, 2024-01-04 (forecast on 2024-01-03): {sentence}."


def test_a_missing_pit_is_made_of_the_quantiles() -> None:
    rows = to_rows(mixed().drop(columns=["pit", "log_density"]), "rows")
    true = mixed()["pit"][:5]
    assert np.allclose(rows["pit"][:5], true, atol=1e-9)  # of normal distributions the rule is exact
    assert rows["log_density"].isna().all()


def test_the_pit_of_quantiles_is_near_the_true_one_for_heavy_tails_and_ends_at_zero_and_one() -> None:
    law = stats.t(4)
    shares = np.array([0.02, 0.3, 0.77, 0.97])
    quantiles = np.tile(np.exp(0.03 * law.ppf(LEVELS)), (4, 1))
    assert np.abs(pit_of(quantiles, np.exp(0.03 * law.ppf(shares))) - shares).max() < 0.004
    assert pit_of(np.full((3, 21), 5.0), np.array([4.0, 5.0, 6.0]))[[0, 2]].tolist() == [0.0, 1.0]


def test_quantiles_in_a_table_of_autogluon_become_ours(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, AUTOGLUON))
    assert rows["model"].tolist() == ["AutoGluon"] * 2
    assert rows[["series", "forecast", "actual"]].iloc[0].tolist() == ["BTC", 100.5, 102.0]
    assert rows.loc[0, ["0.1", "0.5", "0.9"]].tolist() == [90, 100, 110]
    between = (-1.03643 + 1.28155) / (-0.84162 + 1.28155)  # of the normal quantiles of 0.1, 0.15 and 0.2
    assert rows.loc[0, "0.15"] == pytest.approx(90 * (93 / 90) ** between, rel=1e-5)
    slope = np.log(93 / 90) / (-0.84162 + 1.28155)
    assert rows.loc[0, "0.01"] == pytest.approx(90 * np.exp(slope * (-2.32635 + 1.28155)), rel=1e-4)
    assert rows.loc[0, "pit"] == pytest.approx(0.6)
    assert rows["log_density"].isna().all()


def test_quantiles_in_a_table_of_chronos_become_ours(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, CHRONOS))
    assert rows["model"].tolist() == ["Chronos"]
    assert rows.loc[0, ["forecast", "0.1", "0.5", "0.9"]].tolist() == [100, 90, 100, 110]


def test_intervals_of_nixtla_become_quantiles_of_their_model(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, NIXTLA))
    assert rows["model"].unique().tolist() == ["NHITS", "Naive", "AutoETS"]
    nhits, naive, ets = (rows[rows["model"] == model].iloc[0] for model in ("NHITS", "Naive", "AutoETS"))
    assert nhits[["forecast", "0.05", "0.1", "0.5", "0.9", "0.95"]].tolist() == [101, 85, 90, 100, 110, 116]
    assert naive[DISTRIBUTION_COLUMNS].isna().all()
    assert ets["0.5"] == 100  # the point forecast is the median where there is no other
    share = stats.norm.ppf(0.05) / stats.norm.ppf(0.025)
    assert ets["0.05"] == pytest.approx(100 * (88 / 100) ** share)


def test_a_median_alone_is_a_models_forecast(tmp_path: Path) -> None:
    text = "unique_id,ds,cutoff,y,TFT-median,TFT-lo-90,TFT-hi-90\nBTC,2024-01-02,2024-01-01,102,100,85,116\n"
    rows = read_rows(written(tmp_path, text))
    assert rows[["model", "forecast", "0.05"]].iloc[0].tolist() == ["TFT", 100, 85]


def test_quantiles_in_a_wide_table_are_no_models(tmp_path: Path) -> None:
    text = "unique_id,ds,cutoff,y,LSTM,0.1,0.5,0.9,pit\nBTC,2024-01-02,2024-01-01,102,100,90,100,110,0.5\n"
    rows = read_rows(written(tmp_path, text))
    assert rows["model"].tolist() == ["LSTM"]


@pytest.mark.parametrize(
    ("low", "high", "reason"),
    [
        ("-5", "116", "some of its quantiles are missing or no prices above zero"),
        ("", "116", "some of its quantiles are missing or no prices above zero"),
        ("85", "80", "its quantiles do not ascend with their levels"),
    ],
)
def test_intervals_that_make_no_distribution_are_left_out_and_said(
    tmp_path: Path, low: str, high: str, reason: str
) -> None:
    text = f"unique_id,ds,cutoff,y,TFT,TFT-lo-90,TFT-hi-90\nBTC,2024-01-02,2024-01-01,102,100,{low},{high}\n"
    with pytest.warns(DataNotice, match=f"the distribution of TFT is left out: {reason}"):
        rows = read_rows(written(tmp_path, text))
    assert list(rows) == COLUMNS
    assert rows["forecast"].tolist() == [100.0]


def test_of_a_lognormal_price_three_levels_tell_all() -> None:
    law = stats.lognorm(0.05, scale=30_000)
    made = at_our_levels([0.1, 0.5, 0.9], law.ppf([0.1, 0.5, 0.9])[None])
    assert np.allclose(made[0], law.ppf(LEVELS), rtol=1e-12)


def test_heavy_tails_that_were_not_told_come_out_thin() -> None:
    """What the rule says of itself: the 0.01 quantile of a Student-t is further out than a normal tail has it."""
    law = stats.t(3)
    made = at_our_levels([0.1, 0.5, 0.9], np.exp(0.03 * law.ppf([0.1, 0.5, 0.9]))[None])
    assert made[0, 0] > np.exp(0.03 * law.ppf(0.01))


def test_the_helper_of_these_tests_makes_the_distribution_it_says() -> None:
    rows = distribution_rows("LSTM", 0.02, np.array([100.0, 103.0]))
    assert rows.loc[0, "pit"] == pytest.approx(0.5)
    assert rows.loc[1, "0.95"] == pytest.approx(100 * np.exp(0.02 * 1.6448536269514722))


def test_the_distribution_of_another_tool_is_scored_from_its_file(tmp_path: Path) -> None:
    """Scores of a normal log change that Nixtla's columns tell at five levels are those of the whole distribution."""
    whole = spread_rows(0, 40, {"NHITS": 0.03})
    names = {"0.05": "NHITS-lo-90", "0.1": "NHITS-lo-80", "0.5": "NHITS-median", "0.9": "NHITS-hi-80",
             "0.95": "NHITS-hi-90"}  # fmt: skip
    theirs = whole.rename(
        columns={"series": "unique_id", "origin": "cutoff", "timestamp": "ds", "actual": "y", **names}
    )
    theirs[["unique_id", "ds", "cutoff", "y", *names.values()]].to_csv(tmp_path / "nf.csv", index=False)
    scored, known = cf.crps(read_rows(tmp_path / "nf.csv").assign(last=100.0)), cf.crps(whole)
    for score in ("crps", "coverage_50", "coverage_90", "width_90"):
        assert scored.loc[0, score] == pytest.approx(known.loc[0, score])
    assert np.isnan(scored.loc[0, "log_score"])


def test_level_names_in_a_frame_may_be_numbers() -> None:
    rows = spread_rows(0, 5, {"LSTM": 0.03})
    numbered = rows.rename(columns={name: float(name) for name in QUANTILES})
    assert to_rows(numbered, "rows")[QUANTILES].equals(rows[QUANTILES])


@given(st.integers(0, 10**6), st.integers(3, 9), st.floats(1e-9, 1e6))
def test_quantiles_of_other_levels_ascend_and_keep_those_that_were_given(seed: int, count: int, unit: float) -> None:
    random = np.random.default_rng(seed)
    levels = sorted(random.choice(np.round(np.arange(0.02, 1.0, 0.01), 2), count, replace=False).tolist())
    prices = unit * np.sort(random.lognormal(0, 0.1, (4, count)))
    made = at_our_levels(levels, prices)
    assert (np.diff(made, axis=1) >= -1e-12 * made[:, 1:]).all()
    for place, level in enumerate(LEVELS):
        if level in levels:
            assert np.array_equal(made[:, place], prices[:, levels.index(level)])
    assert np.allclose(at_our_levels(LEVELS, made), made, rtol=1e-12)


@given(st.integers(0, 10**6), st.sampled_from(range(21)))
def test_the_pit_of_a_close_at_a_quantile_is_its_level(seed: int, place: int) -> None:
    quantiles = np.sort(np.random.default_rng(seed).lognormal(0, 0.1, (1, 21)))
    assert np.isclose(pit_of(quantiles, quantiles[:, place])[0], LEVELS[place])
