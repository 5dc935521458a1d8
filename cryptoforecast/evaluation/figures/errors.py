"""A figure of a model's errors over time, compared with the random walk's."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.figures.canvas import ACTUAL, FORECAST, WALK, draw_side_by_side, show_dates
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import display_name, format_number, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROLLING_ORIGINS = 30  # in a rolling mean; at most a quarter of all


def plot_errors(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """The rolling RMSE of a model and of the random walk, and the squared error saved so far.

    On the left is the root of the mean of squared errors over the thirty origins up to each. On the right is the
    cumulative difference of squared errors of the random walk and of the model, in percent of the random walk's total
    (Goyal and Welch 2008): it rises where the model is better, and shows whether it was so throughout.

    Args:
        rows: forecast rows, the model's first, the random walk's among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with two panels for each series; of many, the first six.
    """

    def draw(of_series: pd.DataFrame, left: "Axes", right: "Axes") -> None:
        model = str(of_series["model"].iloc[0])
        forecasts, walk = (_squared(of_series[of_series["model"] == name]) for name in (model, RANDOM_WALK))
        title = f"{plot_label(display_name(str(of_series['series'].iloc[0]), simulated))}: RMSE over time, {split}"
        _draw_errors(left, model, forecasts, walk, title)
        _draw_savings(right, model, forecasts, walk)

    return draw_side_by_side(rows, draw, (4, 3))


def _squared(rows: pd.DataFrame) -> pd.Series:
    """Squared errors by origin, averaged over its steps."""
    return np.square(rows["forecast"] - rows["actual"]).groupby(rows["origin"]).mean()


def _draw_errors(axes: "Axes", model: str, forecasts: pd.Series, walk: pd.Series, title: str) -> None:
    span = max(1, min(ROLLING_ORIGINS, len(forecasts) // 4))
    for label, squared, color, width in (("random walk", walk, WALK, 4.0), (model, forecasts, FORECAST, 1.2)):
        rolling = np.sqrt(squared.rolling(span).mean().clip(lower=0.0))
        axes.plot(squared.index.to_numpy(), rolling.to_numpy(), label=plot_label(label), color=color, linewidth=width)
    axes.set_ylim(bottom=0)
    axes.margins(x=0.01)
    show_dates(axes)
    axes.yaxis.set_major_formatter("{x:,.10g}")
    axes.set_ylabel(f"RMSE of the last {span}" if span > 1 else "error")
    axes.set_title(title, loc="left", fontweight="bold", fontsize="medium")
    axes.legend(loc="best", frameon=False, fontsize="small")


def _draw_savings(axes: "Axes", model: str, forecasts: pd.Series, walk: pd.Series) -> None:
    total = float(walk.sum()) or 1.0  # all closes may be equal
    saved = (100 * (walk - forecasts).cumsum() / total).to_numpy()
    axes.axhline(0, color=WALK, linewidth=4.0)
    axes.axhline(0, color=ACTUAL, linewidth=0.8)
    axes.plot(walk.index.to_numpy(), saved, color=FORECAST, linewidth=1.2)
    axes.margins(x=0.01)
    show_dates(axes)
    axes.set_ylabel("%")
    axes.set_title(f"squared error {plot_label(model)} has saved so far", loc="left", fontsize="medium")
    axes.set_title(f"in all {format_number(saved[-1], '+.1f')} %", loc="right", fontsize="medium")
