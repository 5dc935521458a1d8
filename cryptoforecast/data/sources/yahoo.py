"""Closes from Yahoo Finance."""

import contextlib
import logging
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from cryptoforecast.data.series import CloseSeries, Gaps, RawRows, to_close_series
from cryptoforecast.data.sources.source import Source, SourceUnavailable
from cryptoforecast.data.times import to_utc
from cryptoforecast.errors import UserError

# How far back Yahoo serves an interval; without a start, yfinance asks for one month.
REACH = {"1m": timedelta(days=7), "1h": timedelta(days=729), "60m": timedelta(days=729)}
REACH_OF_OTHER_MINUTES = timedelta(days=59)
INTERVALS = ("1m", "2m", "5m", "15m", "30m", "60m", "90m", "1h", "4h", "1d", "5d", "1wk")
BEGINNING = "2009-01-03"  # Bitcoin's first block


class YahooSource(Source):
    """Unadjusted closes of one symbol, through yfinance.

    Args:
        symbol: as Yahoo writes it: BTC-USD, ETH-USD.
        start: first day wanted; by default as far back as Yahoo goes.
        end: last day wanted, itself included; by default the last bar that is over.
        interval: time between bars as Yahoo writes it: 1d, 1h, 5m.
        gaps: what to do about missing bars: ``error``, or ``ffill`` to repeat the last close before them.
        session: a requests or curl_cffi session to ask through; by default yfinance's own.
    """

    def __init__(
        self,
        symbol: str,
        start: str | None = None,
        end: str | None = None,
        interval: str = "1d",
        gaps: Gaps = "error",
        session: Any = None,
    ) -> None:
        for name, date in (("start", start), ("end", end)):
            if date is not None:
                to_utc(date, f"data.source.{name}")
        if interval not in INTERVALS:
            raise UserError(f"data.source.interval is {interval!r}; Yahoo Finance has {', '.join(INTERVALS)}.")
        self.symbol = symbol
        self.start = start
        self.end = end
        self.interval = interval
        self.gaps = gaps
        self.session = session

    def load(self) -> CloseSeries:
        """The closes up to the last bar that is over.

        Raises:
            SourceUnavailable: if Yahoo does not answer, or not with prices.
            UserError: if Yahoo does not know the symbol, or has gaps in it.
        """
        closes = self._ask()
        times = pd.DatetimeIndex(closes.index).tz_convert("UTC")
        raw = RawRows(self.symbol, times, closes.to_numpy("float64"), type(self).__name__)
        return to_close_series(raw, self.gaps)

    def _ask(self) -> pd.Series:
        import yfinance
        from yfinance.exceptions import YFPricesMissingError, YFRateLimitError, YFTzMissingError

        unavailable = f"{self.symbol}: Yahoo Finance cannot be reached"
        try:
            with _exceptions_shown(yfinance):
                frame = yfinance.Ticker(self.symbol, session=self.session).history(
                    start=self.start or self._earliest(),
                    end=self._after_end(),
                    interval=self.interval,
                    auto_adjust=False,
                    actions=False,
                    keepna=True,
                )
        except (YFTzMissingError, YFPricesMissingError) as problem:
            raise self._no_such_prices(problem) from None
        except YFRateLimitError:
            raise SourceUnavailable(f"{unavailable}: too many requests; wait some minutes.") from None
        except Exception as problem:  # yfinance lets through whatever its HTTP library raises
            if getattr(getattr(problem, "response", None), "status_code", None) == 404:
                raise self._no_such_prices(problem) from None
            raise SourceUnavailable(f"{unavailable} ({type(problem).__name__}: {_first_sentence(problem)}).") from None
        if not len(frame) or frame["Close"].isna().all():
            raise SourceUnavailable(f"{self.symbol}: Yahoo Finance answered without any closes.")
        return frame["Close"]

    def _no_such_prices(self, problem: Exception) -> UserError:
        reason = _first_sentence(problem).removeprefix(f"${self.symbol}: ")
        return UserError(f"{self.symbol}: Yahoo Finance has no such prices ({reason}); check data.source.symbol.")

    def _earliest(self) -> str:
        if self.interval.endswith(("m", "h")):
            reach = REACH.get(self.interval, REACH_OF_OTHER_MINUTES)
            return (datetime.now(UTC) - reach).strftime("%Y-%m-%d")
        return BEGINNING

    def _after_end(self) -> str:
        """Yahoo's end is exclusive; a bar that is not over is dropped later."""
        last = datetime.now(UTC) if self.end is None else to_utc(self.end, "data.source.end")
        return (last + timedelta(days=1)).strftime("%Y-%m-%d")


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


def _first_sentence(problem: Exception) -> str:
    return (str(problem).splitlines() or [""])[0].split(". See ")[0][:200].rstrip(".")
