"""Several series in a file whose dates do not overlap: rows of one year, then of another series in a later year."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.headings.vocabulary import TICKER_NAMES, folded, words
from cryptoforecast.data.files.rows.ticker import Texts, keys_of, names_of_symbol

MOST_DIFFERENT = 0.5  # texts per row of a column that names series
SMALLEST_LEVEL_CHANGE = 0.2  # of logarithms, between two series; within one it is rare
LEVEL_FACTOR = 4.0  # by which a change between two series exceeds nearly all changes within them
GAP_FACTOR = 10.0  # median steps between the dates of two series
NO_TICKERS = words(
    """true false yes no y n t f buy sell hold long short flat up down unchanged bull bear bullish bearish in out on off
    open opened close closed spot train test validation val spring summer autumn fall winter q1 q2 q3 q4 b s i d"""
)


def ticker_in_turn(
    file: Path,
    layout: Layout,
    rows: pd.Index,
    times: pd.DatetimeIndex,
    closes: np.ndarray,
    symbol: str | None,
    texts: Texts,
) -> tuple[np.ndarray, str] | None:
    """The rows of the symbol as a mask, and its name, if a column of words names series in turn; else None.

    A column with a heading for series names them, unless closes continue where its words change: a company that is
    renamed is still one series. In any other column, all changes of words must be borders of series: the dates begin
    again or leave a gap, or the closes change their level. A column with the symbol among its words names series too.

    Raises:
        UserError: if there are several series and ``data.source.symbol`` names none of them.
    """
    for at in layout.chosen.words:
        column = texts(at).reindex(rows).astype("str").str.strip().mask(lambda cells: cells == "")
        names = [str(name) for name in column.dropna().unique()]
        if not 1 < len(names) <= MOST_DIFFERENT * len(rows) or all(folded(name) in NO_TICKERS for name in names):
            continue
        keys = keys_of(names, column, pd.DataFrame({"time": times}, index=rows))
        is_names_of_symbol = symbol is not None and symbol in names
        heads = folded(layout.names[at]) in TICKER_NAMES
        if is_names_of_symbol or _are_borders(column, times, closes, any if heads else all):
            chosen = names_of_symbol(file, keys, symbol)
            return column.isin(chosen).to_numpy(), symbol if symbol in chosen else chosen[0]
    return None


def _are_borders(
    column: pd.Series, times: pd.DatetimeIndex, closes: np.ndarray, enough: Callable[[np.ndarray], bool]
) -> bool:
    """Whether another series begins where the words change: at any such place, or at all, by ``enough``."""
    kept = column.notna().to_numpy() & times.notna() & (closes > 0)
    codes = pd.factorize(column[kept])[0]
    borders = np.diff(codes) != 0
    if not borders.any():
        return False
    steps, moves = np.diff(times[kept].asi8).astype("float64"), np.abs(np.diff(np.log(closes[kept])))
    inside = ~borders
    if not inside.any():
        return False
    forward = np.sign(np.median(steps[inside]))
    median_step, widest = np.median(np.abs(steps[inside])), np.abs(steps[inside]).max()
    begin_again = np.sign(steps) != forward
    far_apart = (np.abs(steps) > GAP_FACTOR * median_step) & (np.abs(steps) > widest)
    level = moves > max(SMALLEST_LEVEL_CHANGE, LEVEL_FACTOR * float(np.quantile(moves[inside], 0.99)))
    return bool(enough((begin_again | far_apart | level)[borders]))
