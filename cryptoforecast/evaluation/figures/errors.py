"""Error over time, against the random walk's."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.figures.canvas import ACTUAL, FORECAST, WALK, draw_side_by_side, show_dates
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import display_name, format_number, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROLLING = 30  # origins in a running mean; fewer where there are few


def plot_errors(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """A model's error over time beside the random walk's, and the sum of what it is ahead.

    On the left is the root of the running mean of squared errors, over the thirty origins up to each. On the right
    is what the model has saved so far of the random walk's squared errors, in percent of their whole sum (Goyal and
    Welch 2008): it rises where the model is the better one, and shows whether it was so all along or one week.

    Args:
        rows: forecast rows, the model's first, the random walk's among them.
        split: which targets these are, for the title.
        simulated: whether anybody ever traded at these prices, for the title.
    """

    def draw(of_series: pd.DataFrame, left: "Axes", right: "Axes") -> None:
        model = str(of_series["model"].iloc[0])
        own, walk = (_squared(of_series[of_series["model"] == name]) for name in (model, RANDOM_WALK))
        title = f"{plot_label(display_name(str(of_series['series'].iloc[0]), simulated))}: RMSE over time, {split}"
        _draw_errors(left, model, own, walk, title)
        _draw_savings(right, model, own, walk)

    return draw_side_by_side(rows, draw, (4, 3))


def _squared(rows: pd.DataFrame) -> pd.Series:
    """Squared errors by origin, the mean over its steps."""
    return np.square(rows["forecast"] - rows["actual"]).groupby(rows["origin"]).mean()


def _draw_errors(axes: "Axes", model: str, own: pd.Series, walk: pd.Series, title: str) -> None:
    span = max(1, min(ROLLING, len(own) // 4))
    for label, squared, color, width in (("random walk", walk, WALK, 4.0), (model, own, FORECAST, 1.2)):
        rolling = np.sqrt(squared.rolling(span).mean().clip(lower=0.0))
        axes.plot(squared.index.to_numpy(), rolling.to_numpy(), label=plot_label(label), color=color, linewidth=width)
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    show_dates(axes)
    axes.yaxis.set_major_formatter("{x:,.10g}")
    axes.set_ylabel(f"RMSE of the last {span}" if span > 1 else "error")
    axes.set_title(title, loc="left", fontweight="bold", fontsize="medium")
    axes.legend(loc="best", frameon=False, fontsize="small")


def _draw_savings(axes: "Axes", model: str, own: pd.Series, walk: pd.Series) -> None:
    total = float(walk.sum()) or 1.0  # closes may stand still
    saved = (100 * (walk - own).cumsum() / total).to_numpy()
    axes.axhline(0, color=WALK, linewidth=4.0)
    axes.axhline(0, color=ACTUAL, linewidth=0.8)
    axes.plot(walk.index.to_numpy(), saved, color=FORECAST, linewidth=1.2)
    axes.margins(x=0.01)
    show_dates(axes)
    axes.set_ylabel("%")
    axes.set_title(f"squared error {plot_label(model)} has saved so far", loc="left", fontsize="medium")
    axes.set_title(f"in all {format_number(saved[-1], '+.1f')} %", loc="right", fontsize="medium")
