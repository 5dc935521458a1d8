"""Requests to Yahoo Finance through yfinance, and its errors as one sentence each."""

import contextlib
import json
import logging
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pandas as pd

from cryptoforecast.data.cleaning.grid import A_DAY
from cryptoforecast.data.sources.retries import (
    PASSING_PROBLEMS,
    TOO_MANY_REQUESTS,
    ask_again,
    network_trouble,
    short_reason,
)
from cryptoforecast.data.sources.source import SourceUnavailable
from cryptoforecast.data.sources.vendor import FIRST_BLOCK
from cryptoforecast.errors import UserError
from cryptoforecast.user_folders import ensure_cache_home

COLUMNS = ("Open", "High", "Low", "Close", "Adj Close", "Volume")
BAR_LENGTHS = {  # by interval as Yahoo writes it
    **{f"{minutes}m": pd.Timedelta(minutes, unit="min") for minutes in (1, 2, 5, 15, 30, 60, 90)},
    **{f"{hours}h": pd.Timedelta(hours, unit="h") for hours in (1, 4)},
    **{f"{days}d": pd.Timedelta(days, unit="D") for days in (1, 5)},
    "1wk": pd.Timedelta("7D"),
}
DAYS_BACK = {"1m": 7, "1h": 729, "60m": 729}  # for which Yahoo has bars shorter than a day
DAYS_BACK_OTHERWISE = 59  # of other bars shorter than a day

CHART = "https://query2.finance.yahoo.com/v8/finance/chart/"
LATEST_DAY = {"range": "1d", "interval": "1d"}
TIMEOUT = 10  # seconds for one answer

CUT_OFF_ERRORS = ("ChunkedEncodingError", "ContentDecodingError", "IncompleteRead")  # of requests and of curl_cffi
REQUEST_LOCK = threading.Lock()  # the settings of a request are global: threads send theirs one after the other
NO_CLOSES = "answered without any closes"
BROKE_OFF = "sent an answer that breaks off before its end"


def earliest(interval: str, now: pd.Timestamp) -> pd.Timestamp:
    """The first time for which Yahoo has bars of an interval."""
    if BAR_LENGTHS[interval] >= A_DAY:
        return FIRST_BLOCK
    return (now - A_DAY * DAYS_BACK.get(interval, DAYS_BACK_OTHERWISE)).floor("D")


def fetch(symbol: str, interval: str, first: pd.Timestamp, after: pd.Timestamp, session: Any = None) -> pd.DataFrame:
    """The bars of one symbol, requested up to three times where a problem may pass.

    Args:
        symbol: as Yahoo writes it.
        interval: time between bars as Yahoo writes it.
        first: earliest opening wanted.
        after: no bar that opens then or later is wanted.
        session: of requests or curl_cffi, in place of yfinance's.

    Returns:
        Open, High, Low, Close (unadjusted), Adj Close and Volume, float64, on a unique increasing UTC index in
        nanoseconds; NaN where Yahoo has a bar without prices. The last bar may not be over.

    Raises:
        SourceUnavailable: if Yahoo does not answer with prices three times.
        UserError: if Yahoo does not know the symbol, or has no prices in that time.
    """
    return ask_again(lambda: _ask(symbol, interval, first, after, session))


def _ask(symbol: str, interval: str, first: pd.Timestamp, after: pd.Timestamp, session: Any) -> pd.DataFrame:
    ensure_cache_home()  # yfinance needs one when it is imported
    import yfinance
    from yfinance.data import YfData

    with REQUEST_LOCK, _exceptions_shown(yfinance):
        YfData.cache_get.cache_clear()  # yfinance caches bad answers too
        try:
            frame = yfinance.Ticker(symbol, session=session).history(
                start=first.to_pydatetime(),
                end=after.to_pydatetime(),
                interval=interval,
                auto_adjust=False,
                actions=False,
                keepna=True,
                timeout=TIMEOUT,
            )
        except Exception as problem:  # yfinance raises whatever its HTTP library raises
            raise _explain(symbol, problem) from None
    if not len(frame) or frame["Close"].isna().all():
        raise _unavailable(symbol, NO_CLOSES)
    bars = frame[list(COLUMNS)].astype("float64")
    return bars.set_axis(pd.DatetimeIndex(frame.index).tz_convert("UTC").as_unit("ns"))


@contextlib.contextmanager
def _exceptions_shown(yfinance: Any) -> Iterator[None]:
    """Make yfinance raise instead of returning an empty frame, and silence its warnings and its log."""
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
    """The ``UserError`` for an exception of yfinance or its HTTP library."""
    from yfinance.exceptions import YFPricesMissingError, YFRateLimitError

    kind = type(problem).__name__
    if isinstance(problem, YFRateLimitError):
        return _unavailable(symbol, TOO_MANY_REQUESTS)
    if isinstance(problem, YFPricesMissingError):
        return _refused(symbol, problem.yahoo_reason) if problem.yahoo_reason else _unavailable(symbol, NO_CLOSES)
    if kind in CUT_OFF_ERRORS:
        return _unavailable(symbol, BROKE_OFF)
    if type(problem).__module__ == "peewee":  # several processes open yfinance's own cache at once, and one may fail
        return _unavailable(symbol, f"could not be asked, for yfinance's own cache is in use ({problem})")
    if isinstance(problem, OSError) and kind != "HTTPError" and not isinstance(problem, json.JSONDecodeError):
        return _unavailable(symbol, f"cannot be reached ({network_trouble(problem)})")
    return _explain_answer(symbol, problem)


def _explain_answer(symbol: str, problem: Exception) -> UserError:
    """The ``UserError`` by the text of Yahoo's answer, which yfinance could not read.

    yfinance raises the same error for an unknown symbol and for a failure of Yahoo. The answer is in its cache; if not,
    it is requested once more.
    """
    from yfinance.data import YfData
    from yfinance.exceptions import YFRateLimitError

    try:
        answer = YfData().cache_get(url=CHART + symbol.upper(), params=LATEST_DAY, timeout=TIMEOUT)
    except YFRateLimitError:
        return _unavailable(symbol, TOO_MANY_REQUESTS)
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
    """The ``UserError`` for a reason that Yahoo gives: an unknown symbol, a time without bars, or a failure."""
    reason, plain = short_reason(reason), str(reason).lower()
    if any(word in plain for word in PASSING_PROBLEMS):
        return _unavailable(symbol, f"is out of order ({reason})")
    if "not found" in plain or "no data found" in plain or "delisted" in plain:
        return UserError(f"{symbol}: Yahoo Finance has no such prices ({reason}); check data.source.symbol.")
    return UserError(
        f"{symbol}: Yahoo Finance has no prices in that time ({reason}); check data.source.start and data.source.end."
    )


def _unavailable(symbol: str, what: str) -> SourceUnavailable:
    return SourceUnavailable(f"{symbol}: Yahoo Finance {what}.")
