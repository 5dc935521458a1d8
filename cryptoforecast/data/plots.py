"""A figure of a close series, and matplotlib's defaults for drawing figures."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

from cryptoforecast.data.cleaning.gaps import stretches
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.formatting import plot_label

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINE_COLOR, GAP_COLOR = "#1a1a1a", "#d1472f"
MOST_GAPS_DRAWN = 200  # the longest ones


@contextmanager
def default_style() -> Iterator[None]:
    """Use matplotlib's defaults while figures are made and drawn, whatever the user's ``matplotlibrc`` says.

    It may ask for fonts or for a LaTeX that are not installed.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


def plot_closes(series: CloseSeries) -> "Figure":
    """Plot closes over time, and below them the changes from bar to bar in percent.

    Gaps are red; the axis of prices is logarithmic if the highest close is more than ten times the lowest.
    """
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained", dpi=120)
    above, below = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    parts = stretches(series)
    for part in parts:
        closes = part.to_numpy()
        above.plot(part.index, closes, color=LINE_COLOR, linewidth=1.0)
        below.plot(part.index[1:], 100 * (closes[1:] / closes[:-1] - 1), color=LINE_COLOR, linewidth=0.6)
    gaps = sorted(
        ((before.index[-1], after.index[0]) for before, after in pairwise(parts)), key=lambda gap: gap[0] - gap[1]
    )
    for (start, end), axes in product(gaps[:MOST_GAPS_DRAWN], (above, below)):
        axes.axvspan(start, end, color=GAP_COLOR, alpha=0.35)
    provenance = series.provenance
    name = (
        f"{provenance.symbol} (SIMULATED)"
        if provenance.simulated and "SIMULATED" not in provenance.symbol
        else provenance.symbol
    )
    split = f", {len(gaps):,} gaps" if gaps else ""
    above.set_title(
        f"{plot_label(name)}: {provenance.rows:,} closes, {series.interval} apart{split}",
        loc="left",
        weight="bold",
    )
    above.set_yscale("log" if series.closes.max() > 10 * series.closes.min() else "linear")
    above.yaxis.set_major_formatter("{x:,.10g}")
    above.set_ylabel("close")
    below.set_ylabel("change in %")
    date_format: Any = ConciseDateFormatter
    below.xaxis.set_major_formatter(date_format(below.xaxis.get_major_locator()))
    for axes in (above, below):
        axes.margins(x=0.01)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    return figure
