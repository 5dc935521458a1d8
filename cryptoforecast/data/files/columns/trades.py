"""Trades, quotes and order books: rows at any moment, not a close an interval."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.files.cells.kinds import is_epoch
from cryptoforecast.data.files.cells.numbers import Unreadable
from cryptoforecast.data.files.columns.first_rows import FirstRows
from cryptoforecast.data.files.dates.epochs import read_numeric_times
from cryptoforecast.data.files.headings.labels import CLOSES, Label
from cryptoforecast.data.files.headings.vocabulary import CLOSE, folded, words
from cryptoforecast.errors import UserError

_TRADES = """tradeid tid aggtradeid aggregatetradeid firsttradeid trdmatchid side takerside takersidesell makerside
    isbuyer isbuyermaker isbuyerthemaker buyermaker ismaker maker aggressor aggressorside tickdirection sidebuy
    ordertype makerorderid takerorderid buyorderid sellorderid buyerorderid sellerorderid"""
TRADES = frozenset(_TRADES.split())
FLAGS = frozenset({"true", "false"})
QUOTES = re.compile(r"(?:best|top)?(?:bid|ask)s?[0-9]*(?:price|px|rate)?[0-9]*")
SIZES = words("amount qty quantity size sz baseqty quoteqty tradesize lastsize basesize")
NEARLY = 0.05  # of the usual step: bars of a table with a column of trades would be as even
RANGE = ("Open", "High", "Low")
A_MINUTE = 60 * 10**9  # nanoseconds; trades of a market that lives follow each other sooner
SAMPLE = 10_000  # rows by which times are judged
HARDLY = 0.25  # of the steps: bars that are left out where nobody traded are more often one step apart
A_SECOND = 10**9  # nanoseconds
FEWEST = 10  # of them, where no heading says what they are
UNITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}  # by the digits of an epoch


def refuse_quotes(file: Path, labels: Sequence[Label]) -> None:
    """Refuse a table that has bids and asks and no close.

    Raises:
        UserError: saying so, and what is wanted.
    """
    quotes = [label.text for label in labels if QUOTES.fullmatch(folded(label.text))]
    if len(quotes) > 1 and not any(label.kind == CLOSE for label in labels):
        raise UserError(
            f"{file}: these are quotes or an order book (columns {quotes[0]} and {quotes[1]}), which have no close; "
            "bars are wanted, a close per interval. To take one for the close, set data.source.column to it."
        )


def refuse_trades(
    file: Path, labels: Sequence[Label], sample: FirstRows, read: Callable[[], pd.DatetimeIndex | None]
) -> None:
    """Refuse rows at irregular times in a table with a column that trades alone have.

    Args:
        file: for the sentence.
        labels: the columns.
        sample: the cells of the first rows.
        read: gives their times, if they can be read.

    Raises:
        UserError: with the lines of pandas that make bars of them.
    """
    named = [
        label.shown
        for at, label in enumerate(labels)
        if folded(label.text) in TRADES or _is_nameless_flag(label, sample, at)
    ]
    nameless = not any(label.text for label in labels)
    sizes = [
        label.shown
        for label in labels
        if folded(label.text) in SIZES and not any(label.kind in RANGE for label in labels)
    ]
    if not (named or sizes or nameless):
        return
    times = read()
    times = _times_in_order(sample) if times is None and nameless else times
    if not named and times is not None and _are_quick(times):
        named = [label.shown for label in labels[1:2]] if nameless and times.has_duplicates else sizes
    irregular = _are_irregular(times, NEARLY) if times is not None else bool(named) and nameless
    if named and irregular:
        newest_first = times is not None and times.is_monotonic_decreasing
        column = named[0].removeprefix("column ")
        raise UserError(
            f"{file}: these are trades at irregular times (column {column}), not bars: a close per interval is "
            f"wanted. With pandas: {_recipe(file, labels, sample, newest_first)}"
        )


def refuse_unnamed_trades(file: Path, times: pd.DatetimeIndex, closes: np.ndarray) -> None:
    """Refuse rows at irregular times of which many share one, or that keep to no interval of more than a second.

    Raises:
        UserError: saying what they seem to be.
    """
    if len(times) < FEWEST or not _are_irregular(times):
        return
    why = "several prices at one" if _disagree(times, closes) else _no_interval(times)
    if why:
        raise UserError(
            f"{file}: these seem to be trades: irregular times, {why}; bars are wanted, a close "
            "per interval: the last price of each hour, say, which pandas finds with resample('1h').last()."
        )


def _is_nameless_flag(label: Label, sample: FirstRows, at: int) -> bool:
    """Whether a column without a heading is true or false throughout: who made the trade."""
    if label.text or not sample.rows or sample.columns[at][0].lower() not in FLAGS:
        return False
    return {cell.lower() for cell in sample.columns[at]} <= FLAGS


def _times_in_order(sample: FirstRows) -> pd.DatetimeIndex | None:
    """The first column's epochs, if they are in order, as those of trades are; None if it holds none."""
    if not sample.rows or not sample.are(0, is_epoch, 1.0):
        return None
    try:
        times, _ = read_numeric_times(np.array(sample.columns[0], dtype="float64"), pd.Timestamp.now("UTC"))
    except (Unreadable, ValueError):
        return None
    return times if times.is_monotonic_increasing or times.is_monotonic_decreasing else None


def _are_quick(times: pd.DatetimeIndex) -> bool:
    """Whether times follow each other, at irregular steps, by less than a minute."""
    steps = np.diff(np.unique(times.dropna().asi8))  # a long table has a time once for each coin
    return len(times) >= FEWEST and len(steps) > 0 and bool(np.median(steps) < A_MINUTE) and _are_irregular(times)


def _are_irregular(times: pd.DatetimeIndex, near: float = 0.5) -> bool:
    """Whether less than half of the steps are about as long as the usual one, by a share of it."""
    stamps = times.dropna().asi8
    sample = stamps[:SAMPLE]
    ordered = (np.diff(sample) >= 0).all() or (np.diff(sample) <= 0).all()
    steps = np.diff(np.sort(sample if ordered else stamps))
    if not len(steps):
        return False
    median_step = np.median(steps)
    return median_step == 0 or bool((np.abs(steps - median_step) < near * median_step).mean() < 0.5)


def _disagree(times: pd.DatetimeIndex, closes: np.ndarray) -> bool:
    """Whether one row of twenty has another price at the time of the row before."""
    order = np.argsort(times.asi8[:SAMPLE], kind="stable")
    stamps, prices = times.asi8[:SAMPLE][order], closes[:SAMPLE][order]
    disagreeing = (np.diff(stamps) == 0) & (np.diff(prices) != 0)
    return bool(disagreeing.mean() > 0.05)


def _no_interval(times: pd.DatetimeIndex) -> str:
    """How many steps there are from row to row, where hardly any is the one that all others are multiples of.

    Bars of minutes that are left out where nobody traded are whole minutes apart, however many are left out.
    """
    steps = np.diff(np.unique(times.dropna().asi8[:SAMPLE]))
    common = np.gcd.reduce(steps) if len(steps) else A_SECOND + 1
    if common > A_SECOND or (steps == common).mean() >= HARDLY:
        return ""
    return f"at {len(np.unique(steps)):,} different steps"


def _recipe(file: Path, labels: Sequence[Label], sample: FirstRows, newest_first: bool) -> str:
    """Lines of Python that write the closes of the hours as a CSV."""
    nameless = not any(label.text for label in labels)
    dates = [at for at, label in enumerate(labels) if sample.are_times(at, label)]
    dates = dates or [at for at in range(len(labels)) if sample.are(at, is_epoch, 1.0)]
    prices = [at for at, label in enumerate(labels) if label.kind in CLOSES and at not in dates] or (
        [1] if nameless else []
    )
    date, price = (repr((at[0] if nameless else labels[at[0]].text) if at else "…") for at in (dates, prices))
    digits = sample.columns[dates[0]][0].partition(".")[0] if dates else ""
    unit = f", unit={UNITS[len(digits)]!r}" if digits.isdigit() and len(digits) in UNITS else ""
    read = f"pandas.read_csv({file.name!r}{', header=None' if nameless else ''}){'[::-1]' if newest_first else ''}"
    return (
        f"t = {read}; t.index = pandas.to_datetime(t[{date}]{unit}, utc=True); t[{price}].sort_index(kind='stable')"
        ".resample('1h').last().rename('close').rename_axis('date').to_csv('bars.csv')."
    )
