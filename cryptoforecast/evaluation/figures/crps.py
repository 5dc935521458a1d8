"""A figure of the CRPS that a model has saved over time, against the random walk and the ladder's best rung."""

from typing import TYPE_CHECKING

import pandas as pd

from cryptoforecast.evaluation.distribution.density import crps_of_rows
from cryptoforecast.evaluation.figures.canvas import (
    ACTUAL,
    RUNG_COLORS,
    draw_small_multiples,
    show_dates,
)
from cryptoforecast.evaluation.figures.distribution_rows import best_rung, judged_rows, rungs_in
from cryptoforecast.evaluation.metrics import RANDOM_WALK
from cryptoforecast.formatting import format_number, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_crps(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """The cumulative difference of the CRPS of a rung and of the model, in percent of the rung's total.

    It rises where the model's distribution is better than the rung's, and shows whether it was so throughout. It ends
    at 1 - CRPS / CRPS of the rung: against the random walk, that is the density skill.

    Args:
        rows: forecast rows with quantiles, the model's first, those of the ladder among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with a panel for each series; of many, the first six.
    """
    best, model = best_rung(rows), str(rows["model"].iloc[0])

    def draw(of_series: pd.DataFrame, axes: "Axes") -> None:
        forecasts, ends = by_origin(judged_rows(of_series)), []
        axes.axhline(0, color=ACTUAL, linewidth=0.8)
        for rung in [name for name in rungs_in(of_series) if name in (RANDOM_WALK, best)]:
            losses = by_origin(of_series[of_series["model"] == rung])
            saved = 100 * (losses - forecasts).cumsum() / (float(losses.sum()) or 1.0)
            axes.plot(saved.index.to_numpy(), saved.to_numpy(), color=RUNG_COLORS[rung], linewidth=1.6,
                      label=f"against {rung}")  # fmt: skip
            ends.append(f"{format_number(round(float(saved.iloc[-1]), 1) + 0.0, '+.1f')} % {rung}")
        axes.margins(x=0.01)
        show_dates(axes, 6)
        axes.set_ylabel("%")
        axes.set_title(", ".join(ends), loc="right", fontsize="small")

    title = f"CRPS that {plot_label(model, 20)} has saved so far, {split} targets"
    return draw_small_multiples(rows, draw, title, (10, 4.4), simulated)


def by_origin(rows: pd.DataFrame) -> pd.Series:
    """The CRPS by origin, averaged over its steps."""
    return pd.Series(crps_of_rows(rows)).groupby(rows["origin"].to_numpy()).mean()
