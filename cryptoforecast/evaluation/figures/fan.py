"""A figure of forecast distributions and actual closes over time, beside the ladder's best rung."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from cryptoforecast.evaluation.figures.canvas import (
    ACTUAL,
    FORECAST,
    draw_small_multiples,
    finish,
    mark_of,
    rung_style,
    show_dates,
    tidy,
)
from cryptoforecast.evaluation.figures.distribution_rows import (
    best_rung,
    crps_by_model,
    judged_rows,
    last_step,
    rungs_in,
    step_ahead,
)
from cryptoforecast.evaluation.quantity import noun_of
from cryptoforecast.formatting import format_number, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TARGETS, CLOSE_UP_TARGETS = 365, 60  # of a wide panel, and of one where single targets can be told apart
BANDS = (("90 %", "0.05", "0.95", 0.20), ("50 %", "0.25", "0.75", 0.35))  # with how opaque they are drawn


def plot_fan(rows: pd.DataFrame, split: str, simulated: bool = False) -> "Figure":
    """Actual closes within the 50 and 90 % intervals that were forecast, beside the 90 % interval of the best rung.

    The best rung is that of the smallest mean CRPS. Of one series the last 365 targets are above and the last sixty
    below; of several, each has a panel of the last sixty. For a horizon longer than one, the last step is drawn.

    Args:
        rows: forecast rows with quantiles, the model's first, those of the ladder among them.
        split: ``val`` or ``test``, for the title.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with a panel for each series, of a single one with two; of many, the first six.
    """
    rung, several, count = best_rung(rows), rows["series"].nunique() > 1, len(last_step(judged_rows(rows)))
    what = f"fan, {step_ahead(rows)}"

    def draw(of_series: pd.DataFrame, axes: "Axes") -> None:
        _draw(axes, of_series, rung, CLOSE_UP_TARGETS)
        show_dates(axes, 5)
        axes.set_title(_scores(last_step(of_series), rung), loc="right", fontsize="small")

    if several:
        most = min(CLOSE_UP_TARGETS, int(judged_rows(rows).groupby("series")["origin"].nunique().max()))
        return draw_small_multiples(rows, draw, f"{what}: the last {most} {split} targets", (10, 5.2), simulated)

    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 7.2), layout="constrained", dpi=110)
    wide, close_up = figure.subplots(2, 1, height_ratios=[3, 2.4])
    for axes, most in ((wide, MOST_TARGETS), (close_up, CLOSE_UP_TARGETS)):
        _draw(axes, rows, rung, most)
        show_dates(axes)
        tidy(axes)
    stretch = f"the last {MOST_TARGETS} of {count:,}" if count > MOST_TARGETS else f"{count:,}"
    wide.set_title(_scores(last_step(rows), rung), loc="right", fontsize="medium")
    close_up.set_title(f"the last {min(CLOSE_UP_TARGETS, count)}", loc="left", fontsize="medium")
    series = str(rows["series"].iloc[0])
    finish(figure, f"{plot_label(series)}: {what}, {stretch} {split} targets{mark_of([series], simulated)}")
    return figure


def draw_bands(axes: "Axes", times: Sequence[pd.Timestamp], rows: pd.DataFrame, label: str) -> None:
    """Draw the intervals and the median of a model's forecasts.

    Args:
        axes: where to draw.
        times: of the rows.
        rows: with quantiles.
        label: the name of the model.
    """
    for words, low, high, alpha in BANDS:
        axes.fill_between(
            times,
            rows[low].to_numpy(),
            rows[high].to_numpy(),
            color=FORECAST,
            alpha=alpha,
            linewidth=0,
            label=f"{label}: {words}",
        )
    axes.plot(times, rows["0.5"].to_numpy(), color=FORECAST, linewidth=1.0, label=f"{label}: median")


def _draw(axes: "Axes", rows: pd.DataFrame, rung: str | None, most: int) -> None:
    drawn = last_step(rows)
    forecasts = judged_rows(drawn).tail(most)
    times = forecasts["timestamp"].tolist()
    draw_bands(axes, times, forecasts, plot_label(forecasts["model"].iloc[0], 20))
    if rung in rungs_in(rows):
        beside = drawn[drawn["model"] == rung].tail(most)
        for column, label in (("0.05", f"{rung}: 90 %"), ("0.95", None)):
            axes.plot(
                times,
                beside[column].to_numpy(),
                linewidth=1.1 if most <= CLOSE_UP_TARGETS else 0.7,
                label=label,
                **rung_style(rung),
            )
    dots = {"marker": "o", "markersize": 2.2} if most <= CLOSE_UP_TARGETS else {}
    axes.plot(times, forecasts["actual"].to_numpy(), color=ACTUAL, linewidth=1.1, label="actual", **dots)  # type: ignore[arg-type]
    axes.yaxis.set_major_formatter("{x:,.10g}")
    axes.set_ylabel(noun_of(rows))
    axes.margins(x=0.01)


def _scores(rows: pd.DataFrame, rung: str | None) -> str:
    """The CRPS of the model and of the rung, as a title."""
    means = crps_by_model(rows)
    beside = "" if rung not in means else f", {rung} {format_number(means[rung], '.3f')} %"
    return f"CRPS {format_number(means[str(rows['model'].iloc[0])], '.3f')} %{beside}"
