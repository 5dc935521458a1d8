"""A Yahoo and an exchange of our own, on loopback, and a present that stands still."""

from collections.abc import Callable, Iterator

import pandas as pd
import pytest
import requests
import yfinance

from tests.data.sources.exchange_server import HOURS, LocalExchange
from tests.data.sources.yahoo_server import DAYS, NOON, LocalYahoo, Redirected


@pytest.fixture
def yahoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalYahoo]:
    """34 daily closes, from 100 on February 1st, 2024 to 133 on March 5th."""
    yfinance.set_tz_cache_location(str(tmp_path_factory.mktemp("yfinance")))
    with LocalYahoo({day: 100.0 + number for number, day in enumerate(DAYS)}) as yahoo:
        yield yahoo


@pytest.fixture
def session(yahoo: LocalYahoo) -> Iterator[requests.Session]:
    with Redirected(yahoo.port) as session:
        yield session


@pytest.fixture
def dead_line() -> Iterator[requests.Session]:
    with Redirected(port=9) as session:  # nobody listens there
        yield session


@pytest.fixture
def ccxt_throttle() -> Callable[..., None]:
    """The pause that ccxt makes between two questions; to be named before ``exchange``, which takes it away."""
    ccxt = pytest.importorskip("ccxt", reason="ccxt, of the extra exchange, is not installed")
    return ccxt.Exchange.throttle


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalExchange]:
    """133 hourly closes, from 100 on March 1st, 2024; the last one, 232, is not over at noon of March 6th.

    It may be asked as fast as one can.
    """
    ccxt = pytest.importorskip("ccxt", reason="ccxt, of the extra exchange, is not installed")
    monkeypatch.setattr(ccxt.Exchange, "throttle", lambda *_: None)
    with LocalExchange({hour: 100.0 + number for number, hour in enumerate(HOURS)}) as exchange:
        yield exchange


@pytest.fixture(autouse=True)
def today(monkeypatch: pytest.MonkeyPatch) -> Callable[[str | pd.Timestamp], None]:
    """It is noon of March 6th, 2024, until a test says ``today("2024-03-09 12:00")``."""

    def today(time: str | pd.Timestamp) -> None:
        present = pd.Timestamp(time).tz_convert("UTC")
        monkeypatch.setattr("cryptoforecast.data.sources.vendor.present", lambda: present)

    today(NOON)
    return lambda time: today(pd.Timestamp(time, tz="UTC"))
