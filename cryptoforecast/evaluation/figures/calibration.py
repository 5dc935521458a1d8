"""Figures of whether forecast probabilities hold: the PIT histogram and the reliability curve."""

from typing import TYPE_CHECKING

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
        model = str(drawn["model"].iloc[0])
        values = judged_rows(drawn)["pit"].dropna().to_numpy()
        edges = np.linspace(0, 1, (20 if len(values) >= MANY_TARGETS else 10) + 1)
        axes.bar(
            edges[:-1],
            _shares(values, edges),
            width=np.diff(edges),
            align="edge",
            color=PALE,
            edgecolor="white",
            linewidth=0.8,
            label=plot_label(model, 20),
        )
        low, high = (100 * float(limit) for limit in binomial_band(1 / (len(edges) - 1), _apart(drawn)))
        axes.axhspan(low, high, color=ACTUAL, alpha=0.13, linewidth=0, zorder=0, label="95 % band")
        axes.hlines([low, high], 0, 1, color=ACTUAL, linewidth=0.8)
        axes.axhline(100 / (len(edges) - 1), color=ACTUAL, linewidth=0.8, linestyle="--", label="uniform")
        if rung in rungs_in(of_series):
            beside = drawn[drawn["model"] == rung]["pit"].dropna().to_numpy()
            heights, style = _shares(beside, edges), rung_style(rung)
            axes.stairs(heights, edges, baseline=None, label=rung, linewidth=1.5, **style)
        axes.set_xlim(0, 1)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("PIT")
        axes.set_ylabel("targets, %")
        axes.set_title(f"{len(values):,} {split} targets", loc="right", fontsize="small")

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
        levels = np.array(LEVELS)
        low, high = binomial_band(levels, _apart(drawn))
        axes.fill_between(
            levels,
            100 * (low - levels),
            100 * (high - levels),
            color=ACTUAL,
            alpha=0.13,
            linewidth=0,
            label="95 % band",
        )
        axes.axhline(0, color=ACTUAL, linewidth=0.8, linestyle="--")
        for rung in rungs_in(of_series):
            beside = excess(drawn[drawn["model"] == rung])
            axes.plot(levels, beside, label=rung, linewidth=1.4, **rung_style(rung))
        forecasts = judged_rows(drawn)
        model = plot_label(forecasts["model"].iloc[0], 20)
        axes.plot(levels, excess(forecasts), color=FORECAST, linewidth=1.8, marker="o", markersize=3, label=model)
        axes.set_xlim(0, 1)
        axes.set_xlabel("level of the quantile")
        axes.set_ylabel("closes below it, less the level, points")
        axes.set_title(f"{len(forecasts):,} {split} targets", loc="right", fontsize="small")

    return draw_small_multiples(rows, draw, f"reliability, {step_ahead(rows)}", (8, 4.8), simulated)


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
