"""The name of a file's format by vendor, for the report; columns are found without it."""

from collections.abc import Sequence

from cryptoforecast.data.files.headings.coins import simplified

FORMATS = {  # headings that must be there; the first format that fits is taken
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
CAVEATS = {  # that are known of a vendor and cannot be seen in a file
    "CoinGecko": "CoinGecko stamps the price at 00:00: since 2018-01-30 it is the close of the day before, and until "
    "2018-01-29 it was that of the day itself, so the close of 2018-01-29 stands twice.",
}
OHLCV = {"timestamp", "open", "high", "low", "close", "volume"}


def name_of_format(names: Sequence[str], header_rows: int, above: str) -> str:
    """The name of the format of a file.

    Args:
        names: of its columns.
        header_rows: count of the lines of the header.
        above: the lines above the data, perhaps with a banner.
    """
    present = {simplified(name) for name in names}
    if "cryptodatadownload" in above.lower():
        return "CryptoDataDownload"
    for name, needed in FORMATS.items():
        if set(needed.split()) <= present:
            return name
    if header_rows > 1:
        return f"yfinance download, {header_rows} header rows"
    if present == OHLCV:
        return "ccxt"
    if [simplified(name) for name in names[:5]] == ["date", "close", "high", "low", "open"]:
        return "yfinance download"
    if present == {"timestamp", "price", "volume"}:
        return "CoinMarketCap chart"
    return "a table with a header"
