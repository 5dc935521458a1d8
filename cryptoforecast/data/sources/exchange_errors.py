"""The errors of ccxt as one sentence each."""

import re

from cryptoforecast.data.sources.retries import PASSING_PROBLEMS, TOO_MANY_REQUESTS, network_trouble, short_reason
from cryptoforecast.data.sources.source import SourceUnavailable
from cryptoforecast.errors import UserError


def explain(exchange: str, symbol: str, problem: Exception, of_candles: bool = True) -> UserError:
    """The ``UserError`` for an exception of ccxt.

    Args:
        exchange: its name.
        symbol: that was requested.
        problem: the exception, of ccxt or of a library below it.
        of_candles: whether candles were requested, and not the list of markets, where the user can do nothing wrong.
    """
    kinds = {kind.__name__ for kind in type(problem).__mro__}
    cause = problem.__cause__
    reason = _reason(exchange, problem)
    if "BadSymbol" in kinds:
        return UserError(f"{symbol}: {exchange} has no such market ({reason}); check data.source.symbol.")
    if "AuthenticationError" in kinds:
        return UserError(
            f"{symbol}: {exchange} asks for a key, and CcxtSource never sends one; choose another data.source.exchange."
        )
    if "RestrictedLocation" in kinds:
        return unavailable(exchange, symbol, f"does not serve this country ({reason})")
    if "ExchangeError" in kinds and not isinstance(cause, OSError):
        if not of_candles:
            return unavailable(exchange, symbol, f"does not say which markets it has ({reason})")
        if any(word in reason.lower() for word in PASSING_PROBLEMS):
            return unavailable(exchange, symbol, f"is out of order ({reason})")
        return UserError(
            f"{symbol}: {exchange} has no such candles ({reason}); check data.source.start and data.source.timeframe."
        )
    return unavailable(exchange, symbol, _trouble(kinds, cause, reason, problem))


def unavailable(exchange: str, symbol: str, what: str) -> SourceUnavailable:
    """The exception for a problem that may pass."""
    return SourceUnavailable(f"{symbol}: {exchange} {what}.")


def _trouble(kinds: set[str], cause: BaseException | None, reason: str, problem: Exception) -> str:
    status = _status(problem)
    if kinds & {"RateLimitExceeded", "DDoSProtection"}:
        return TOO_MANY_REQUESTS
    if status >= 500:
        return f"is out of order (HTTP {status})"
    if status >= 400:
        return f"refuses to answer (HTTP {status})"
    if "OnMaintenance" in kinds or "ExchangeNotAvailable" in kinds:
        return f"is out of order ({reason})"
    if "NetworkError" in kinds or isinstance(cause, OSError):
        return f"cannot be reached ({network_trouble(cause or problem)})"
    return f"sent an answer that cannot be read ({type(problem).__name__}: {reason})"


def _status(problem: Exception) -> int:
    """The HTTP status in the message of ccxt, behind method and address; 0 if there is none."""
    found = re.search(r" (?:GET|POST) \S+ (\d{3}) ", f"{problem} ")
    return int(found[1]) if found else 0


def _reason(exchange: str, problem: Exception) -> str:
    """The message of ccxt without the name of the exchange and the request."""
    text = re.sub(r"(GET|POST) \S+ ?", "", str(problem).removeprefix(f"{exchange} "))
    return short_reason(text) or type(problem).__name__
