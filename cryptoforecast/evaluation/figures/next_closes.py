"""A figure of the forecasts of the closes that are not known yet, after the last ones that are."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from cryptoforecast.evaluation.distribution.quantile_columns import has_distribution
from cryptoforecast.evaluation.figures.canvas import (
    ACTUAL,
    FORECAST,
    WALK,
    draw_small_multiples,
    show_dates,
)
from cryptoforecast.evaluation.figures.fan import BANDS, draw_bands
from cryptoforecast.formatting import count_of, format_price, plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KNOWN_CLOSES = 60  # before the forecasts
FEW_STEPS = 3  # whose fan is a narrow wedge, so that bars stand at its end


def plot_next_closes(rows: pd.DataFrame, closes: Mapping[str, pd.Series], simulated: bool = False) -> "Figure":
    """The fan of the next closes after the last sixty known ones: the 50 and 90 % intervals and the median.

    Of a model that forecasts points alone, these are drawn. The random walk is the level of the last close.

    Args:
        rows: of the next closes, as :func:`next_closes` returns them.
        closes: by the name of the series, indexed by time.
        simulated: whether the closes are simulated, for the title.

    Returns:
        A figure with a panel for each series; of many, the first six.

    >>> from cryptoforecast import CloseDataModule, Drift, SimulatedSource, next_closes
    >>> data = CloseDataModule(SimulatedSource(rows=100), context_length=20)
    >>> rows = next_closes(Drift(context_length=20), data)
    >>> plot_next_closes(rows, {"SIMULATED": data.series[0].closes}).get_suptitle()
    'The next close after 2015-04-10, of Drift'
    """

    def draw(forecasts: pd.DataFrame, axes: "Axes") -> None:
        origin, last = forecasts["origin"].iloc[0], float(forecasts["last"].iloc[0])
        known = closes[str(forecasts["series"].iloc[0])].tail(KNOWN_CLOSES)
        times = [origin, *forecasts["timestamp"]]
        axes.plot([known.index[0], times[-1]], [last, last], color=WALK, linewidth=2.5, label="random walk", zorder=1)
        _draw_forecasts(axes, times, last, forecasts)
        dots = {"marker": "o", "markersize": 2.2}
        axes.plot(known.index, known.to_numpy(), color=ACTUAL, linewidth=1.1, label="close", **dots)  # type: ignore[arg-type]
        axes.margins(x=0.02)
        show_dates(axes, 6)
        axes.yaxis.set_major_formatter("{x:,.10g}")
        axes.set_ylabel("close")
        day = f"{_written(times[-1])}: " if rows["series"].nunique() == 1 else ""
        axes.set_title(f"{day}{_in_words(forecasts)}", loc="right", fontsize="small")

    return draw_small_multiples(rows, draw, _title(rows), (10, 5.2), simulated)


def _draw_forecasts(axes: "Axes", times: list[pd.Timestamp], last: float, forecasts: pd.DataFrame) -> None:
    """Draw what is forecast, which begins at the last close."""
    model = plot_label(forecasts["model"].iloc[0], 20)
    if has_distribution(forecasts).all():
        columns = ["0.5", *(column for _, low, high, _ in BANDS for column in (low, high))]
        known = pd.DataFrame([dict.fromkeys(columns, last)])
        draw_bands(axes, times, pd.concat([known, forecasts[columns]], ignore_index=True), model)
        final = forecasts.iloc[-1]
        if len(forecasts) > FEW_STEPS:
            return
        for (_, low, high, _), width in zip(BANDS, (1.2, 3.0), strict=True):
            axes.vlines(times[-1], final[low], final[high], color=FORECAST, linewidth=width)
    else:
        values = [last, *forecasts["forecast"]]
        axes.plot(times, values, color=FORECAST, linewidth=1.2, marker="o", markersize=3, label=model)


def _title(rows: pd.DataFrame) -> str:
    steps, origins = int(rows["step"].max()), rows["origin"].unique()
    closes = "the next close" if steps == 1 else f"the next {count_of(steps, 'close')}"
    after = f" after {_written(rows['origin'].iloc[0])}" if len(origins) == 1 else ""
    return f"{closes}{after}, of {plot_label(rows['model'].iloc[0], 20)}"


def _written(time: pd.Timestamp) -> str:
    return f"{time:%Y-%m-%d}" if time == time.normalize() else f"{time:%Y-%m-%d %H:%M}"


def _in_words(forecasts: pd.DataFrame) -> str:
    """The last forecast in numbers: the median and the 90 % interval."""
    final = forecasts.iloc[-1]
    interval = f", 90 %: {format_price(final['0.05'])} to {format_price(final['0.95'])}" if "0.05" in final else ""
    return f"{format_price(final['forecast'])}{interval}"
