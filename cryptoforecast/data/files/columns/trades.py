"""Trades, quotes and order books, which have rows at irregular times and no close per interval."""

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
NEARLY = 0.05  # share of the median step by which steps of bars differ at most
RANGE = ("Open", "High", "Low")
A_MINUTE = 60 * 10**9  # nanoseconds; trades are usually less apart
SAMPLE_SIZE = 10_000  # rows by which times are judged
MOST_SINGLE_STEPS = 0.25  # share of steps of one interval; bars have more, also where those without trades are left out
A_SECOND = 10**9  # nanoseconds
FEWEST_TRADES = 10  # that are recognised without a heading
EPOCH_UNITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}  # by count of digits


def refuse_quotes(file: Path, labels: Sequence[Label]) -> None:
    """Refuse a table with bids and asks and without a close.

    Raises:
        UserError: naming two of its columns.
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
    """Refuse rows at irregular times in a table with a column that only trades have.

    Args:
        file: for the error.
        labels: of the columns.
        sample: the first rows.
        read: returns the times of the first rows, None if they cannot be read.

    Raises:
        UserError: with the code by which pandas makes bars of them.
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
    """Refuse rows at irregular times, if many share a time or no interval above a second fits their steps.

    Raises:
        UserError: if they seem to be trades.
    """
    if len(times) < FEWEST_TRADES or not _are_irregular(times):
        return
    why = "several prices at one" if _disagree(times, closes) else _no_interval(times)
    if why:
        raise UserError(
            f"{file}: these seem to be trades: irregular times, {why}; bars are wanted, a close "
            "per interval: the last price of each hour, say, which pandas finds with resample('1h').last()."
        )


def _is_nameless_flag(label: Label, sample: FirstRows, at: int) -> bool:
    """Whether a column without a heading is true or false in all rows, as the maker of a trade is."""
    if label.text or not sample.rows or sample.columns[at][0].lower() not in FLAGS:
        return False
    return {cell.lower() for cell in sample.columns[at]} <= FLAGS


def _times_in_order(sample: FirstRows) -> pd.DatetimeIndex | None:
    """The epochs of the first column if they are in order; else None."""
    if not sample.rows or not sample.are(0, is_epoch, 1.0):
        return None
    try:
        times, _ = read_numeric_times(np.array(sample.columns[0], dtype="float64"), pd.Timestamp.now("UTC"))
    except (Unreadable, ValueError):
        return None
    return times if times.is_monotonic_increasing or times.is_monotonic_decreasing else None


def _are_quick(times: pd.DatetimeIndex) -> bool:
    """Whether times are irregular, and usually less than a minute apart."""
    steps = np.diff(np.unique(times.dropna().asi8))  # a long table repeats a time for each coin
    return (
        len(times) >= FEWEST_TRADES and len(steps) > 0 and bool(np.median(steps) < A_MINUTE) and _are_irregular(times)
    )


def _are_irregular(times: pd.DatetimeIndex, near: float = 0.5) -> bool:
    """Whether less than half of the steps are within a share of the median step."""
    stamps = times.dropna().asi8
    sample = stamps[:SAMPLE_SIZE]
    ordered = (np.diff(sample) >= 0).all() or (np.diff(sample) <= 0).all()
    steps = np.diff(np.sort(sample if ordered else stamps))
    if not len(steps):
        return False
    median_step = np.median(steps)
    return median_step == 0 or bool((np.abs(steps - median_step) < near * median_step).mean() < 0.5)


def _disagree(times: pd.DatetimeIndex, closes: np.ndarray) -> bool:
    """Whether one row of twenty has the time of the row before and another price."""
    order = np.argsort(times.asi8[:SAMPLE_SIZE], kind="stable")
    stamps, prices = times.asi8[:SAMPLE_SIZE][order], closes[:SAMPLE_SIZE][order]
    disagreeing = (np.diff(stamps) == 0) & (np.diff(prices) != 0)
    return bool(disagreeing.mean() > 0.05)


def _no_interval(times: pd.DatetimeIndex) -> str:
    """The count of different steps in words, if few steps are the common divisor of all; else an empty text.

    Bars of minutes without those in which nobody traded are whole minutes apart, and many a single minute.
    """
    steps = np.diff(np.unique(times.dropna().asi8[:SAMPLE_SIZE]))
    common = np.gcd.reduce(steps) if len(steps) else A_SECOND + 1
    if common > A_SECOND or (steps == common).mean() >= MOST_SINGLE_STEPS:
        return ""
    return f"at {len(np.unique(steps)):,} different steps"


def _recipe(file: Path, labels: Sequence[Label], sample: FirstRows, newest_first: bool) -> str:
    """The code that writes hourly closes as a CSV."""
    nameless = not any(label.text for label in labels)
    dates = [at for at, label in enumerate(labels) if sample.are_times(at, label)]
    dates = dates or [at for at in range(len(labels)) if sample.are(at, is_epoch, 1.0)]
    prices = [at for at, label in enumerate(labels) if label.kind in CLOSES and at not in dates] or (
        [1] if nameless else []
    )
    date, price = (repr((at[0] if nameless else labels[at[0]].text) if at else "…") for at in (dates, prices))
    digits = sample.columns[dates[0]][0].partition(".")[0] if dates else ""
    unit = f", unit={EPOCH_UNITS[len(digits)]!r}" if digits.isdigit() and len(digits) in EPOCH_UNITS else ""
    read = f"pandas.read_csv({file.name!r}{', header=None' if nameless else ''}){'[::-1]' if newest_first else ''}"
    return (
        f"t = {read}; t.index = pandas.to_datetime(t[{date}]{unit}, utc=True); t[{price}].sort_index(kind='stable')"
        ".resample('1h').last().rename('close').rename_axis('date').to_csv('bars.csv')."
    )
