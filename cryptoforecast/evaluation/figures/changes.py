"""A figure of forecast against actual changes, which shows whether a forecast copies the last value."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.figures.canvas import ACTUAL, FORECAST, WALK, draw_side_by_side
from cryptoforecast.evaluation.lag import MAX_LAG, best_lag, lag_correlations
from cryptoforecast.evaluation.quantity import noun_of
from cryptoforecast.formatting import display_name, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_POINTS = 20_000  # more cannot be told apart


def plot_changes(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """Forecast against actual changes, and their correlations at each lag.

    Each point on the left is a target: the actual and the forecast change from the last close, in percent. Forecasts
    with skill lie along the diagonal; the random walk is the line at zero. On the right are the correlations of
    :func:`lag_correlations`: that of a copy of the last value is largest at lag 1. Both use the first step of each
    origin.

    Args:
        rows: forecast rows, the model's first, the random walk's among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with two panels for each series; of many, the first six.
    """

    def draw(of_series: pd.DataFrame, left: "Axes", right: "Axes") -> None:
        forecasts = of_series[(of_series["model"] == str(of_series["model"].iloc[0])) & (of_series["step"] == 1)]
        name = plot_label(display_name(str(forecasts["series"].iloc[0]), simulated))
        _draw_changes(left, forecasts, f"{name}: next {noun_of(rows)}, {split}")
        _draw_lags(right, forecasts)

    return draw_side_by_side(rows, draw, (4, 3))


def _draw_changes(axes: "Axes", forecasts: pd.DataFrame, title: str) -> None:
    last = forecasts["last"]
    forecast, actual = (100 * (forecasts[column] / last - 1).to_numpy() for column in ("forecast", "actual"))
    correlation = np.corrcoef(forecast, actual)[0, 1] if min(np.ptp(forecast), np.ptp(actual)) > 0 else None
    size = 1.05 * max(np.abs(actual).max(), 1e-9)
    axes.axhline(0, color=WALK, linewidth=4.0, label="random walk", zorder=1)
    axes.plot([-size, size], [-size, size], color=ACTUAL, linewidth=0.8, linestyle="--", label="knows all", zorder=2)
    axes.scatter(
        actual[-MAX_POINTS:],
        forecast[-MAX_POINTS:],
        s=12,
        color=FORECAST,
        alpha=0.5,
        linewidths=0,
        label=plot_label(forecasts["model"].iloc[0]),
        zorder=3,
    )
    limit = min(max(1.05 * np.abs(forecast).max(), size), 3 * size)  # a flat line stays visibly flat
    axes.set_xlim(-size, size)
    axes.set_ylim(-limit, limit)
    axes.set_xlabel("actual change, %")
    axes.set_ylabel("forecast change, %")
    axes.set_title(title, loc="left", fontweight="bold", fontsize="medium")
    axes.set_title("" if correlation is None else f"correlation {correlation:+.2f}", loc="right", fontsize="medium")
    axes.legend(loc="upper left", edgecolor="none", fontsize="small")


def _draw_lags(axes: "Axes", forecasts: pd.DataFrame) -> None:
    correlations, found = lag_correlations(forecasts), best_lag(forecasts)
    lags = np.arange(MAX_LAG + 1)
    axes.set_xticks(lags)
    axes.set_ylim(-1, 1)
    axes.axhline(0, color=ACTUAL, linewidth=0.8)
    axes.set_xlabel("forecast follows the closes so many steps late")
    axes.set_ylabel("correlation")
    if correlations is None or found is None:
        axes.set_title("no changes to compare", loc="left", fontsize="medium")
        return
    axes.bar(lags, correlations, color=[FORECAST if lag == found.lag else WALK for lag in lags], zorder=2)
    words = {0: ": foresees", 1: ": a copy of the last value" if found.is_copy else ""}
    axes.set_title(f"best lag {found.lag}{words.get(found.lag, '')}", loc="left", fontsize="medium")
