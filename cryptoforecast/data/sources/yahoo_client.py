"""Asking Yahoo Finance, through yfinance, and saying in one sentence why it gave no prices."""

import contextlib
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd

from cryptoforecast.data.sources.retries import PASSING, TOO_MANY, ask_again, network_trouble, short_reason
from cryptoforecast.data.sources.source import SourceUnavailable
from cryptoforecast.errors import UserError
from cryptoforecast.user_folders import ensure_cache_home

COLUMNS = ("Open", "High", "Low", "Close", "Adj Close", "Volume")
A_DAY = pd.Timedelta("1D")
LENGTHS = {  # of the bars that Yahoo has
    **{f"{minutes}m": pd.Timedelta(minutes, unit="min") for minutes in (1, 2, 5, 15, 30, 60, 90)},
    **{f"{hours}h": pd.Timedelta(hours, unit="h") for hours in (1, 4)},
    **{f"{days}d": pd.Timedelta(days, unit="D") for days in (1, 5)},
    "1wk": pd.Timedelta("7D"),
}
REACH = {"1m": 7, "1h": 729, "60m": 729}  # days back that Yahoo serves bars shorter than a day
REACH_OF_OTHERS = 59
BEGINNING = pd.Timestamp("2009-01-03", tz="UTC")  # Bitcoin's first block

CHART = "https://query2.finance.yahoo.com/v8/finance/chart/"
LATEST_DAY = {"range": "1d", "interval": "1d"}
PATIENCE = 10  # seconds for one answer

CUT_OFF = ("ChunkedEncodingError", "ContentDecodingError", "IncompleteRead")  # of requests and of curl_cffi
ASKING = threading.Lock()  # what is set for a question is set for all threads: they ask one after the other
NO_CLOSES = "answered without any closes"
BROKE_OFF = "sent an answer that breaks off before its end"


def earliest(interval: str, now: pd.Timestamp) -> pd.Timestamp:
    """How far back Yahoo can be asked for an interval."""
    if LENGTHS[interval] >= A_DAY:
        return BEGINNING
    return (now - A_DAY * REACH.get(interval, REACH_OF_OTHERS)).floor("D")


def fetch(symbol: str, interval: str, first: pd.Timestamp, after: pd.Timestamp, session: Any = None) -> pd.DataFrame:
    """The bars of one symbol, asked for up to three times where the trouble may pass.

    Args:
        symbol: as Yahoo writes it.
        interval: time between bars as Yahoo writes it.
        first: earliest opening wanted.
        after: no bar that opens then or later is wanted.
        session: a requests or curl_cffi session to ask through; by default yfinance's own.

    Returns:
        Open, High, Low, Close (unadjusted), Adj Close and Volume, float64, on a unique increasing UTC index in
        nanoseconds; NaN where Yahoo has a bar without prices. The last bar may not be over.

    Raises:
        SourceUnavailable: if Yahoo does not answer, or not with prices, three times.
        UserError: if Yahoo does not know the symbol, or has nothing in that time.
    """
    return ask_again(lambda: _ask(symbol, interval, first, after, session))


def _ask(symbol: str, interval: str, first: pd.Timestamp, after: pd.Timestamp, session: Any) -> pd.DataFrame:
    ensure_cache_home()  # yfinance asks for one when it is imported
    import yfinance
    from yfinance.data import YfData

    with ASKING, _exceptions_shown(yfinance):
        YfData.cache_get.cache_clear()  # yfinance remembers bad answers too, and would not ask again
        try:
            frame = yfinance.Ticker(symbol, session=session).history(
                start=first.to_pydatetime(),
                end=after.to_pydatetime(),
                interval=interval,
                auto_adjust=False,
                actions=False,
                keepna=True,
                timeout=PATIENCE,
            )
        except Exception as problem:  # yfinance lets through whatever its HTTP library raises
            raise _explain(symbol, problem) from None
    if not len(frame) or frame["Close"].isna().all():
        raise _unavailable(symbol, NO_CLOSES)
    bars = frame[list(COLUMNS)].astype("float64")
    return bars.set_axis(pd.DatetimeIndex(frame.index).tz_convert("UTC").as_unit("ns"))


@contextlib.contextmanager
def _exceptions_shown(yfinance: Any) -> Iterator[None]:
    """Let yfinance raise instead of returning an empty frame, and keep its warnings and log lines to itself."""
    hidden, log = yfinance.config.debug.hide_exceptions, logging.getLogger("yfinance")
    level = log.level
    yfinance.config.debug.hide_exceptions = False
    log.setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        yfinance.config.debug.hide_exceptions = hidden
        log.setLevel(level)


def _explain(symbol: str, problem: Exception) -> UserError:
    """The sentence for what yfinance or its HTTP library raised."""
    from yfinance.exceptions import YFPricesMissingError, YFRateLimitError

    kind = type(problem).__name__
    if isinstance(problem, YFRateLimitError):
        return _unavailable(symbol, TOO_MANY)
    if isinstance(problem, YFPricesMissingError):
        return _refused(symbol, problem.yahoo_reason) if problem.yahoo_reason else _unavailable(symbol, NO_CLOSES)
    if kind in CUT_OFF:
        return _unavailable(symbol, BROKE_OFF)
    if type(problem).__module__ == "peewee":  # several processes open yfinance's own cache at once, and one may fail
        return _unavailable(symbol, f"could not be asked, for yfinance's own cache is in use ({problem})")
    if isinstance(problem, OSError) and kind != "HTTPError" and not isinstance(problem, json.JSONDecodeError):
        return _unavailable(symbol, f"cannot be reached ({network_trouble(problem)})")
    return _look_at_the_answer(symbol, problem)


def _look_at_the_answer(symbol: str, problem: Exception) -> UserError:
    """What Yahoo itself says, where yfinance only says that it could not read it.

    yfinance raises the same error for a symbol that nobody knows and for a Yahoo that is out of order. It still has
    the answer in its memory; should it have forgotten, this asks once more.
    """
    from yfinance.data import YfData
    from yfinance.exceptions import YFRateLimitError

    try:
        answer = YfData().cache_get(url=CHART + symbol.upper(), params=LATEST_DAY, timeout=PATIENCE)
    except YFRateLimitError:
        return _unavailable(symbol, TOO_MANY)
    except Exception as trouble:
        return _unavailable(symbol, f"cannot be reached ({network_trouble(trouble)})")
    text = problem.doc if isinstance(problem, json.JSONDecodeError) else answer.text
    if answer.status_code >= 500:
        return _unavailable(symbol, f"is out of order (HTTP {answer.status_code})")
    with contextlib.suppress(ValueError, LookupError, TypeError):
        return _refused(symbol, json.loads(text)["chart"]["error"]["description"])
    if answer.status_code >= 400:
        return _unavailable(symbol, f"refuses to answer (HTTP {answer.status_code})")
    return _unavailable(symbol, _unreadable(text, problem))


def _unreadable(text: str, problem: Exception) -> str:
    if not text.strip():
        return "sent an empty answer"
    if text.lstrip().startswith("<"):
        return "sent a web page instead of prices"
    if isinstance(problem, json.JSONDecodeError):
        return BROKE_OFF if text.lstrip().startswith("{") else "sent an answer that is not JSON"
    with contextlib.suppress(ValueError, LookupError, TypeError):
        if not json.loads(text)["chart"]["result"]:
            return NO_CLOSES
    return f"sent an answer that cannot be read ({type(problem).__name__}: {short_reason(problem)})"


def _refused(symbol: str, reason: object) -> UserError:
    """The sentence for a reason that Yahoo gives itself: a mistyped symbol, a time without bars, or its own trouble."""
    reason, plain = short_reason(reason), str(reason).lower()
    if any(word in plain for word in PASSING):
        return _unavailable(symbol, f"is out of order ({reason})")
    if "not found" in plain or "no data found" in plain or "delisted" in plain:
        return UserError(f"{symbol}: Yahoo Finance has no such prices ({reason}); check data.source.symbol.")
    return UserError(
        f"{symbol}: Yahoo Finance has no prices in that time ({reason}); check data.source.start and data.source.end."
    )


def _unavailable(symbol: str, what: str) -> SourceUnavailable:
    return SourceUnavailable(f"{symbol}: Yahoo Finance {what}.")
