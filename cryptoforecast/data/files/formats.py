"""Whose format a file has. Columns are found by name all the same; this is what the report calls it."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from cryptoforecast.data.files.names import Label, label, plain
from cryptoforecast.data.files.numbers import Unreadable, read_numbers
from cryptoforecast.errors import UserError

FORMATS = {  # what must be among a header's names, in the order of looking
    "Investing.com": "date price open high low change",
    "CoinMarketCap": "timeopen timeclose timehigh timelow close",
    "CoinGecko": "snappedat price",
    "CryptoDataDownload": "unix date symbol close",
    "CryptoDataDownload (Bitfinex)": "date symbol volumefrom volumeto",
    "Binance klines": "opentime closetime close",
    "Kaggle Bitstamp minutes": "timestamp close weightedprice",
    "Kaggle, CoinMarketCap history": "sno name symbol date close marketcap",
    "yfinance history": "open high low close dividends stocksplits",
    "Yahoo Finance download": "date open high low close adjclose volume",
    "Coinbase or Bitstamp candles": "timestamp unixtimestamp open high low close",
}
CAVEATS = {  # what no reader can see in a file, but some vendors are known for
    "CoinGecko": "CoinGecko stamps the price at 00:00: since 2018-01-30 it is the close of the day before, and until "
    "2018-01-29 it was that of the day itself, so the close of 2018-01-29 stands twice.",
}
OHLCV = {"timestamp", "open", "high", "low", "close", "volume"}
KLINES = "open_time open high low close volume close_time quote_volume count taker_buy taker_buy_quote ignore"
ORDERS = {  # of columns after the epoch, by the positions of the highest and the lowest price of a bar
    (2, 3): ("epoch, open, high, low, close", "timestamp open high low close volume"),
    (2, 1): ("Coinbase API candles", "timestamp low high open close volume"),
    (3, 4): ("Bitfinex API candles", "timestamp open close high low volume"),
}


def name_of_format(names: Sequence[str], header_rows: int, above: str) -> str:
    """What a file with these column names is called.

    Args:
        names: the columns'.
        header_rows: lines of the header.
        above: the lines above the data, a banner among them perhaps.
    """
    there = {plain(name) for name in names}
    if "cryptodatadownload" in above.lower():
        return "CryptoDataDownload"
    for name, needed in FORMATS.items():
        if set(needed.split()) <= there:
            return name
    if header_rows > 1:
        return f"yfinance download, {header_rows} header rows"
    if there == OHLCV:
        return "ccxt"
    if [plain(name) for name in names[:5]] == ["date", "close", "high", "low", "open"]:
        return "yfinance download"
    if there == {"timestamp", "price", "volume"}:
        return "CoinMarketCap chart"
    return "a table with a header"


def name_without_header(file: Path, body: Sequence[Sequence[str]]) -> tuple[str, tuple[Label, ...]]:
    """What a file without a header is called, and its columns, where the numbers leave no choice.

    Raises:
        UserError: if they do.
    """
    width = len(body[0])
    if width == len(KLINES.split()):
        return "Binance klines, no header", tuple(label([name]) for name in KLINES.split())
    prices = _prices(body) if 5 <= width <= 8 else []
    fitting = [order for order in ORDERS if prices and all(_fits(bar, *order) for bar in prices)]
    if len(fitting) != 1:
        raise UserError(f"{file}: has no header, and its columns cannot be told; name them in a first line.")
    name, names = ORDERS[fitting[0]]
    filled = [*names.split(), "column 7", "column 8"][:width]
    return f"{name}, no header", tuple(label([each]) for each in filled)


def _prices(body: Sequence[Sequence[str]]) -> list[list[float]]:
    try:
        epochs, *four = (read_numbers(_column(body, at)) for at in range(5))
    except Unreadable:
        return []
    if not (epochs >= 1e9).all():
        return []
    return [list(bar) for bar in zip(*(prices.tolist() for prices in four), strict=True)]


def _column(body: Sequence[Sequence[str]], at: int) -> pd.Series:
    return pd.Series([cells[at] for cells in body], dtype="str")


def _fits(bar: list[float], highest: int, lowest: int) -> bool:
    return bar[highest - 1] == max(bar) and bar[lowest - 1] == min(bar)
