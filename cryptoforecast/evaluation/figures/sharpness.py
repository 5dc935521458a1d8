"""A figure of how wide forecast intervals are over time, beside how far closes have moved."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cryptoforecast.evaluation.figures.canvas import (
    ACTUAL,
    FORECAST,
    draw_small_multiples,
    rung_style,
    show_dates,
)
from cryptoforecast.evaluation.figures.distribution_rows import best_rung, judged_rows, last_step, rungs_in, step_ahead
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TARGETS = 365  # of a panel, in which more lines would be a smear


def plot_sharpness(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """Half the width of the 90 % interval of the forecast change, and the absolute change, over time.

    About one in ten dots is above the line of a distribution that is right, and they rise and fall with the line of one
    that knows when the close moves far. The random walk's is constant. The last 365 targets are drawn, for a horizon
    longer than one of the last step. The share of actual closes within the interval, in the title, is of all targets.

    Args:
        rows: forecast rows with quantiles, the model's first, those of the ladder among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with a panel for each series; of many, the first six.
    """
    best = best_rung(rows)

    def draw(of_series: pd.DataFrame, axes: "Axes") -> None:
        drawn = last_step(of_series)
        every = judged_rows(drawn)
        forecasts = every.tail(MOST_TARGETS)
        times = forecasts["timestamp"].tolist()
        moved = 100 * np.abs(np.log(forecasts["actual"] / forecasts["last"])).to_numpy()
        axes.scatter(times, moved, s=9, color=ACTUAL, alpha=0.4, linewidths=0, label="|change|")
        for rung in [name for name in rungs_in(of_series) if name in (RANDOM_WALK, best)]:
            beside = drawn[drawn["model"] == rung].tail(MOST_TARGETS)
            axes.plot(times, half_width(beside), label=rung, linewidth=1.1, **rung_style(rung))
        model = plot_label(forecasts["model"].iloc[0], 20)
        axes.plot(times, half_width(forecasts), color=FORECAST, linewidth=1.0, label=model)
        held = 100 * every["actual"].between(every["0.05"], every["0.95"]).mean()
        axes.set_ylim(bottom=0)
        axes.margins(x=0.01)
        show_dates(axes, 6)
        axes.set_ylabel("log change, %")
        axes.set_title(f"90 % intervals hold {held:.1f} %", loc="right", fontsize="small")

    counts = last_step(judged_rows(rows)).groupby("series").size()
    of_all = f" of {counts.iloc[0]:,}" if len(counts) == 1 else ""
    stretch = f"the last {MOST_TARGETS}{of_all}" if counts.max() > MOST_TARGETS else f"{counts.max():,}"
    title = f"sharpness, {step_ahead(rows)}, {stretch} {split} targets: half the 90 % interval against |change|"
    return draw_small_multiples(rows, draw, title, (10, 4.6), simulated)


def half_width(rows: pd.DataFrame) -> np.ndarray:
    """Half the width of the 90 % interval of the log change, in percent."""
    widths: np.ndarray = 50 * np.log(rows["0.95"] / rows["0.05"]).to_numpy()
    return widths
