"""Whose closes a table holds, where a column of it says so row by row."""

from pathlib import Path

import pandas as pd

from cryptoforecast.data.files.layout import Layout
from cryptoforecast.data.files.names import plain
from cryptoforecast.errors import UserError

LISTED = 8  # symbols named in an error


def keep_one_series(file: Path, frame: pd.DataFrame, layout: Layout, symbol: str | None) -> tuple[pd.DataFrame, str]:
    """The rows of one series, and its name.

    A vendor may write BTC/USD in some rows and BTCUSD in others; both are one.

    Raises:
        UserError: if rows of several series stand in the file and ``data.source.symbol`` names none of them.
    """
    own = layout.chosen.symbol
    if layout.chosen.ticker is None:
        return frame, own
    tickers = frame[layout.chosen.ticker]
    names = {str(name): plain(str(name)) for name in tickers.dropna().unique()}
    if len(set(names.values())) < 2:
        return frame, next(iter(names), own)
    chosen = [name for name, simple in names.items() if simple == plain(symbol or "")]
    if not chosen:
        listed = ", ".join(list(names)[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")
        remedy = f"{symbol} is none of them" if symbol else "set data.source.symbol to one of them"
        raise UserError(f"{file}: has rows of {listed}; {remedy}.")
    return frame[tickers.isin(chosen)], chosen[0]
