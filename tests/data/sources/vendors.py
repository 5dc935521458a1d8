"""The same bars as each vendor writes them; every text here is made, none is copied."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 40  # more than a month, so that days above 12 occur
OTHER_COIN = 2.0  # what the other coin of a file with two costs


def made_bars(interval: str = "1D", rows: int = ROWS) -> pd.DataFrame:
    """Bars of a made-up coin above 1,000 dollars, to a tenth of one, as Investing.com rounds."""
    steps = np.random.default_rng(7).normal(0, 0.03, rows)
    close = np.round(28_420.3 * np.exp(np.cumsum(steps)), 1)
    opened = np.concatenate([[28_420.3], close[:-1]])
    return pd.DataFrame(
        {
            "Open": opened,
            "High": np.round(np.maximum(opened, close) * 1.01, 1),
            "Low": np.round(np.minimum(opened, close) * 0.99, 1),
            "Close": close,
            "Volume": np.arange(rows) * 1000 + 57_320,
        },
        index=pd.date_range("2023-07-20", periods=rows, freq=interval, tz="UTC", name="Date"),
    )


def _lines(bars: pd.DataFrame, header: str, row: str, newest_first: bool = False, end: str = "\n") -> str:
    """One line a bar; in ``row`` are the fields o, h, l, c, v, the time t, and seconds s."""
    written = [
        row.format(
            o=bar.Open, h=bar.High, l=bar.Low, c=bar.Close, v=bar.Volume, t=bar.Index, s=int(bar.Index.timestamp())
        )
        for bar in bars.itertuples()
    ]
    return end.join([*header.splitlines(), *(written[::-1] if newest_first else written), ""])


ISO = "{t:%Y-%m-%d}"
OHLCV = "{o},{h},{l},{c},{v}"
KLINE = "{o:.8f},{h:.8f},{l:.8f},{c:.8f},{v:.8f},1692316799999,3.5,10,1.0,2.0,0"
INVESTING = '"Date","Price","Open","High","Low","Vol.","Change %"'
CMC = "timeOpen;timeClose;timeHigh;timeLow;name;open;high;low;close;volume;marketCap;timestamp"
CMC_ROW = (
    '"{t:%Y-%m-%d}T00:00:00.000Z";"{t:%Y-%m-%d}T23:59:59.999Z";"{t:%Y-%m-%d}T05:00:00.000Z";'
    '"{t:%Y-%m-%d}T09:00:00.000Z";"2781";{o};{h};{l};{c};{v};1e12;"{t:%Y-%m-%d}T23:59:59.999Z"'
)
KLINES = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)


def _investing_european(bars: pd.DataFrame) -> str:
    text = _lines(bars, "", '"{t:%d.%m.%Y}";"{c:,}";"{o:,}";"{h:,}";"{l:,}";"57,32K";"-1,07%"', newest_first=True)
    swapped = text.translate(str.maketrans(",.", ".,")).replace("57.32K", "57,32K").replace("-1.07%", "-1,07%")
    dates = [line.split(";", 1)[0].replace(",", ".") + ";" + line.split(";", 1)[1] for line in swapped.splitlines()]
    return '"Date";"Price";"Open";"High";"Low";"Vol.";"Change %"\n' + "\n".join(dates) + "\n"


def _seconds_then_milliseconds(bars: pd.DataFrame) -> str:
    half = len(bars) // 2
    banner = "https://www.CryptoDataDownload.com\nunix,date,symbol,open,high,low,close,Volume BTC,Volume USD\n"
    old = _lines(bars[:half], "", "{s}," + ISO + ",BTC/USD,{o},{h},{l},{c},1.5,{v}", newest_first=True)
    new = _lines(bars[half:], "", "{s}000," + ISO + ",BTCUSD,{o},{h},{l},{c},1.5,{v}", newest_first=True)
    return banner.replace("date", "when") + new.replace(ISO, "") + old


VENDORS: dict[str, Callable[[pd.DataFrame], str]] = {
    "Yahoo, classic": lambda b: _lines(
        b, "Date,Open,High,Low,Close,Adj Close,Volume", f"{ISO},{{o}},{{h}},{{l}},{{c}},1.5,{{v}}"
    ),
    "Yahoo, CRLF": lambda b: _lines(
        b, "Date,Open,High,Low,Close,Adj Close,Volume", f"{ISO},{{o}},{{h}},{{l}},{{c}},1.5,{{v}}", end="\r\n"
    ),
    "yfinance, three header rows": lambda b: _lines(
        b,
        "Price,Close,High,Low,Open,Volume\nTicker,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD\nDate,,,,,",
        f"{ISO},{{c}},{{h}},{{l}},{{o}},{{v}}",
    ),
    "yfinance, two header rows and a counter": lambda b: _lines(
        b,
        "Price,Date,Close,High,Low,Open,Volume\nTicker,,BTC-USD,BTC-USD,BTC-USD,BTC-USD,BTC-USD",
        f"7,{ISO},{{c}},{{h}},{{l}},{{o}},{{v}}",
    ),
    "yfinance, header rows without names": lambda b: _lines(
        b, ",Adj Close,Close,High\n,BTC-USD,BTC-USD,BTC-USD\nDate,,,", f"{ISO},1.5,{{c}},{{h}}"
    ),
    "yfinance, history with time zones": lambda b: _lines(
        b, "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits", f"{ISO} 00:00:00+00:00,{OHLCV},0.0,0.0"
    ),
    "yfinance, flat": lambda b: _lines(b, "Date,Close,High,Low,Open,Volume", f"{ISO},{{c}},{{h}},{{l}},{{o}},{{v}}"),
    "yfinance, adjusted closes only": lambda b: _lines(b, "Date,Adj Close", f"{ISO},{{c}}"),
    "yfinance, names with the symbol": lambda b: _lines(b, "Date,LTC-USD_Close,LTC-USD_Volume", f"{ISO},{{c}},{{v}}"),
    "yfinance, tuples": lambda b: _lines(
        b, "Date,\"('Close', 'BTC-USD')\",\"('Open', 'BTC-USD')\"", f"{ISO},{{c}},{{o}}"
    ),
    "one column named after the symbol": lambda b: _lines(b, "Date,BTC-USD", f"{ISO},{{c}}"),
    "Investing.com": lambda b: (
        "\ufeff"
        + _lines(b, INVESTING, '"{t:%m/%d/%Y}","{c:,}","{o:,}","{h:,}","{l:,}","57.32K","-1.07%"', newest_first=True)
    ),
    "Investing.com, months in words": lambda b: (
        "\ufeff"
        + _lines(
            b,
            INVESTING,
            '"{t:%b %d, %Y}","{c:,}","{o:,}","{h:,}","{l:,}","57.32K","-1.07%"',
            newest_first=True,
            end="\r\n",
        )
    ),
    "Investing.com, day first": lambda b: _lines(
        b, INVESTING, '"{t:%d/%m/%Y}","{c:,}","{o:,}","{h:,}","{l:,}","57.32K","-1.07%"', newest_first=True
    ),
    "Investing.com, European": _investing_european,
    "CoinMarketCap, quoted": lambda b: "\ufeff" + _lines(b, CMC, CMC_ROW, newest_first=True),
    "CoinMarketCap, unquoted": lambda b: _lines(b, CMC, CMC_ROW.replace('"', "")),
    "Kaggle, stamped at the last second": lambda b: _lines(
        b,
        "SNo,Name,Symbol,Date,High,Low,Open,Close,Volume,Marketcap",
        f"1,Bitcoin,BTC,{ISO} 23:59:59,{{h}},{{l}},{{o}},{{c}},{{v}},1e9",
    ),
    "CoinGecko, max": lambda b: _lines(
        b, "snapped_at,price,market_cap,total_volume", f"{ISO} 00:00:00 UTC,{{c}},1e9,{{v}}"
    ),
    "CoinGecko, API": lambda b: _lines(b, "timestamp,price", f"{ISO},{{c}}"),
    "CryptoDataDownload": lambda b: _lines(
        b,
        "https://www.CryptoDataDownload.com\nUnix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount",
        f"{{s}}000,{ISO},BTCUSDT,{{o}},{{h}},{{l}},{{c}},1.5,{{v}},9",
        newest_first=True,
    ),
    "CryptoDataDownload, seconds and milliseconds": _seconds_then_milliseconds,
    "Bitfinex": lambda b: _lines(
        b, "Date,Symbol,Open,High,Low,Close,VolumeFrom,VolumeTo", f"{ISO} 00:00,BTCUSD,{OHLCV},9", newest_first=True
    ),
    "Bitfinex, API": lambda b: _lines(b, "", "{s}000,{o},{c},{h},{l},{v}", newest_first=True),
    "Binance klines, milliseconds": lambda b: _lines(b, "", "{s}000," + KLINE),
    "Binance klines, microseconds": lambda b: _lines(b, "", "{s}000000," + KLINE),
    "Binance klines, seconds as floats": lambda b: _lines(b, "", "{s}.0," + KLINE),
    "Binance klines, with a header": lambda b: _lines(b, KLINES, "{s}000," + KLINE),
    "Bitstamp, Kaggle": lambda b: _lines(
        b, "Timestamp,Open,High,Low,Close,Volume_(BTC),Volume_(Currency),Weighted_Price", f"{{s}},{OHLCV},9,{{o}}"
    ),
    "Bitstamp, Kaggle 2025": lambda b: _lines(b, "Timestamp,Open,High,Low,Close,Volume", f"{{s}}.0,{OHLCV}"),
    "Coinbase candles": lambda b: _lines(
        b, "timestamp,open,close,volume,unix_timestamp,high,low", f"{ISO} 00:00:00,{{o}},{{c}},{{v}},{{s}},{{h}},{{l}}"
    ),
    "Coinbase, API": lambda b: _lines(b, "", "{s},{l},{h},{o},{c},{v}", newest_first=True),
    "ccxt": lambda b: _lines(b, "timestamp,open,high,low,close,volume", f"{{s}}000,{OHLCV}"),
    "an index without a name": lambda b: _lines(b, ",Open,Close", f"{ISO},{{o}},{{c}}"),
    "days as whole numbers": lambda b: _lines(b, "date,close", "{t:%Y%m%d},{c}"),
    "tabs": lambda b: _lines(b, "DATE\tOPEN\tCLOSE", f"{ISO}\t{{o}}\t{{c}}"),
    "decimal commas": lambda b: (
        _lines(b, "Date;Open;Close", "{t:%d.%m.%Y};{o};{c}")
        .replace(".", ",")
        .replace(",20", ".20")
        .replace(",07", ".07")
        .replace(",08", ".08")
    ),
}


def write_vendor(folder: Path, name: str, bars: pd.DataFrame, packed: str = "") -> str:
    """A file of a vendor's, perhaps packed; its path."""
    path, content = folder / "file.csv", VENDORS[name](bars).encode()
    if packed == "gzip":
        content = gzip.compress(content)
    elif packed == "zip":
        packed_content = io.BytesIO()
        with zipfile.ZipFile(packed_content, "w") as archive:
            archive.writestr("BTCUSDT-1d.csv", content)
        content = packed_content.getvalue()
    elif packed == "UTF-16":
        content = content.decode("utf-8-sig").encode("utf-16")
    elif packed == "carriage returns":
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r")
    path.write_bytes(content)
    return str(path)
