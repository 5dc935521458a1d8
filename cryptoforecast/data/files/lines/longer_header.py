"""Headers with more names than the rows have cells, where empty last cells were dropped."""

from collections.abc import Sequence

import numpy as np

from cryptoforecast.data.files.cells.kinds import is_date
from cryptoforecast.data.files.headings.vocabulary import CLOSE, DATE, kind_of
from cryptoforecast.formatting import join_names

BARS = ("Open", "High", "Low", CLOSE)
FEWEST_BARS = 5  # by which the alignment is sure


def cut_to_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """The names of the columns of the rows, if bars show that they are aligned at the left; else none.

    Right of the last price of a bar nothing shows that, so names there are left empty.
    """
    width = len(rows[0])
    kinds = [kind_of(name.strip()) for name in names]
    wanted = (DATE, *BARS)
    if len(names) <= width or len(rows) < FEWEST_BARS or any(kinds.count(kind) != 1 for kind in wanted):
        return []
    places = [kinds.index(kind) for kind in wanted]
    if max(places) >= width or not all(is_date(row[places[0]]) for row in rows):
        return []
    try:
        opened, high, low, close = np.array([[float(row[at]) for at in places[1:]] for row in rows]).T
    except ValueError:
        return []
    highest, lowest = np.maximum(opened, close), np.minimum(opened, close)
    if not ((high >= highest) & (lowest >= low)).all() or not (high > low).any() or (low <= 0).any():
        return []
    return [name if at <= max(places) else "" for at, name in enumerate(names[:width])]


def say_cut(names: Sequence[str], width: int) -> str:
    """A note on the names without cells; empty if there are none."""
    without = [name.strip() for name in names[width:] if name.strip()]
    if not without:
        return ""
    return f"the rows have {width} cells, and the header {len(names)}: {join_names(without)} were taken for empty."
