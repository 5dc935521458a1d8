"""Asking again where a trouble may pass."""

import time
from collections.abc import Callable
from typing import TypeVar

from cryptoforecast.data.sources.source import SourceUnavailable

PAUSES = (1.0, 4.0)  # seconds before the second and the third try

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
