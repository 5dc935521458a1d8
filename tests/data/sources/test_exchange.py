"""The real ccxt against a local server: what is asked, what is given, what is named."""

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from cryptoforecast import CcxtSource, DataNotice, UserError
from cryptoforecast.recipe.write import recipe_of
from tests.data.sources.exchange_server import HOURS, LocalExchange
from tests.helpers import CONFIGS

Today = Callable[[str], None]
FIRST = "2024-03-01"


def hourly(exchange: LocalExchange, symbol: str = "BTC/USD", **settings: object) -> CcxtSource:
    settings = {"start": FIRST, **settings}
    return CcxtSource("bitstamp", symbol, "1h", **settings).at(exchange.address)  # type: ignore[arg-type]


def test_an_exchange_gives_the_closes_of_the_bars_that_are_over(exchange: LocalExchange) -> None:
    series = hourly(exchange).load()
    assert series.closes.tolist() == np.arange(100.0, 232.0).tolist()
    assert (series.closes.index == HOURS[:-1]).all()
    assert series.provenance.source == "CcxtSource"
    assert series.provenance.symbol == "BTC/USD"
    assert series.provenance.notes == ()


def test_volumes_and_highs_are_columns_of_the_same_bars(exchange: LocalExchange) -> None:
    series = hourly(exchange).load(("Open", "High", "Low", "Volume"))
    assert series.others is not None
    assert series.others.iloc[0].tolist() == [99.0, 102.0, 97.0, 10.0]
    assert series.others.iloc[-1].tolist() == [230.0, 233.0, 228.0, 10.0]
    with pytest.raises(UserError, match="bitstamp has no Trades; data.columns takes Open, High, Low, Volume"):
        hourly(exchange).load(("Trades",))


@pytest.mark.parametrize("symbol", ["BTC/USDT", "BTC-USDT", "BTCUSDT", "btc_usdt", " btcusdt "])
@pytest.mark.parametrize("name", ["bitstamp", "binance"])
def test_a_market_is_understood_however_it_is_written(name: str, symbol: str, exchange: LocalExchange) -> None:
    series = CcxtSource(name, symbol, "1h", start=FIRST).at(exchange.address).load()
    assert series.closes.name == "BTC/USDT"
    assert len(series.closes) == len(HOURS) - 1


def test_a_symbol_that_is_not_there_is_answered_with_the_nearest_that_are(exchange: LocalExchange) -> None:
    with pytest.raises(UserError, match=r"^BTC/USDD: bitstamp has no such market; the nearest are BTC/USD or BTC/USDT"):
        hourly(exchange, "BTC/USDD").load()
    with pytest.raises(
        UserError, match=r"^XRP/GBP: .* no such market; the nearest are XRP/USD; set data.source.symbol"
    ):
        hourly(exchange, "XRP/GBP").load()
    with pytest.raises(UserError, match=r"^DOGE/EUR: .*; it has 6 others, such as BTC/USD; set data.source.symbol.$"):
        hourly(exchange, "DOGE/EUR").load()
    assert exchange.asked == []


def test_contracts_are_listed_only_where_no_spot_market_is_meant(exchange: LocalExchange) -> None:
    CcxtSource("binance", "BTC/USDT", "1h", start=FIRST).at(exchange.address).load()
    assert exchange.markets_asked == 1
    with pytest.raises(UserError, match="^DOGE/EUR: binance has no such market"):
        CcxtSource("binance", "DOGE/EUR", "1h", start=FIRST).at(exchange.address).load()
    assert exchange.markets_asked == 2 + 3  # spot, then all three lists


def test_an_exchange_or_a_timeframe_that_is_not_there_is_answered_with_the_nearest(exchange: LocalExchange) -> None:
    with pytest.raises(UserError, match="^data.source.exchange is 'bitstam', which ccxt .*; it may be bitstamp"):
        CcxtSource("bitstam", "BTC/USD", "1h").load()
    with pytest.raises(UserError, match="it may be one of [0-9]+, such as kraken or binance.$"):
        CcxtSource("NYSE", "BTC/USD", "1h").load()
    with pytest.raises(UserError, match="^data.source.timeframe is '7h'; bitstamp has 1m, 3m, .*, 1d, 1w.$"):
        CcxtSource("bitstamp", "BTC/USD", "7h").load()
    with pytest.raises(UserError, match="'bit2c', which has no candles; choose another.$"):
        CcxtSource("bit2c", "BTC/NIS", "1h").load()


def test_pages_are_as_long_as_the_exchange_makes_them_and_within_its_rate(
    ccxt_throttle: Callable[..., None], exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange.most = 50
    monkeypatch.setattr("ccxt.Exchange.throttle", ccxt_throttle)
    series = hourly(exchange).load()
    assert series.closes.tolist() == np.arange(100.0, 232.0).tolist()
    assert exchange.asked == [("3600", f"{time:%Y-%m-%d %H:%M}") for time in HOURS[[0, 48, 96]]]
    assert np.diff(exchange.times).min() > 0.06  # seconds; ccxt asks Bitstamp each 75 milliseconds


def test_as_far_back_as_the_exchange_goes_is_found_from_its_daily_bars(exchange: LocalExchange) -> None:
    series = hourly(exchange, start=None).load()
    assert series.closes.index[0] == HOURS[0]
    assert [timeframe for timeframe, _ in exchange.asked].count("86400") == 6  # in pages of 1,000 days
    assert len(exchange.asked) < 15


def test_an_exchange_that_gives_its_last_bars_whatever_it_is_asked_gives_these(exchange: LocalExchange) -> None:
    exchange.kept = 20
    series = CcxtSource("binance", "BTC/USDT", "1h").at(exchange.address).load()
    assert len(exchange.asked) == 1
    assert (series.closes.index == HOURS[-20:-1]).all()


@pytest.mark.parametrize("name", ["bitstamp", "binance"])
def test_a_hole_longer_than_a_page_is_crossed_and_said(
    name: str, exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = pd.date_range("2024-07-01", "2024-07-02 12:00", freq="h", tz="UTC")
    monkeypatch.setattr("cryptoforecast.data.sources.vendor.present", lambda: later[-1])
    exchange.clock = later[-1]
    exchange.closes |= dict.fromkeys(later, 500.0)
    source = CcxtSource(name, "BTC/USDT", "1h", start=FIRST).at(exchange.address)
    with pytest.raises(UserError, match="2024-03-06 12:00 and 2024-07-01, elsewhere 1 hour; set data.source.gaps"):
        source.load()
    source = CcxtSource(name, "BTC/USDT", "1h", start=FIRST, gaps="split").at(exchange.address)
    with pytest.warns(DataNotice, match="split where closes are missing: 1, first after 2024-03-06 12:00"):
        assert len(source.load().closes) == len(HOURS) + len(later) - 1


def test_days_that_were_traded_and_whose_bars_are_left_out_are_no_hole(
    exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cryptoforecast.data.sources.exchange_client.LONGEST_PAGE", pd.Timedelta("1D"))
    exchange.most = 24
    exchange.stuck_at, exchange.stuck = int(HOURS[0].timestamp()), 1 << 30  # the first page, whatever is asked for
    source = CcxtSource("bitstamp", "BTC/USD", "1h", start=FIRST).at(exchange.address)
    with pytest.warns(DataNotice, match="though its daily bar has a volume; using closes cached just now, up to 2024"):
        assert (source.load().closes.index == HOURS[:24]).all()


def test_a_page_that_is_given_twice_is_asked_for_again(exchange: LocalExchange) -> None:
    exchange.most = 50
    exchange.stuck_at, exchange.stuck = int(HOURS[0].timestamp()), 2
    assert hourly(exchange).load().closes.tolist() == np.arange(100.0, 232.0).tolist()
    assert len(exchange.asked) == 4


def test_bars_of_another_length_than_their_timeframe_says_are_refused(exchange: LocalExchange) -> None:
    exchange.closes = dict.fromkeys(pd.date_range("2024-01-01", "2024-02-20", freq="3D", tz="UTC"), 100.0)
    exchange.timeframe = "3d"  # what Bitstamp has under the name that ccxt asks for weeks
    source = CcxtSource("bitstamp", "BTC/USD", "1w", start="2024-01-01").at(exchange.address)
    with pytest.raises(
        UserError, match="bars of 1w that bitstamp gives are 3 days apart, from 2024-01-01 to 2024-01-04"
    ):
        source.load()


def test_a_week_begins_where_the_exchange_begins_it_and_the_running_one_is_left_out(exchange: LocalExchange) -> None:
    mondays = pd.date_range("2023-10-02", "2024-03-04", freq="7D", tz="UTC")
    exchange.closes, exchange.timeframe = {day: 100.0 + at for at, day in enumerate(mondays)}, "1w"
    series = CcxtSource("binance", "BTC/USDT", "1w").at(exchange.address).load()
    assert (series.closes.index == mondays[:-1]).all()


def test_the_interval_is_the_timeframe_however_seldom_there_is_trade(exchange: LocalExchange) -> None:
    exchange.closes = {hour: close for hour, close in exchange.closes.items() if hour.hour % 3 == 0}
    with pytest.raises(UserError, match="3 hours between the bars of .*, elsewhere 1 hour"):
        hourly(exchange).load()
    with pytest.warns(DataNotice, match="missing closes were filled"):
        series = hourly(exchange, gaps="ffill").load(("Volume",))
    assert series.provenance.interval == "1 hour"
    assert series.others is not None
    assert series.others["Volume"].tolist()[:4] == [10.0, 0.0, 0.0, 10.0]


def test_months_are_those_of_the_calendar(exchange: LocalExchange) -> None:
    months = pd.date_range("2023-01-01", "2024-03-01", freq="MS", tz="UTC")
    exchange.closes, exchange.timeframe = {month: 100.0 + at for at, month in enumerate(months)}, "1M"
    series = CcxtSource("binance", "BTC/USDT", "1M").at(exchange.address).load()
    assert (series.closes.index == months[:-1]).all()  # March is not over
    assert series.provenance.interval == "1 month"
    exchange.asked.clear()
    CcxtSource("binance", "BTC/USDT", "1M").at(exchange.address).load()
    assert exchange.asked == []


def test_nothing_of_the_environment_or_of_keys_is_sent(
    exchange: LocalExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("BITSTAMP_APIKEY", "BITSTAMP_SECRET", "APIKEY", "API_KEY", "SECRET"):
        monkeypatch.setenv(name, "hunter2")
    hourly(exchange).load()
    assert "hunter2" not in str(exchange.headers)
    assert not [name for headers in exchange.headers for name in headers if "auth" in name.lower()]


def test_a_checkpoint_keeps_every_argument_and_no_address() -> None:
    source = CcxtSource("binance", "BTCUSDT", "1h", start=FIRST).at("http://localhost:1")
    assert recipe_of(source)["init_args"] == {
        "exchange": "binance", "symbol": "BTCUSDT", "timeframe": "1h", "start": FIRST, "end": None, "gaps": "error",
        "refresh": False,
    }  # fmt: skip


def test_without_ccxt_a_source_is_made_and_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['ccxt'] = None\n"
        "from cryptoforecast import CcxtSource, UserError\n"
        "source = CcxtSource('binance', 'BTC/USDT', '1h')\n"
        "try:\n    source.load()\nexcept UserError as problem:\n    print(problem)\n"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=CONFIGS.parent, capture_output=True, text=True, check=True)
    assert out.stdout == (
        'CcxtSource takes the package ccxt, which is not installed: pip install "cryptoforecast[exchange]".\n'
    )


def test_ccxt_is_not_imported_before_an_exchange_is_asked() -> None:
    make = "from cryptoforecast import CcxtSource; CcxtSource('x', 'BTC/USD', '1h')"
    code = f"import sys; {make}; print('ccxt' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], cwd=CONFIGS.parent, capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"
