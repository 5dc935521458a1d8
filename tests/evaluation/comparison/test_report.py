"""The page of a study: its sections, and what its tables and pictures show, computed by hand."""

import json
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from cryptoforecast import compare
from cryptoforecast.evaluation.comparison.board import compare_rows
from cryptoforecast.evaluation.comparison.measures import SQUARED
from cryptoforecast.evaluation.comparison.report.calibration import coverage_of, plot_calibration
from cryptoforecast.evaluation.comparison.report.costs import CostPoint, cost_points, plot_costs
from cryptoforecast.evaluation.comparison.report.over_folds import plot_skill_by_fold, skill_by_fold
from cryptoforecast.evaluation.comparison.report.variants import Skill, Variant, skills_by, table_of_variants
from cryptoforecast.evaluation.comparison.second_board import second_board
from cryptoforecast.evaluation.distribution.quantile_columns import QUANTILES
from cryptoforecast.evaluation.rows import to_csv
from cryptoforecast.quantiles import LEVELS
from tests.evaluation.helpers import distribution_rows
from tests.helpers import not_none, rows_of

SEEDS = (0, 1)
VARIANTS = [
    Variant("LSTM", "nothing", 12.5, 4321),
    Variant("GRU", "model: GRU", 3.0, 321),
    Variant("Broken", "model: Broken", failure="fold 1, seed 0: ValueError: nobody knows why"),
]


def two_folds() -> pd.DataFrame:
    """Two seeds of a model: twice as good as the random walk in the first fold, twice as bad in the second."""
    actual = [102.0, 98.0, 102.0, 98.0]
    walk = rows_of("RandomWalk", [100.0] * 4, actual, 100.0).assign(seed=None)
    seeds = [rows_of("LSTM", [101.0, 99.0, 106.0, 94.0], actual, 100.0).assign(seed=seed) for seed in SEEDS]
    return pd.concat([*seeds, walk], ignore_index=True).assign(fold=[0, 0, 1, 1] * 3)


def study_rows(name: str, count: int = 120) -> pd.DataFrame:
    """The rows of a backtest with two folds and seeds, and a ladder beside it."""
    random = np.random.default_rng(0)
    actual = 100 * np.exp(0.03 * random.normal(size=count))
    seeds = [
        distribution_rows(name, 0.03 * np.exp(0.3 * np.random.default_rng(seed).normal(size=count)), actual)
        for seed in SEEDS
    ]
    seeded = [rows.assign(seed=seed) for seed, rows in enumerate(seeds)]
    walk = distribution_rows("RandomWalk", 0.03, actual).assign(seed=None)
    har = distribution_rows("Har", 0.031, actual).assign(seed=None)
    folds = np.tile(np.repeat([0, 1], count // 2), 4)
    return pd.concat([*seeded, walk, har], ignore_index=True).assign(fold=folds).astype({"seed": "Int64"})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, object]]:
    """The page and the record of a study of two variants."""
    folder = tmp_path_factory.mktemp("study")
    for name in ("LSTM", "GRU"):
        (folder / name).mkdir()
        to_csv(study_rows(name), folder / name / "forecasts.csv")
        closes = {"COIN-USD": {"rows": 500, "last": "2024-05-01T00:00:00+00:00", "sha256": "ab" * 32}}
        record = {"series": closes, "versions": {"torch": f"2.{len(name)}"}, "code": {"mine.py": "cd" * 32}}
        (folder / name / "backtest.json").write_text(json.dumps(record))
    result = compare(folder / "LSTM", folder / "GRU", names=["LSTM", "GRU"], seeds="mean", repetitions=50)
    result.write(folder, "python -m cryptoforecast study", "study", VARIANTS)
    return (folder / "study.html").read_text(), json.loads((folder / "study.json").read_text())


def test_the_page_of_a_study_holds_each_section_and_the_sentence_first(written: tuple[str, dict[str, object]]) -> None:
    page, record = written
    names = ["board1", "board2", "variants", "folds", "calibration", "provenance", "reading"]
    assert re.findall(r' id="(\w+)"', page) == names
    assert re.findall(r'href="([^"]*)"', page) == [f"#{name}" for name in names]
    assert page.index(str(record["sentence"])) < page.index("<table") < page.index("<img")
    assert page.index("ranked by RMSE") < page.index("ranked by CRPS")
    assert len(re.findall("<img", page)) == 2 + 2 + 2 + 2 + 2  # boards, their costs, their folds, reliability and PIT
    texts = (
        "GRU", "4,321", "4 variants tried",
        "Broken is left out: fold 1, seed 0: ValueError: nobody knows why",
        "<summary>2</summary>", "seed 1: ", "abababababababab", "2024-05-01", "python -m cryptoforecast study",
        "<td>torch</td><td>2.4</td><td>LSTM</td>", "<td>mine.py</td><td>cdcdcdcdcdcdcdcd</td><td>all</td>",
    )  # fmt: skip
    assert [text for text in texts if text not in page] == []


def test_the_page_of_a_study_loads_nothing_and_runs_no_script(written: tuple[str, dict[str, object]]) -> None:
    page, _ = written
    assert re.findall(r"https?://|<script|<link|@import|url\(|javascript", page) == []
    assert {source[:22] for source in re.findall(r'src="([^"]*)"', page)} == {"data:image/png;base64,"}
    assert all(after.startswith("<table") for after in re.split(r'<div class="wide">', page)[1:])
    assert len(re.findall("<table", page)) == len(re.findall('class="wide"', page))  # each scrolls in a box of its own


def test_the_record_of_a_study_has_both_leaderboards_and_the_costs(written: tuple[str, dict[str, object]]) -> None:
    _, record = written
    second = record["second"]
    assert isinstance(second, dict)
    assert second["by"] == "crps"
    assert {"LSTM", "GRU", "Har", "RandomWalk"} <= set(second["standings"])
    assert record["variants"] == [variant._asdict() for variant in VARIANTS]
    assert record["settings"] == {"level": 0.05, "confidence": 0.9, "repetitions": 50}


@pytest.mark.parametrize(("by", "second"), [("rmse", "crps"), ("crps", "rmse")])
def test_the_second_leaderboard_is_that_of_a_comparison_by_the_second_measure(by: str, second: str) -> None:
    rows = study_rows("LSTM").query("seed.isna() or seed == 0").drop(columns="seed")
    comparison = compare_rows(rows, repetitions=50, by=by)
    assert second_board(comparison, rows) == compare_rows(rows, repetitions=50, by=second).pooled


def test_without_a_distribution_of_each_variant_there_is_no_leaderboard_by_crps() -> None:
    rows = study_rows("LSTM").query("seed.isna() or seed == 0").drop(columns="seed")
    points = rows[rows["model"] == "LSTM"].assign(model="NLinear", **dict.fromkeys([*QUANTILES, "pit"], np.nan))
    both = pd.concat([rows, points], ignore_index=True)
    assert second_board(compare_rows(both, repetitions=50), both) is None
    walk = rows[rows["model"].isin(["RandomWalk", "Har"])]
    assert second_board(compare_rows(walk, repetitions=50), walk) is None


def test_skill_by_fold_is_one_minus_the_relative_rmse_within_each_fold() -> None:
    first, second = skill_by_fold(two_folds(), SQUARED)
    assert first.skill == {"LSTM": pytest.approx(0.5), "RandomWalk": 0.0}
    assert second.skill == {"LSTM": pytest.approx(-1.0), "RandomWalk": 0.0}
    assert (f"{first.first:%d}", f"{first.last:%d}", f"{second.last:%d}") == ("02", "03", "05")
    (axes,) = plot_skill_by_fold([first, second], ["LSTM"], SQUARED, "COIN-USD").axes
    assert list(np.asarray(axes.lines[0].get_ydata(), dtype=float)) == pytest.approx([50.0, -100.0])


def test_there_is_no_skill_by_fold_of_one_fold_or_where_runs_disagree_on_the_folds() -> None:
    rows = two_folds()
    assert skill_by_fold(rows.assign(fold=0), SQUARED) == []
    assert skill_by_fold(rows.assign(fold=rows["fold"].where(rows["model"] == "LSTM", 0)), SQUARED) == []


def test_costs_are_drawn_against_the_skill_in_percent_with_the_spread_over_the_seeds() -> None:
    skills = {"LSTM": Skill(0.04, {"0": 0.03, "1": 0.05}), "GRU": Skill(-0.01, {})}
    spread = pytest.approx(100 * 0.02 / np.sqrt(2))
    assert cost_points(VARIANTS, skills, "seconds") == [
        CostPoint("LSTM", 12.5, pytest.approx(4.0), spread), CostPoint("GRU", 3.0, pytest.approx(-1.0), None),
    ]  # fmt: skip
    assert [point.cost for point in cost_points(VARIANTS, skills, "weights")] == [4321, 321]
    figure = not_none(plot_costs(VARIANTS, skills, "skill"))
    assert [axes.get_xscale() for axes in figure.axes] == ["log", "log"]
    assert [text.get_text() for text in figure.axes[0].texts] == ["LSTM", "GRU"]
    assert cost_points([Variant("LSTM", "nothing", None, 0)], skills, "weights") == []
    assert plot_costs([Variant("LSTM", "nothing")], skills, "skill") is None


@pytest.mark.parametrize(("least", "most"), [(90, 110), (2_739, 8_163), (1, 400), (61, 164_034)])
def test_the_labels_of_costs_are_at_least_two_and_do_not_overlap(least: int, most: int) -> None:
    variants = [Variant("LSTM", "nothing", 1.5, least), Variant("GRU", "model: GRU", 3.0, most)]
    skills = {name: Skill(-0.1, {}) for name in ("LSTM", "GRU")}
    figure = not_none(plot_costs(variants, skills, "skill"))
    _, axes = figure.axes
    ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks()]
    low, high = axes.get_xlim()
    labels = [tick.label1 for tick in ticks if tick.label1.get_text() and low <= tick.get_loc() <= high]
    assert len(labels) >= 2
    boxes = sorted((label.get_window_extent().x0, label.get_window_extent().x1) for label in labels)
    assert all(right < left for (_, right), (left, _) in pairwise(boxes))


def test_the_table_of_variants_has_costs_skill_and_the_lines_of_the_seeds() -> None:
    rows = two_folds()
    rows["forecast"] = rows["forecast"].where(rows["seed"] != 1, rows["last"])  # the second seed is the random walk
    board = compare_rows(rows[rows["seed"] != 1], repetitions=50).pooled
    skills = skills_by([board], rows)
    squares = (1 + 1 + 16 + 16) / (4 * 4)  # of the first seed, in parts of the random walk's
    assert skills["skill"]["LSTM"].by_seed == {"0": pytest.approx(1 - np.sqrt(squares)), "1": pytest.approx(0.0)}
    table = table_of_variants([VARIANTS[0], VARIANTS[2]], {"skill": {"LSTM": Skill(-0.25, {"0": -0.5, "1": 0.0})}})
    lstm, broken = table["lines"]
    assert table["heads"] == ["seconds a fit", "weights", "skill, %", "seeds: skill, %"]
    assert lstm["cells"] == ["12.5", "4,321", "-25.00 ± 35.36"]
    assert lstm["seeds"] == {"0": "-50.00", "1": "+0.00"}
    assert broken["cells"] == ["–", "–", "–"]
    assert not broken["seeds"]


def test_the_calibration_of_a_variant_is_that_of_all_its_seeds() -> None:
    actual = np.array([100.0, 101.0, 110.0, 90.0])  # two within any interval about 100, two beyond all
    rows = pd.concat([distribution_rows("LSTM", 0.02, actual).assign(seed=seed) for seed in SEEDS], ignore_index=True)
    assert [cell[:4] for cell in coverage_of(rows, ["LSTM", "NLinear"])["LSTM"][:2]] == ["50.0", "50.0"]
    figures = plot_calibration(rows, ["LSTM", "NLinear"], "Har")
    assert list(figures) == ["Reliability", "PIT"]
    (curve,) = [line for line in drawn(figures["Reliability"]).lines if line.get_label() == "the model"]
    below = [np.mean(actual < 100 * np.exp(0.02 * z)) for z in _normal(LEVELS)]
    assert np.allclose(np.asarray(curve.get_ydata(), dtype=float), 100 * (np.array(below) - np.array(LEVELS)))
    heights = [bar.get_height() for bar in drawn(figures["PIT"]).patches if bar.get_width() == pytest.approx(0.1)]
    assert heights == [25.0, 0, 0, 0, 0, 25.0, 25.0, 0, 0, 25.0]
    assert plot_calibration(rows, ["NLinear"], None) == {}


def drawn(figure: Figure) -> Any:
    """The first panel of a figure."""
    return figure.axes[0]


def _normal(levels: object) -> np.ndarray:
    from scipy.stats import norm

    quantiles: np.ndarray = norm.ppf(np.array(levels))
    return quantiles
