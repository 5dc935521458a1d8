"""Figures of whether forecast probabilities hold: the PIT histogram and the reliability curve."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.distribution.quantile_columns import QUANTILES
from cryptoforecast.evaluation.figures.canvas import (
    ACTUAL,
    FORECAST,
    draw_small_multiples,
    rung_style,
)
from cryptoforecast.evaluation.figures.distribution_rows import (
    best_rung,
    judged_rows,
    last_step,
    rungs_in,
    step_ahead,
)
from cryptoforecast.formatting import plot_label
from cryptoforecast.quantiles import LEVELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MANY_TARGETS = 500  # from which on there are twenty bars instead of ten
PALE = "#eba899"  # FORECAST, mixed with white, for bars that a grid does not shine through
BAND = (0.025, 0.975)


def plot_pit(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """The histogram of the PIT: the forecast probabilities of smaller closes than the actual ones.

    It is flat for a distribution that is right: 95 of 100 bars of a right one are within the band, which is binomial.
    It is a hump where intervals are too wide, and a valley where they are too narrow. For a horizon longer than one,
    the last step is drawn, and the band is that of as many targets as do not overlap.

    Args:
        rows: forecast rows with quantiles, the model's first, those of the ladder among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with a panel for each series; of many, the first six.

    References:
        Diebold, Gunther and Tay (1998), Evaluating Density Forecasts, International Economic Review 39(4), 863-883.
    """
    rung = best_rung(rows)

    def draw(of_series: pd.DataFrame, axes: "Axes") -> None:
        drawn = last_step(of_series)
        draw_pit(drawn, axes, _apart(drawn), rung if rung in rungs_in(of_series) else None)
        axes.set_title(f"{judged_rows(drawn)['pit'].count():,} {split} targets", loc="right", fontsize="small")

    return draw_small_multiples(rows, draw, f"PIT histogram, {step_ahead(rows)}", (8, 4.6), simulated)


def plot_reliability(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """The reliability curve: the share of closes below each of the 21 quantiles, less the level of the quantile.

    A distribution that is right is within the band, which is binomial, at 95 of 100 levels. Below zero on the left and
    above it on the right, intervals are too wide; the other way about, too narrow. For a horizon longer than one, the
    last step is drawn, and the band is that of as many targets as do not overlap.

    Args:
        rows: forecast rows with quantiles, the model's first, those of the ladder among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with a panel for each series; of many, the first six.
    """

    def draw(of_series: pd.DataFrame, axes: "Axes") -> None:
        drawn = last_step(of_series)
        draw_reliability(drawn, axes, _apart(drawn), rungs_in(of_series))
        axes.set_title(f"{len(judged_rows(drawn)):,} {split} targets", loc="right", fontsize="small")

    return draw_small_multiples(rows, draw, f"reliability, {step_ahead(rows)}", (8, 4.8), simulated)


def draw_pit(drawn: pd.DataFrame, axes: "Axes", count: int, rung: str | None, model: str = "") -> None:
    """Draw the PIT histogram of a model, and that of a rung of the ladder, into a panel.

    Args:
        drawn: rows of one step, the model's first.
        axes: the panel.
        count: of independent targets, for the band.
        rung: None to draw none.
        model: its name in the legend; by default that in the rows.
    """
    label = plot_label(model or drawn["model"].iloc[0], 20)
    values = judged_rows(drawn)["pit"].dropna().to_numpy()
    edges = np.linspace(0, 1, (20 if len(values) >= MANY_TARGETS else 10) + 1)
    shares = _shares(values, edges)
    bars: dict[str, Any] = {"align": "edge", "color": PALE, "edgecolor": "white", "linewidth": 0.8, "label": label}
    axes.bar(edges[:-1], shares, width=np.diff(edges), **bars)
    low, high = (100 * float(limit) for limit in binomial_band(1 / (len(edges) - 1), count))
    axes.axhspan(low, high, color=ACTUAL, alpha=0.13, linewidth=0, zorder=0, label="95 % band")
    axes.hlines([low, high], 0, 1, color=ACTUAL, linewidth=0.8)
    axes.axhline(100 / (len(edges) - 1), color=ACTUAL, linewidth=0.8, linestyle="--", label="uniform")
    if rung is not None:
        heights = _shares(drawn["pit"][drawn["model"] == rung].dropna().to_numpy(), edges)
        axes.stairs(heights, edges, baseline=None, label=rung, linewidth=1.5, **rung_style(rung))
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("PIT")
    axes.set_ylabel("targets, %")


def draw_reliability(drawn: pd.DataFrame, axes: "Axes", count: int, rungs: Sequence[str], model: str = "") -> None:
    """Draw the reliability curve of a model, and those of rungs of the ladder, into a panel.

    Args:
        drawn: rows of one step, the model's first.
        axes: the panel.
        count: of independent targets, for the band.
        rungs: those to draw.
        model: its name in the legend; by default that in the rows.
    """
    label = plot_label(model or drawn["model"].iloc[0], 20)
    levels = np.array(LEVELS)
    low, high = (100 * (limit - levels) for limit in binomial_band(levels, count))
    axes.fill_between(levels, low, high, color=ACTUAL, alpha=0.13, linewidth=0, label="95 % band")
    axes.axhline(0, color=ACTUAL, linewidth=0.8, linestyle="--")
    for rung in rungs:
        axes.plot(levels, excess(drawn[drawn["model"] == rung]), label=rung, linewidth=1.4, **rung_style(rung))
    line: dict[str, Any] = {"color": FORECAST, "linewidth": 1.8, "marker": "o", "markersize": 3, "label": label}
    axes.plot(levels, excess(judged_rows(drawn)), **line)
    axes.set_xlim(0, 1)
    axes.set_xlabel("level of the quantile")
    axes.set_ylabel("closes below it, less the level, points")


def excess(rows: pd.DataFrame) -> np.ndarray:
    """The share of actual closes below each quantile less its level, in percentage points."""
    below = rows["actual"].to_numpy()[:, None] < rows[QUANTILES].to_numpy()
    points: np.ndarray = 100 * (below.mean(axis=0) - np.array(LEVELS))
    return points


def binomial_band(share: float | np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The limits within which a share of independent targets is found in 95 of 100 cases.

    Args:
        share: the true one.
        count: of the targets.

    >>> [round(float(limit), 3) for limit in binomial_band(0.1, 350)]
    [0.069, 0.131]
    """
    from scipy.stats import binom

    low, high = (np.asarray(binom.ppf(level, count, share)) / count for level in BAND)
    return low, high


def _apart(rows: pd.DataFrame) -> int:
    """The count of the model's targets of one step that do not overlap."""
    return max(1, len(judged_rows(rows)) // int(rows["step"].iloc[0]))


def _shares(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Percentages of values between the edges."""
    counts, _ = np.histogram(values, edges)
    shares: np.ndarray = 100 * counts / max(len(values), 1)
    return shares
