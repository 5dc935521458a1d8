"""Trades, quotes and order books: rows at any moment, not a close an interval."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from cryptoforecast.data.files.body import Body
from cryptoforecast.data.files.cells import is_epoch
from cryptoforecast.data.files.names import CLOSES, Label
from cryptoforecast.data.files.vocabulary import CLOSE, folded
from cryptoforecast.errors import UserError

_TRADES = """tradeid tid aggtradeid aggregatetradeid firsttradeid trdmatchid side takerside takersidesell makerside
    isbuyer isbuyermaker isbuyerthemaker buyermaker ismaker maker aggressor aggressorside tickdirection sidebuy
    ordertype makerorderid takerorderid buyorderid sellorderid buyerorderid sellerorderid"""
TRADES = frozenset(_TRADES.split())
QUOTES = frozenset({"bid", "ask", "bidprice", "askprice", "bestbid", "bestask", "bids", "asks", "bid1", "ask1"})
FLAGS = frozenset({"true", "false"})
SAMPLE = 10_000  # rows by which times are judged
FEWEST = 10  # of them, where no heading says what they are
UNITS = {10: "s", 13: "ms", 16: "us", 19: "ns"}  # by the digits of an epoch


def refuse_quotes(file: Path, labels: Sequence[Label]) -> None:
    """Refuse a table that has bids and asks and no close.

    Raises:
        UserError: saying so, and what is wanted.
    """
    quotes = [of.text for of in labels if folded(of.text) in QUOTES]
    if len(quotes) > 1 and not any(of.kind == CLOSE for of in labels):
        raise UserError(
            f"{file}: these are quotes or an order book (columns {quotes[0]} and {quotes[1]}), which have no close; "
            "bars are wanted, a close per interval. To take one for the close, set data.source.column to it."
        )


def refuse_trades(file: Path, labels: Sequence[Label], body: Body, read: Callable[[], pd.DatetimeIndex | None]) -> None:
    """Refuse rows at irregular times in a table with a column that trades alone have.

    Args:
        file: for the sentence.
        labels: the columns.
        body: the cells of the first rows.
        read: gives their times, if they can be read.

    Raises:
        UserError: with the lines of pandas that make bars of them.
    """
    named = [of.shown for at, of in enumerate(labels) if folded(of.text) in TRADES or _is_nameless_flag(of, body, at)]
    if not named:
        return
    times = read()
    if _are_irregular(times) if times is not None else not any(of.text for of in labels):
        newest_first = times is not None and times.is_monotonic_decreasing
        raise UserError(
            f"{file}: these are trades at irregular times (column {named[0]}), not bars: a close per interval is "
            f"wanted. With pandas: {_recipe(file, labels, body, newest_first)}"
        )


def refuse_unnamed_trades(file: Path, times: pd.DatetimeIndex, closes: np.ndarray) -> None:
    """Refuse rows at irregular times of which many have another price than others at the same time.

    Raises:
        UserError: saying what they seem to be.
    """
    if len(times) >= FEWEST and _are_irregular(times) and _disagree(times, closes):
        raise UserError(
            f"{file}: these seem to be trades: irregular times, and several prices at one; bars are wanted, a close "
            "per interval: the last price of each hour, say, which pandas finds with resample('1h').last()."
        )


def _is_nameless_flag(of: Label, body: Body, at: int) -> bool:
    """Whether a column without a heading is true or false throughout: who made the trade."""
    if of.text or not body.rows or body.columns[at][0].lower() not in FLAGS:
        return False
    return {cell.lower() for cell in body.columns[at]} <= FLAGS


def _are_irregular(times: pd.DatetimeIndex) -> bool:
    """Whether less than half of the steps are about as long as the usual one."""
    stamps = times.dropna().asi8
    some = stamps[:SAMPLE]
    ordered = (np.diff(some) >= 0).all() or (np.diff(some) <= 0).all()
    steps = np.diff(np.sort(some if ordered else stamps))
    if not len(steps):
        return False
    usual = np.median(steps)
    return usual == 0 or bool(((steps > 0.5 * usual) & (steps < 1.5 * usual)).mean() < 0.5)


def _disagree(times: pd.DatetimeIndex, closes: np.ndarray) -> bool:
    """Whether one row of twenty has another price at the time of the row before."""
    order = np.argsort(times.asi8[:SAMPLE], kind="stable")
    stamps, prices = times.asi8[:SAMPLE][order], closes[:SAMPLE][order]
    again = (np.diff(stamps) == 0) & (np.diff(prices) != 0)
    return bool(again.mean() > 0.05)


def _recipe(file: Path, labels: Sequence[Label], body: Body, newest_first: bool) -> str:
    """Lines of Python that write the closes of the hours as a CSV."""
    nameless = not any(of.text for of in labels)
    dates = [at for at, of in enumerate(labels) if body.are_times(at, of)]
    dates = dates or [at for at in range(len(labels)) if body.are(at, is_epoch, 1.0)]
    prices = [at for at, of in enumerate(labels) if of.kind in CLOSES and at not in dates] or ([1] if nameless else [])
    date, price = (repr((at[0] if nameless else labels[at[0]].text) if at else "…") for at in (dates, prices))
    digits = body.columns[dates[0]][0].partition(".")[0] if dates else ""
    unit = f", unit={UNITS[len(digits)]!r}" if digits.isdigit() and len(digits) in UNITS else ""
    read = f"pandas.read_csv({file.name!r}{', header=None' if nameless else ''}){'[::-1]' if newest_first else ''}"
    return (
        f"t = {read}; t.index = pandas.to_datetime(t[{date}]{unit}, utc=True); t[{price}].sort_index(kind='stable')"
        ".resample('1h').last().rename('close').rename_axis('date').to_csv('bars.csv')."
    )
