"""Repeated requests where a problem may pass, and short descriptions of problems that stay."""

import time
from collections.abc import Callable
from typing import TypeVar

from cryptoforecast.data.sources.source import SourceUnavailable

PAUSES = (1.0, 4.0)  # seconds before the second and the third try
PASSING_PROBLEMS = (
    "internal",
    "server",
    "unavailable",
    "timeout",
    "timed out",
    "too many",
    "try again",
)  # in vendors' reasons
TOO_MANY_REQUESTS = "says that there were too many requests (HTTP 429; wait some minutes)"

T = TypeVar("T")


def ask_again(ask: Callable[[], T]) -> T:
    """The answer to a request, after up to three tries.

    Raises:
        SourceUnavailable: of the last try, if all three raise it.
    """
    trouble = SourceUnavailable()
    for pause in (0.0, *PAUSES):
        time.sleep(pause)
        try:
            return ask()
        except SourceUnavailable as unavailable:
            trouble = unavailable
    raise trouble


def network_trouble(problem: BaseException) -> str:
    """A short description of a network error; HTTP libraries have long ones of many kinds."""
    text = str(problem).lower()
    if "refused" in text:
        return "connection refused"
    if "resolve" in text:
        return "its name cannot be looked up"
    if "Timeout" in type(problem).__name__ or "timed out" in text:
        return "no answer in time"
    return f"{type(problem).__name__}: {short_reason(problem)}"


def short_reason(words: object) -> str:
    """The first sentence of a message, of a library or a vendor."""
    return (str(words).splitlines() or [""])[0].split(". See ")[0][:200].rstrip(".")
