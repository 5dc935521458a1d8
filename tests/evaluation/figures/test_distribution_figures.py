"""Figures of distributions: what they draw is what the rows say."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from scipy.stats import binom

from cryptoforecast.evaluation.comparison.board import compare_rows
from cryptoforecast.evaluation.comparison.losses import losses_of
from cryptoforecast.evaluation.comparison.report.figures import plot_cumulative
from cryptoforecast.evaluation.distribution.density import crps_of_rows
from cryptoforecast.evaluation.figures.calibration import binomial_band, plot_pit, plot_reliability
from cryptoforecast.evaluation.figures.canvas import RUNG_COLORS, RUNG_DASHES, write_png
from cryptoforecast.evaluation.figures.crps import plot_crps
from cryptoforecast.evaluation.figures.distribution_rows import best_rung, is_distribution_judged, rungs_in
from cryptoforecast.evaluation.figures.fan import plot_fan
from cryptoforecast.evaluation.figures.sharpness import plot_sharpness
from cryptoforecast.evaluation.figures.tensorboard import DISTRIBUTION_PICTURES, PICTURES, save_figures
from cryptoforecast.models.ladder.ladder import LADDER
from cryptoforecast.quantiles import COLUMNS, LEVELS
from tests.evaluation.figures.helpers import WIDTHS, beside_ladder, of_coins, of_steps

ROWS = beside_ladder()
OWN = ROWS[ROWS["model"] == "LSTM"]


def rows_of_rung(name: str) -> pd.DataFrame:
    return ROWS[ROWS["model"] == name]


def line(axes: Axes, label: str) -> Line2D:
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return found


def heights(line: Line2D) -> np.ndarray:
    return np.asarray(line.get_ydata(), dtype=float)


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def band(axes: Axes, label: str) -> set[float]:
    (found,) = [part for part in axes.collections if part.get_label() == label]
    return set(np.asarray(found.get_paths()[0].vertices)[:, 1])


def test_the_fan_shows_both_intervals_the_median_the_actual_closes_and_the_best_rung() -> None:
    figure = plot_fan(ROWS, "test")
    for axes, count in zip(figure.axes, (200, 60), strict=True):
        last = OWN.tail(count)
        for label, low, high in (("LSTM: 90 %", "0.05", "0.95"), ("LSTM: 50 %", "0.25", "0.75")):
            assert band(axes, label) == {*last[low], *last[high]}
        assert heights(line(axes, "LSTM: median")).tolist() == last["0.5"].tolist()
        assert heights(line(axes, "actual")).tolist() == last["actual"].tolist()
        assert heights(line(axes, "Garch: 90 %")).tolist() == rows_of_rung("Garch").tail(count)["0.05"].tolist()
        assert rows_of_rung("Garch").tail(count)["0.95"].tolist() in [heights(drawn).tolist() for drawn in axes.lines]
    assert legend(figure) == ["LSTM: 90 %", "LSTM: 50 %", "LSTM: median", "Garch: 90 %", "actual"]
    assert figure.get_suptitle() == "COIN-USD: fan, next close, 200 test targets"
    assert plot_fan(ROWS.assign(series="coin"), "test").get_suptitle().startswith("coin: fan")
    assert plot_fan(ROWS, "test", simulated=True).get_suptitle().endswith("test targets (SIMULATED)")
    own, garch = crps_of_rows(OWN).mean(), crps_of_rows(rows_of_rung("Garch")).mean()
    assert figure.axes[0].get_title(loc="right") == f"CRPS {own:.3f} %, Garch {garch:.3f} %"


def test_of_many_targets_the_fan_shows_the_last_ones_and_its_title_says_so() -> None:
    figure = plot_fan(beside_ladder(2_000), "test")
    assert len(heights(line(figure.axes[0], "actual"))) == 365
    assert figure.get_suptitle() == "COIN-USD: fan, next close, the last 365 of 2,000 test targets"
    assert plot_fan(of_coins(2), "val").get_suptitle() == "Fan, next close: the last 60 val targets"


def test_of_a_longer_horizon_the_last_step_is_drawn() -> None:
    rows = of_steps(3)
    last = rows[(rows["model"] == "LSTM") & (rows["step"] == 3)]
    axes = plot_fan(rows, "test").axes[0]
    assert heights(line(axes, "actual")).tolist() == last["actual"].tolist()
    for name, plot in DISTRIBUTION_PICTURES.items():
        assert name == "crps" or "close 3 steps ahead" in plot(rows, "test").get_suptitle()


def test_the_pit_histogram_has_a_bar_for_each_tenth_and_the_band_of_the_binomial() -> None:
    figure = plot_pit(ROWS, "test")
    (axes,) = figure.axes
    bars = [patch for patch in axes.patches if patch.get_label() != "95 % band" and hasattr(patch, "get_height")]
    bars = [bar for bar in bars if np.isclose(bar.get_width(), 0.1)]
    expected = [((OWN["pit"] >= low) & (OWN["pit"] < low + 0.1)).mean() for low in np.arange(10) / 10]
    assert np.allclose([bar.get_height() for bar in bars], 100 * np.array(expected))
    (limits,) = [part for part in axes.collections if len(part.get_paths()) == 2]
    low, high = (path.vertices[0][1] for path in limits.get_paths())
    assert np.allclose((low, high), (binom.ppf(0.025, 200, 0.1) / 2, binom.ppf(0.975, 200, 0.1) / 2))
    assert legend(figure) == ["95 % band", "uniform", "Garch", "LSTM"]
    assert axes.get_title(loc="right") == "200 test targets"


def test_about_95_of_100_shares_of_a_right_distribution_lie_within_the_band() -> None:
    random = np.random.default_rng(0)
    low, high = binomial_band(np.array(LEVELS), 500)
    shares = (random.uniform(size=(400, 500, 1)) < LEVELS).mean(axis=1)
    within = ((low <= shares) & (shares <= high)).mean()
    assert 0.94 < within < 0.98  # a binomial has no band of exactly 95 %


def test_steps_that_overlap_have_a_band_of_fewer_targets() -> None:
    def width(rows: pd.DataFrame) -> float:
        (axes,) = plot_reliability(rows, "test").axes
        return max(band(axes, "95 % band"))

    assert np.isclose(width(of_steps(3)), 100 * (binom.ppf(0.975, 30, LEVELS) / 30 - LEVELS).max())
    assert width(of_steps(3)) > width(of_steps(1))


def test_the_reliability_curve_is_the_share_of_closes_below_each_quantile_less_its_level() -> None:
    figure = plot_reliability(ROWS, "test")
    (axes,) = figure.axes
    for name in WIDTHS:
        rows = ROWS[ROWS["model"] == name]
        by_hand = [100 * (np.mean(rows["actual"] < rows[column]) - float(column)) for column in COLUMNS]
        drawn = line(axes, name)
        assert np.allclose(heights(drawn), by_hand)
        assert np.asarray(drawn.get_xdata()).tolist() == list(LEVELS)
    assert legend(figure) == ["95 % band", "RandomWalk", "Ewma", "Garch", "Har", "LSTM"]


def test_sharpness_is_half_the_width_of_the_90_percent_interval_beside_the_changes() -> None:
    figure = plot_sharpness(ROWS, "test")
    (axes,) = figure.axes
    assert np.allclose(heights(line(axes, "LSTM")), 100 * 1.6448536 * 0.02)
    assert np.allclose(heights(line(axes, "RandomWalk")), 100 * 1.6448536 * 0.05)
    points = np.asarray(axes.collections[0].get_offsets())
    assert np.allclose(points[:, 1], 100 * np.abs(np.log(OWN["actual"] / OWN["last"])))
    held = 100 * ((OWN["actual"] >= OWN["0.05"]) & (OWN["actual"] <= OWN["0.95"])).mean()
    assert axes.get_title(loc="right") == f"90 % intervals hold {held:.1f} %"
    many = plot_sharpness(beside_ladder(800), "test")
    assert "the last 365 of 800 test targets" in many.get_suptitle()
    assert len(heights(line(many.axes[0], "LSTM"))) == 365


def test_the_crps_saved_ends_where_the_density_skill_is() -> None:
    (axes,) = plot_crps(ROWS, "test").axes
    own = crps_of_rows(OWN).sum()
    for rung in ("RandomWalk", "Garch"):
        expected = 100 * (1 - own / crps_of_rows(rows_of_rung(rung)).sum())
        assert np.isclose(heights(line(axes, f"against {rung}"))[-1], expected)
        assert f"{expected:+.1f} % {rung}" in axes.get_title(loc="right")


@pytest.mark.parametrize("plot", DISTRIBUTION_PICTURES.values(), ids=list(DISTRIBUTION_PICTURES))
def test_of_several_series_each_has_a_panel_three_beside_each_other_and_of_many_the_first_few(plot) -> None:  # type: ignore[no-untyped-def]
    figure = plot(of_coins(8), "test", simulated=True)
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert len(shown) == 6
    assert shown[0].get_gridspec().ncols == 3
    assert plot(of_coins(4), "test").axes[0].get_gridspec().ncols == 2
    assert figure.get_suptitle().endswith("; the first 6 of 8 series (SIMULATED)")
    long = plot(of_coins(2).replace({"series": {"COIN0-USD": "a name " * 9}}), "test")
    assert len(long.axes[0].get_title(loc="left")) <= 18


@pytest.mark.parametrize("plot", DISTRIBUTION_PICTURES.values(), ids=list(DISTRIBUTION_PICTURES))
def test_nothing_that_is_drawn_is_missing(plot) -> None:  # type: ignore[no-untyped-def]
    unknown = dict.fromkeys([*COLUMNS, "pit", "log_density"], np.nan)
    walk = ROWS[ROWS["model"] == "RandomWalk"].assign(**unknown)  # as where its distribution could not be fitted
    coins = of_coins(2)
    partly = coins[(coins["series"] == "COIN1-USD") | ~coins["model"].isin(["Garch", "RandomWalk"])]
    for rows in (ROWS, coins, partly, of_steps(3), beside_ladder(1), OWN, pd.concat([OWN, walk])):
        for axes in plot(rows, "test").axes:
            for drawn in axes.lines:
                assert np.isfinite(heights(drawn)).all()
            for part in axes.collections:
                assert all(np.isfinite(path.vertices).all() for path in part.get_paths())


def test_each_rung_has_a_colour_of_its_own_the_harder_the_darker() -> None:
    assert list(LADDER) == list(RUNG_COLORS) == list(RUNG_DASHES)
    luminances = [np.dot([0.2126, 0.7152, 0.0722], to_rgb(color)) for color in RUNG_COLORS.values()]
    blues = luminances[1:]
    assert min(np.abs(np.diff(blues))) > 0.15
    assert blues == sorted(blues, reverse=True)
    assert len({str(dash) for dash in RUNG_DASHES.values()}) == len(RUNG_DASHES)


def test_the_best_rung_has_the_smallest_crps_and_is_not_what_is_judged() -> None:
    assert best_rung(ROWS) == "Garch"
    assert rungs_in(ROWS) == ["RandomWalk", "Ewma", "Garch", "Har"]
    judged = pd.concat([rows_of_rung("Garch"), ROWS[ROWS["model"].isin(["RandomWalk", "Ewma"])]])
    assert (best_rung(judged), rungs_in(judged)) == ("Ewma", ["RandomWalk", "Ewma"])
    assert best_rung(OWN) is None


def test_figures_of_distributions_are_written_only_where_the_judged_model_has_them(tmp_path: Path) -> None:
    rows = beside_ladder(20)
    first = pd.concat([rows[rows["model"] == "Mean"], rows[rows["model"] != "Mean"]])
    assert not is_distribution_judged(first)
    assert save_figures(first, "test", tmp_path) == ["forecast.png", "changes.png", "errors.png"]
    written = save_figures(rows, "test", tmp_path)
    assert written == [f"{name}.png" for name in [*PICTURES, *DISTRIBUTION_PICTURES]]
    assert {path.name for path in tmp_path.iterdir()} == set(written)


@pytest.mark.parametrize("name", ["$x^2$ 模型", "_own name " * 12])
def test_any_name_can_be_drawn(tmp_path: Path, name: str) -> None:
    rows = beside_ladder(20).replace({"model": {"LSTM": name}}).assign(series=name)
    for plot in DISTRIBUTION_PICTURES.values():
        figure = plot(rows, "test")
        write_png(figure, tmp_path / "figure.png")
        assert len(legend(figure)) == len(figure.axes[0].get_legend_handles_labels()[1])


def test_rungs_have_their_colours_also_in_comparisons() -> None:
    rows = ROWS[ROWS["model"] != "Mean"]
    board = compare_rows(rows, repetitions=100, by="crps").pooled
    (axes,) = plot_cumulative(board, losses_of(rows, crps_of_rows), "CRPS").axes
    colors = {str(drawn.get_label()): str(drawn.get_color()) for drawn in axes.lines}
    assert {name: colors[name] for name in ("Ewma", "Garch", "Har")} == {
        name: RUNG_COLORS[name] for name in ("Ewma", "Garch", "Har")
    }
    assert colors["LSTM"] not in RUNG_COLORS.values()


@pytest.mark.parametrize("rows", [ROWS, of_coins(2), of_coins(3)], ids=["one", "two", "three"])
def test_the_legend_fits_into_the_figure_whatever_the_model_is_called(tmp_path: Path, rows: pd.DataFrame) -> None:
    for name in ("fan", "reliability"):
        figure = DISTRIBUTION_PICTURES[name](rows.replace({"model": {"LSTM": "A model with a long name"}}), "test")
        write_png(figure, tmp_path / "figure.png")
        box = figure.legends[0].get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= figure.bbox.x1
