"""What the pictures have in common: colours, and a row of panels for each series."""

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
MOST_SERIES = 6  # in one picture; more would be too small to read

DrawSeries = Callable[[pd.DataFrame, "Axes", "Axes"], None]


def draw_side_by_side(rows: pd.DataFrame, draw: DrawSeries, widths: tuple[int, int]) -> "Figure":
    """A figure with two panels beside each other for each series; of many series, the first few.

    Args:
        rows: forecast rows.
        draw: draws the rows of one series into its two panels.
        widths: how broad the left panel is to the right one.
    """
    from matplotlib.figure import Figure

    names = list(rows["series"].unique())
    drawn = names[:MOST_SERIES]
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
    """No frame where nothing is to be read, and a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def show_dates(axes: "Axes") -> None:
    """As few words on the axis of time as will do."""
    from matplotlib.dates import ConciseDateFormatter

    date_format: Any = ConciseDateFormatter
    axes.xaxis.set_major_formatter(date_format(axes.xaxis.get_major_locator()))


def write_png(figure: "Figure", file: Path | BytesIO) -> None:
    """Write a figure as PNG; ``Figure.savefig`` would lay out and draw it twice."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a box stands where a font lacks a letter
        FigureCanvasAgg(figure).print_png(file)  # type: ignore[no-untyped-call]
