"""What a process says on the console: our notices as one line each, from the first of several processes only."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from cryptoforecast.errors import DataNotice

CHATTY = ("pytorch", "fabric", "pytorch.utilities.rank_zero", "fabric.utilities.rank_zero", "fabric.utilities.seed",
          "fabric.utilities.distributed")  # fmt: skip
LIBRARIES = r"(lightning|torch|jsonargparse|tensorboard)(\..*)?"
RANKS = ("RANK", "SLURM_PROCID", "LOCAL_RANK")  # a process of several is told its number, by whoever began it


def is_first_process() -> bool:
    """Whether this is the process that speaks: of several that train together, the first one."""
    return next((os.environ[name] for name in RANKS if name in os.environ), "0") == "0"


def quiet_console() -> None:
    """Show our notices as one line each, and none of the advice that Lightning gives on every run."""
    warnings.showwarning = _show_warning
    warnings.filterwarnings("ignore", module=LIBRARIES)
    warnings.filterwarnings("always", category=DataNotice)
    for name in CHATTY:
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

    loggers = {name: logging.getLogger(f"lightning.{name}") for name in CHATTY}
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
