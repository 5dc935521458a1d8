"""Colours and layout that the figures share."""

import warnings
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACTUAL, WALK, FORECAST = "#1a1a1a", "#cfcfcf", "#d1472f"
MAX_SERIES = 6  # in one figure; more would be too small to read

DrawSeries = Callable[[pd.DataFrame, "Axes", "Axes"], None]


def draw_side_by_side(rows: pd.DataFrame, draw: DrawSeries, widths: tuple[int, int]) -> "Figure":
    """A figure with a row of two panels for each series, at most :data:`MAX_SERIES` of them.

    Args:
        rows: forecast rows.
        draw: draws the rows of one series into its two panels.
        widths: relative widths of the left and the right panel.
    """
    from matplotlib.figure import Figure

    names = list(rows["series"].unique())
    drawn = names[:MAX_SERIES]
    height = 4.4 if len(drawn) == 1 else 3.6 * len(drawn)
    figure = Figure(figsize=(11, height), layout="constrained", dpi=110)
    panels = figure.subplots(len(drawn), 2, width_ratios=widths, squeeze=False)
    for name, (left, right) in zip(drawn, panels, strict=True):
        draw(rows[rows["series"] == name], left, right)
        for axes in (left, right):
            tidy(axes)
    if len(names) > len(drawn):
        figure.suptitle(f"the first {len(drawn)} of {len(names)} series")
    return figure


def tidy(axes: "Axes") -> None:
    """Remove the upper and the right spine, and add a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def show_dates(axes: "Axes") -> None:
    """Label the time axis concisely."""
    from matplotlib.dates import ConciseDateFormatter

    date_format: Any = ConciseDateFormatter
    axes.xaxis.set_major_formatter(date_format(axes.xaxis.get_major_locator()))


def write_png(figure: "Figure", file: Path | BytesIO) -> None:
    """Write a figure as PNG; ``Figure.savefig`` would draw it twice."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a box is drawn instead
        FigureCanvasAgg(figure).print_png(file)  # type: ignore[no-untyped-call]
