"""What may pass when a vendor is asked: it is asked again, and what stays is said in few words."""

import time
from collections.abc import Callable
from typing import TypeVar

from cryptoforecast.data.sources.source import SourceUnavailable

PAUSES = (1.0, 4.0)  # seconds before the second and the third try
PASSING = ("internal", "server", "unavailable", "timeout", "timed out", "too many", "try again")  # in vendors' reasons
TOO_MANY = "says that there were too many requests (HTTP 429; wait some minutes)"

T = TypeVar("T")


def ask_again(ask: Callable[[], T]) -> T:
    """What a question is answered, after up to three tries.

    Raises:
        SourceUnavailable: the last try's, if each of them raised one.
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
    """What is wrong with the line; HTTP libraries say it at length, and each in its own words."""
    text = str(problem).lower()
    if "refused" in text:
        return "connection refused"
    if "resolve" in text:
        return "its name cannot be looked up"
    if "Timeout" in type(problem).__name__ or "timed out" in text:
        return "no answer in time"
    return f"{type(problem).__name__}: {short_reason(problem)}"


def short_reason(words: object) -> str:
    """The first sentence of what a library or a vendor says."""
    return (str(words).splitlines() or [""])[0].split(". See ")[0][:200].rstrip(".")
