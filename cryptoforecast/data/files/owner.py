"""Whose closes a table holds, where a column of it says so row by row."""

from pathlib import Path

import pandas as pd

from cryptoforecast.data.files.layout import Layout
from cryptoforecast.data.files.symbols import as_symbol
from cryptoforecast.errors import UserError
from cryptoforecast.words import listed

LISTED = 8  # symbols named in an error


def keep_one_series(file: Path, frame: pd.DataFrame, layout: Layout, symbol: str | None) -> tuple[pd.DataFrame, str]:
    """The rows of one series, and its name.

    A vendor may write BTC/USD in some rows and BTCUSD in others; both are one, unless a date has rows of both.

    Raises:
        UserError: if rows of several series stand in the file and ``data.source.symbol`` names none of them.
    """
    own = layout.chosen.symbol
    if layout.chosen.ticker is None:
        return frame, own
    tickers = frame[layout.chosen.ticker]
    names = [name for name in map(str, tickers.dropna().unique()) if name.strip()]
    keys = _keys(names, tickers.astype("str"), frame[layout.chosen.date])
    if len(set(keys.values())) < 2:
        return frame, names[0] if names else own
    wanted = keys.get(symbol or "", as_symbol(symbol or ""))
    chosen = [name for name, key in keys.items() if key == wanted]
    if not chosen:
        remedy = f"{symbol} is none of them" if symbol else "set data.source.symbol to one of them"
        raise UserError(f"{file}: has rows of {listed(names, LISTED)}; {remedy}.")
    return frame[tickers.astype("str").isin(chosen)], symbol if symbol in chosen else chosen[0]


def _keys(names: list[str], tickers: pd.Series, dates: pd.Series) -> dict[str, str]:
    """By what the names are told apart: as symbols are, or as they are written where one date has rows of several."""
    keys = {name: as_symbol(name) for name in names}
    if len(set(keys.values())) < len(names):
        rows = pd.DataFrame({"name": tickers, "key": tickers.map(keys), "date": dates}).dropna().drop_duplicates()
        if rows.duplicated(["key", "date"]).any():
            return {name: name for name in names}
    return keys
