"""Console output of a process: each of our notices as one line, from the first of several processes only."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptoforecast.errors import DataNotice

QUIET_LOGGERS = (
    "pytorch",
    "fabric",
    "pytorch.utilities.rank_zero",
    "fabric.utilities.rank_zero",
    "fabric.utilities.seed",
    "fabric.utilities.distributed",
)
LIBRARIES = r"(lightning|torch|jsonargparse|tensorboard)(\..*)?"
RANKS = ("RANK", "SLURM_PROCID", "LOCAL_RANK")  # each launcher of several processes sets one of these


def is_first_process() -> bool:
    """Whether this process prints: it is the only one, or the first of several that train together."""
    return next((os.environ[name] for name in RANKS if name in os.environ), "0") == "0"


def quiet_console() -> None:
    """Print each of our notices as one line, and leave out the tips that Lightning prints on every run."""
    warnings.showwarning = _show_warning
    warnings.filterwarnings("ignore", module=LIBRARIES)
    warnings.filterwarnings("always", category=DataNotice)
    for name in QUIET_LOGGERS:
        logging.getLogger(f"lightning.{name}").setLevel(logging.WARNING)


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Show our notices as one line each, and none of Lightning's advice, while a verb runs that Python code has called.

    Filters and hooks of the caller's stay in force, and what is changed is set back.
    """
    format_before = warnings.formatwarning

    def format_warning(message: Warning | str, category: type[Warning], *where: Any, **line: Any) -> str:
        is_notice = issubclass(category, DataNotice)
        return f"notice: {message}\n" if is_notice else format_before(message, category, *where, **line)

    loggers = {name: logging.getLogger(f"lightning.{name}") for name in QUIET_LOGGERS}
    levels = {name: logger.level for name, logger in loggers.items()}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=LIBRARIES)
        for logger in loggers.values():
            logger.setLevel(logging.WARNING)
        warnings.formatwarning = format_warning
        try:
            yield
        finally:
            warnings.formatwarning = format_before
            for name, logger in loggers.items():
                logger.setLevel(levels[name])


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    if not is_first_process():
        return
    word = "notice" if issubclass(category, DataNotice) else f"warning ({category.__name__})"
    print(f"{word}: {message}", file=sys.stderr)
