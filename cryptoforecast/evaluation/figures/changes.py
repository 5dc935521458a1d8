"""The picture that exposes a copy: forecast change against actual change."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.figures.canvas import ACTUAL, FORECAST, WALK, draw_side_by_side
from cryptoforecast.evaluation.lag import LAGS, best_lag, lag_correlations
from cryptoforecast.formatting import display_name, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_POINTS = 20_000  # more are one dark cloud


def plot_changes(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """Forecast change against actual change, and how late the forecast follows.

    On the left each point is a target, the change from the last close that was forecast and the one that came, in
    percent: a forecaster that knows something lies along the diagonal, the random walk is the line at zero. On the
    right are the correlations that :func:`best_lag` chooses from: a copy of the last value stands out at lag 1. Both
    are of the first step of each origin.

    Args:
        rows: forecast rows, the model's first, the random walk's among them.
        split: which targets these are, for the title.
        simulated: whether anybody ever traded at these prices, for the title.
    """

    def draw(of_series: pd.DataFrame, left: "Axes", right: "Axes") -> None:
        own = of_series[(of_series["model"] == str(of_series["model"].iloc[0])) & (of_series["step"] == 1)]
        _draw_changes(
            left, own, f"{plot_label(display_name(str(own['series'].iloc[0]), simulated))}: next close, {split}"
        )
        _draw_lags(right, own)

    return draw_side_by_side(rows, draw, (4, 3))


def _draw_changes(axes: "Axes", own: pd.DataFrame, title: str) -> None:
    foreseen, came = (100 * (own[column] / own["last"] - 1).to_numpy() for column in ("forecast", "actual"))
    agree = np.corrcoef(foreseen, came)[0, 1] if min(np.ptp(foreseen), np.ptp(came)) > 0 else None
    size = 1.05 * max(np.abs(came).max(), 1e-9)
    axes.axhline(0, color=WALK, linewidth=4.0, label="random walk", zorder=1)
    axes.plot([-size, size], [-size, size], color=ACTUAL, linewidth=0.8, linestyle="--", label="knows all", zorder=2)
    axes.scatter(
        came[-MOST_POINTS:],
        foreseen[-MOST_POINTS:],
        s=12,
        color=FORECAST,
        alpha=0.5,
        linewidths=0,
        label=plot_label(own["model"].iloc[0]),
        zorder=3,
    )
    reach = min(max(1.05 * np.abs(foreseen).max(), size), 3 * size)  # of a copy, a flat line is seen to be flat
    axes.set_xlim(-size, size)
    axes.set_ylim(-reach, reach)
    axes.set_xlabel("actual change, %")
    axes.set_ylabel("forecast change, %")
    axes.set_title(title, loc="left", fontweight="bold", fontsize="medium")
    axes.set_title("" if agree is None else f"correlation {agree:+.2f}", loc="right", fontsize="medium")
    axes.legend(loc="upper left", edgecolor="none", fontsize="small")


def _draw_lags(axes: "Axes", own: pd.DataFrame) -> None:
    correlations, found = lag_correlations(own), best_lag(own)
    lags = np.arange(LAGS + 1)
    axes.set_xticks(lags)
    axes.set_ylim(-1, 1)
    axes.axhline(0, color=ACTUAL, linewidth=0.8)
    axes.set_xlabel("forecast follows the closes so many steps late")
    axes.set_ylabel("correlation")
    if correlations is None or found is None:
        axes.set_title("no changes to compare", loc="left", fontsize="medium")
        return
    axes.bar(lags, correlations, color=[FORECAST if lag == found.lag else WALK for lag in lags], zorder=2)
    words = {0: ": foresees", 1: ": a copy of the last value" if found.copy else ""}
    axes.set_title(f"best lag {found.lag}{words.get(found.lag, '')}", loc="left", fontsize="medium")
