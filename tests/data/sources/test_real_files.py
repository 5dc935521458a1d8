"""Real files of every vendor hold what they are known to hold, where the environment names a folder of them."""

import warnings
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from cryptoforecast import CloseSeries, CsvSource, DataNotice
from cryptoforecast.data.series import GapsFound


class Known(NamedTuple):
    """What a file is known to hold: see the names."""

    rows: int
    first: str
    last: str
    order: str = "oldest first"
    missing: int = 0
    empty: int = 0
    interval: str = "1D"
    symbol: str | None = None


NEWEST = "newest first"
KNOWN = {
    "BTC-USD.csv": Known(3616, "2014-09-17", "2024-08-10"),
    "BTC-USD_2026.csv": Known(4210, "2014-09-17", "2026-03-27"),
    "ETH-USD.csv": Known(2319, "2017-11-09", "2024-03-15"),
    "ETH-USD_2026.csv": Known(3061, "2017-11-09", "2026-03-27"),
    "LTC-USD.csv": Known(3212, "2014-09-17", "2023-07-03"),
    "LTC-USD_2025.csv": Known(2792, "2018-01-01", "2025-08-23"),
    "XRP-USD.csv": Known(2063, "2017-11-09", "2023-07-03"),
    "XRP-USD_2026.csv": Known(2970, "2018-01-01", "2026-02-17"),
    "DOGE-USD.csv": Known(2063, "2017-11-09", "2023-07-03"),
    "DOGE-USD_2026.csv": Known(2970, "2018-01-01", "2026-02-17"),
    "BNB-USD.csv": Known(2610, "2017-11-09", "2024-12-31"),
    "ADA-USD.csv": Known(2063, "2017-11-09", "2023-07-03"),
    "SOL-USD.csv": Known(2074, "2020-04-10", "2025-12-13"),
    "BTC_coinmarketcap.csv": Known(5860, "2010-07-13", "2026-07-28"),
    "BTC_coingecko.csv": Known(4681, "2013-04-28", "2026-02-21", missing=2),
    "BTC_coinbase_daily.csv": Known(5152, "2011-08-18", "2025-09-24"),
    "paper_split/train.csv": Known(1461, "2018-09-17 07:00", "2022-09-16 07:00"),
    "paper_split/val.csv": Known(365, "2022-09-17 07:00", "2023-09-16 07:00"),
    "paper_split/test.csv": Known(365, "2023-09-17 07:00", "2024-09-15 07:00"),
    "hourly/BTCUSDT_1h_2017-2022.csv": Known(39937, "2017-08-18", "2022-03-09", interval="1h"),
    "hourly/BTCUSDT_1h_2022-2025.csv": Known(26279, "2022-07-16 07:00", "2025-07-15 06:00", missing=1, interval="1h"),
    "formats/yahoo_classic.csv": Known(300, "2017-11-09", "2018-09-04"),
    "formats/yahoo_null_rows.csv": Known(300, "2020-02-27", "2020-12-22", empty=4),
    "formats/yahoo_null_rows_crlf.csv": Known(300, "2020-02-27", "2020-12-22", empty=4),
    "formats/yfinance_multirow_header.csv": Known(300, "2020-01-01", "2020-10-26"),
    "formats/yfinance_multirow_header_hourly.csv": Known(300, "2025-03-15", "2025-03-27 11:00", interval="1h"),
    "formats/yfinance_timezone.csv": Known(300, "2014-09-17", "2015-07-13"),
    "formats/yfinance_date_close_first.csv": Known(300, "2014-09-17", "2015-07-13"),
    "formats/investing_com.csv": Known(300, "2024-03-07", "2024-12-31", NEWEST),
    "formats/coinmarketcap_quoted_semicolon.csv": Known(60, "2025-03-12", "2025-05-10", NEWEST),
    "formats/kaggle_coin_bitcoin.csv": Known(300, "2013-04-29", "2014-02-22"),  # stamped 23:59:59, named by opening
    "formats/cryptodatadownload_daily.csv": Known(300, "2024-06-26", "2025-05-01", NEWEST, missing=10),
    "formats/cryptodatadownload_hourly_ampm.csv": Known(
        300, "2019-10-04 22:00", "2019-10-17 09:00", NEWEST, interval="1h"
    ),
    "formats/bitfinex_daily_newest_first.csv": Known(300, "2018-08-27", "2019-07-04", NEWEST, missing=12),
    "formats/wide_multi_asset.csv": Known(300, "2014-11-28", "2015-09-23", symbol="BTC"),
    "formats/binance_klines_ms.csv": Known(300, "2024-12-01", "2024-12-02 00:55", interval="5min"),
    "formats/binance_klines_us.csv": Known(300, "2025-01-01", "2025-01-02 00:55", interval="5min"),
    "formats/binance_klines_header.csv": Known(300, "2025-02-01", "2025-02-01 04:59", interval="1min"),
    "formats/binance_klines_float_seconds.csv": Known(300, "2017-08-17", "2018-06-12"),
    "formats/ccxt_ms_header.csv": Known(296, "2023-06-01", "2024-03-22"),
    "formats/kaggle_bitstamp_minute.csv": Known(300, "2011-12-31 07:52", "2011-12-31 12:51", interval="1min"),
    "formats/kaggle_bitstamp_minute_2025.csv": Known(300, "2012-01-01 10:01", "2012-01-01 15:00", interval="1min"),
    "formats/coingecko_max.csv": Known(300, "2013-04-28", "2014-02-22", missing=1),
    "formats/coingecko_api_prices.csv": Known(300, "2024-06-09", "2025-04-04"),
    "formats/coinbase_candles.csv": Known(300, "2011-08-18", "2012-06-12"),
}
SAME_CLOSES = [  # files of one coin from different vendors: how far apart the closes may be, relatively
    ("BTC-USD.csv", "BTC-USD_2026.csv", 2.6e-9),
    ("BTC-USD_2026.csv", "BTC_coinmarketcap.csv", 3.0e-2),
    ("formats/yfinance_timezone.csv", "formats/yfinance_date_close_first.csv", 0.0),
    ("BTC-USD_2026.csv", "formats/investing_com.csv", 3.7e-2),
    ("BTC_coinmarketcap.csv", "formats/kaggle_coin_bitcoin.csv", 1.0e-2),
]


def load(path: Path, known: Known) -> CloseSeries:
    """The series, split at its gaps if it has any; a gap must be refused unless the user has said what to do."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataNotice)
        if known.missing or known.empty:
            with pytest.raises(GapsFound, match=r"set data.source.gaps to ffill .* or to split"):
                CsvSource(str(path), symbol=known.symbol).load()
        return CsvSource(str(path), symbol=known.symbol, gaps="split").load()


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_file_holds_the_rows_it_is_known_for(name: str, real_data: Path) -> None:
    known, series = KNOWN[name], load(real_data / name, KNOWN[name])
    found = series.cleaning_report
    assert found is not None
    assert (found.rows, found.order, int(found.missing.sum()), len(found.empty), found.merged, found.undated) == (
        *(known.rows, known.order, known.missing, known.empty),
        *(0, 0),
    )
    ends = (series.closes.index[0], series.closes.index[-1])
    assert ends == (pd.Timestamp(known.first, tz="UTC"), pd.Timestamp(known.last, tz="UTC"))
    assert len(series.closes) == known.rows - known.empty
    assert series.interval == pd.Timedelta(known.interval)


def test_a_real_file_of_weeks_whose_clocks_change_is_weekly(real_data: Path) -> None:
    series = CsvSource(str(real_data / "formats/coinmarketcap_graph.csv")).load()
    found = series.cleaning_report
    assert found is not None
    assert (found.rows, found.order, found.merged, len(found.missing)) == (300, "oldest first", 0, 0)
    assert (str(series.interval), len(series.closes)) == ("1 week", 300)


@pytest.mark.parametrize(("one", "other", "apart"), SAME_CLOSES)
def test_real_files_of_one_coin_agree_whatever_their_format(
    one: str, other: str, apart: float, real_data: Path
) -> None:
    closes = [load(real_data / name, KNOWN[name]).closes.iloc[:-1] for name in (one, other)]  # the last is a day begun
    left, right = closes[0].align(closes[1], join="inner")
    assert len(left) > 200
    assert (left / right - 1).abs().max() <= apart


def test_the_known_seam_of_a_real_coingecko_file_is_reported(real_data: Path) -> None:
    with pytest.warns(DataNotice) as notices:
        CsvSource(str(real_data / "BTC_coingecko.csv"), gaps="ffill").load()
    said = " ".join(str(notice.message) for notice in notices)
    assert "the close of 2018-01-29 stands twice" in said
    assert "stamps inside a bar were moved to its opening: 4, first 2017-06-06 23:29:55" in said
    assert "missing closes were filled with the last before them: 2, first after 2013-06-03" in said
