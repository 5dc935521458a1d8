"""Owners of rows whose dates do not overlap: a stock's rows of one year, then another's of a later year."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.files.columns.layout import Layout
from cryptoforecast.data.files.headings.vocabulary import OWNER_NAMES, folded, words
from cryptoforecast.data.files.rows.ticker import Texts, asked_for, keys_of

MOST = 0.5  # different texts per row: more name no owners
LEVEL = 0.2  # of logarithms: closes of one owner seldom step so far, those of two nearly always do
WIDER = 4.0  # times the longest usual step of one owner: a step between two
LONGER = 10.0  # usual intervals: dates of two owners are so far apart, or one owner's market was closed
NO_OWNERS = words(
    """true false yes no y n t f buy sell hold long short flat up down unchanged bull bear bullish bearish in out on off
    open opened close closed spot train test validation val spring summer autumn fall winter q1 q2 q3 q4 b s i d"""
)


def owner_in_turn(
    file: Path,
    layout: Layout,
    rows: pd.Index,
    times: pd.DatetimeIndex,
    closes: np.ndarray,
    symbol: str | None,
    texts: Texts,
) -> tuple[np.ndarray, str] | None:
    """Which rows are the symbol's where a column of words tells owners in turn, and its name; else None.

    A column whose heading says that it names owners does so, unless its closes go on where its words change: a company
    that is renamed is still one. Of any further column, all borders between its words must be borders of series: the
    dates begin anew or leave a gap, or the closes stand on another level. So does one that has the symbol among its
    words.

    Raises:
        UserError: if there are several owners and ``data.source.symbol`` names none of them.
    """
    for at in layout.chosen.words:
        column = texts(at).reindex(rows).astype("str").str.strip().mask(lambda cells: cells == "")
        names = [str(name) for name in column.dropna().unique()]
        if not 1 < len(names) <= MOST * len(rows) or all(folded(name) in NO_OWNERS for name in names):
            continue
        keys = keys_of(names, column, pd.DataFrame({"time": times}, index=rows))
        is_asked_for = symbol is not None and symbol in names
        heads = folded(layout.names[at]) in OWNER_NAMES
        if is_asked_for or _are_borders(column, times, closes, any if heads else all):
            chosen = asked_for(file, keys, symbol)
            return column.isin(chosen).to_numpy(), symbol if symbol in chosen else chosen[0]
    return None


def _are_borders(
    column: pd.Series, times: pd.DatetimeIndex, closes: np.ndarray, enough: Callable[[np.ndarray], bool]
) -> bool:
    """Whether another series begins where the words change: at any such place, or at all."""
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
    usual, widest = np.median(np.abs(steps[inside])), np.abs(steps[inside]).max()
    anew = np.sign(steps) != forward
    apart = (np.abs(steps) > LONGER * usual) & (np.abs(steps) > widest)
    level = moves > max(LEVEL, WIDER * float(np.quantile(moves[inside], 0.99)))
    return bool(enough((anew | apart | level)[borders]))
