"""A figure of forecast and actual closes over time, with the random walk beneath."""

from typing import TYPE_CHECKING, Any

import pandas as pd

from cryptoforecast.evaluation.figures.canvas import ACTUAL, FORECAST, MAX_SERIES, WALK, show_dates, tidy
from cryptoforecast.evaluation.figures.distribution_rows import step_ahead
from cryptoforecast.evaluation.metrics import RANDOM_WALK, scores
from cryptoforecast.evaluation.quantity import noun_of
from cryptoforecast.formatting import display_name, format_number, format_price, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

CLOSE_UP_TARGETS = 60  # in the second panel, where the lines can be told apart


def plot_forecast(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """Forecast, actual and random walk over time: all targets above, the last sixty below.

    For a horizon longer than one, the last step is drawn, which is the hardest to forecast. With several series, each
    has a row: all targets on the left and the last sixty on the right.

    Args:
        rows: forecast rows, the model's first, the random walk's among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with two panels for each series; of many, the first six.
    """
    from matplotlib.figure import Figure

    names = list(rows["series"].unique())
    if len(names) == 1:
        figure = Figure(figsize=(10, 6.5), layout="constrained", dpi=120)
        all_targets, close_up = figure.subplots(2, 1, height_ratios=[3, 2])
        _draw_series(rows, split, simulated, all_targets, close_up)
        return figure
    drawn = names[:MAX_SERIES]
    figure = Figure(figsize=(13, 3.2 * len(drawn)), layout="constrained", dpi=110)
    panels = figure.subplots(len(drawn), 2, width_ratios=[3, 2])
    for name, (all_targets, close_up) in zip(drawn, panels, strict=True):
        _draw_series(rows[rows["series"] == name], split, simulated, all_targets, close_up)
    if len(names) > len(drawn):
        figure.suptitle(f"the first {len(drawn)} of {len(names)} series")
    return figure


def _draw_series(rows: pd.DataFrame, split: str, simulated: bool, all_targets: "Axes", close_up: "Axes") -> None:
    table, model, step = scores(rows), str(rows["model"].iloc[0]), int(rows["step"].max())
    drawn = rows[rows["step"] == step]
    forecasts, walk = drawn[drawn["model"] == model], drawn[drawn["model"] == RANDOM_WALK]
    for axes, last in ((all_targets, len(forecasts)), (close_up, CLOSE_UP_TARGETS)):
        _draw(axes, forecasts.tail(last), walk.tail(last), table)
    skill = table[model]["skill"]
    name, count = plot_label(display_name(forecasts["series"].iloc[0], simulated)), (rows["model"] == model).sum()
    all_targets.set_title(
        f"{name}: {step_ahead(rows)}, {count:,} {split} targets",
        loc="left",
        fontweight="bold",
    )
    steps = "" if step == 1 else f" over all {step} steps"
    all_targets.set_title(
        f"skill {format_number(skill, '+.4f')}{steps} (random walk: 0)", loc="right", fontsize="medium"
    )
    all_targets.legend(loc="best", frameon=False)
    close_up.set_title(f"the last {min(CLOSE_UP_TARGETS, len(forecasts))}", loc="left", fontsize="medium")


def _draw(axes: "Axes", forecasts: pd.DataFrame, walk: pd.DataFrame, table: Any) -> None:
    model = str(forecasts["model"].iloc[0])
    lines = {  # the random walk is drawn wide, so that a copy of it does not hide it
        f"random walk (RMSE {format_price(table[RANDOM_WALK]['rmse'])})": (walk["forecast"], WALK, 4.0),
        "actual": (forecasts["actual"], ACTUAL, 1.4),
        f"{plot_label(model)} (RMSE {format_price(table[model]['rmse'])})": (forecasts["forecast"], FORECAST, 1.2),
    }
    for label, (values, color, width) in lines.items():
        axes.plot(forecasts["timestamp"], values.to_numpy(), label=label, color=color, linewidth=width)
    show_dates(axes)
    axes.yaxis.set_major_formatter("{x:,.10g}")
    axes.set_ylabel(noun_of(forecasts))
    axes.margins(x=0.01)
    tidy(axes)
