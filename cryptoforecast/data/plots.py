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

LINE, GAP = "#1a1a1a", "#d1472f"
LEGIBLE = 200  # gaps drawn at most, the widest


@contextmanager
def default_style() -> Iterator[None]:
    """Matplotlib's defaults, for as long as figures are made and drawn.

    A ``matplotlibrc`` of the working folder may ask for fonts, or for a LaTeX, that are not there.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


def plot_closes(series: CloseSeries) -> "Figure":
    """Closes over time, logarithmic if they grow tenfold, and below them the changes from bar to bar; gaps are red."""
    from matplotlib.dates import ConciseDateFormatter
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 6), layout="constrained", dpi=120)
    above, below = figure.subplots(2, 1, height_ratios=[3, 1], sharex=True)
    parts = stretches(series)
    for part in parts:
        closes = part.to_numpy()
        above.plot(part.index, closes, color=LINE, linewidth=1.0)
        below.plot(part.index[1:], 100 * (closes[1:] / closes[:-1] - 1), color=LINE, linewidth=0.6)
    gaps = sorted(
        ((before.index[-1], after.index[0]) for before, after in pairwise(parts)), key=lambda gap: gap[0] - gap[1]
    )
    for (start, end), axes in product(gaps[:LEGIBLE], (above, below)):
        axes.axvspan(start, end, color=GAP, alpha=0.35)
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
