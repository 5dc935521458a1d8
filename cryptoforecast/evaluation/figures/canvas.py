"""Colours and layout that the figures share."""

import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cryptoforecast.atomic import write_atomically
from cryptoforecast.errors import UserError
from cryptoforecast.formatting import plot_label

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACTUAL, WALK, FORECAST = "#1a1a1a", "#cfcfcf", "#d1472f"
# Of the ladder, the harder the darker: told apart by lightness, and from FORECAST also without red or green.
RUNG_COLORS = {"RandomWalk": "#a8a8a8", "Ewma": "#6cb0e6", "Garch": "#2567ad", "Har": "#0c2a52"}
RUNG_DASHES: dict[str, Any] = {
    "RandomWalk": "-",
    "Ewma": (0, (5, 1.5)),
    "Garch": (0, (5, 1.5, 1, 1.5)),
    "Har": (0, (1.5, 1)),
}
MAX_SERIES = 6  # in one figure; more would be too small to read
MAX_COLUMNS = 3
CHARACTERS_PER_INCH, SYMBOL = 12, 7  # of a legend; a symbol is as wide as so many
LONGEST_NAME = 18  # in characters, of a panel among several
FORMATS = {".png": None, ".svg": "Date", ".pdf": "CreationDate"}  # by suffix, with what they say of when it was drawn

DrawSeries = Callable[[pd.DataFrame, "Axes", "Axes"], None]
DrawPanel = Callable[[pd.DataFrame, "Axes"], None]


def rung_style(name: str) -> dict[str, Any]:
    """How the lines of a rung of the ladder are drawn: in one colour and with one dash, in each figure.

    >>> rung_style("Garch")["color"]
    '#2567ad'
    """
    return {"color": RUNG_COLORS[name], "linestyle": RUNG_DASHES[name]}


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


def draw_small_multiples(
    rows: pd.DataFrame, draw: DrawPanel, title: str, shape: tuple[float, float], simulated: bool = False
) -> "Figure":
    """A figure with a panel for each series, at most :data:`MAX_COLUMNS` beside each other, and a legend below all.

    Args:
        rows: forecast rows.
        draw: draws the rows of one series into its panel.
        title: of the whole figure.
        shape: width and height of the panel of a single series, in inches; those of several are smaller.
        simulated: whether the closes are simulated, for the title.
    """
    names = list(rows["series"].unique())
    drawn = names[:MAX_SERIES]
    of_many = f"; the first {len(drawn)} of {len(names)} series" if len(names) > len(drawn) else ""
    parts = {name: rows[rows["series"] == name] for name in drawn}
    return draw_panels(parts, draw, f"{title[:1].upper()}{title[1:]}{of_many}{mark_of(names, simulated)}", shape)


def draw_panels(parts: Mapping[str, pd.DataFrame], draw: DrawPanel, title: str, shape: tuple[float, float]) -> "Figure":
    """A figure with a panel for each part, at most :data:`MAX_COLUMNS` beside each other, and a legend below all.

    Args:
        parts: the forecast rows of each panel, by its title.
        draw: draws the rows of a part into its panel.
        title: of the whole figure.
        shape: as in :func:`draw_small_multiples`.
    """
    from matplotlib.figure import Figure

    columns = 2 if len(parts) == 4 else min(len(parts), MAX_COLUMNS)
    lines = -(-len(parts) // columns)
    width, height = shape if len(parts) == 1 else (0.42 * shape[0] * columns, 0.62 * shape[1] * lines)
    figure = Figure(figsize=(max(width, 6.5), height + 1.0), layout="constrained", dpi=110)
    panels = figure.subplots(lines, columns, squeeze=False).flatten()
    for (name, rows), axes in zip(parts.items(), panels, strict=False):
        draw(rows, axes)
        axes.set_title(plot_label(name, LONGEST_NAME if columns > 1 else 32), loc="left", fontsize="medium")
        tidy(axes)
    for at, axes in enumerate(panels):
        axes.set_visible(at < len(parts))
        axes.yaxis.label.set_visible(at % columns == 0)
        axes.xaxis.label.set_visible(at + columns >= len(parts))
    finish(figure, title)
    return figure


def finish(figure: "Figure", title: str) -> None:
    """Set the title of a whole figure, and below all panels a legend of what the first one shows."""
    figure.suptitle(title, fontsize="medium", fontweight="bold", x=0.01, ha="left")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    if not labels:
        return
    needed = sum(len(label) + SYMBOL for label in labels) / CHARACTERS_PER_INCH
    lines = math.ceil(needed / figure.get_figwidth())
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=math.ceil(len(labels) / lines),
        frameon=False,
        fontsize="small",
    )


def mark_of(names: Iterable[object], simulated: bool) -> str:
    """The end of a title of simulated closes, whose names do not say so; else empty."""
    return " (SIMULATED)" if simulated and not all("SIMULATED" in str(name) for name in names) else ""


def tidy(axes: "Axes") -> None:
    """Remove the upper and the right spine, and add a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def show_dates(axes: "Axes", most: int | None = None) -> None:
    """Label the time axis concisely, with at most so many dates."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    date_format: Any = ConciseDateFormatter
    if most is not None:
        locator: Any = AutoDateLocator
        axes.xaxis.set_major_locator(locator(minticks=min(3, most), maxticks=most))
    axes.xaxis.set_major_formatter(date_format(axes.xaxis.get_major_locator()))


def write_png(figure: "Figure", file: Path | BytesIO) -> None:
    """Write a figure as PNG; ``Figure.savefig`` would draw it twice."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")  # a box is drawn instead
        FigureCanvasAgg(figure).print_png(file)  # type: ignore[no-untyped-call]


def require_format(path: Path) -> None:
    """Check that a figure can be written into a file of this name.

    Raises:
        UserError: naming the suffixes that there are.
    """
    if path.suffix.lower() not in FORMATS:
        raise UserError(f"{path}: a figure is written as PNG, SVG or PDF; let the name end in {', '.join(FORMATS)}.")


def write_figure(figure: "Figure", path: Path) -> None:
    """Write a figure atomically, in the format that the suffix of the file chooses: the same bytes for the same figure.

    Raises:
        UserError: if there is no such format.
        OSError: if the file cannot be written.
    """
    import matplotlib

    require_format(path)
    suffix = path.suffix.lower()
    dated = FORMATS[suffix]
    with warnings.catch_warnings(), matplotlib.rc_context({"svg.hashsalt": "cryptoforecast"}):
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        metadata = {} if dated is None else {dated: None}
        write_atomically(path, lambda file: figure.savefig(file, format=suffix[1:], metadata=metadata))
