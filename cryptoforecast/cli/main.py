"""The way in: runs a verb, and says in one sentence what went wrong."""

import logging
import sys
import warnings
from collections.abc import Sequence
from typing import Any

from cryptoforecast.errors import DataNotice, UserError

CHATTY = ("pytorch", "fabric", "pytorch.utilities.rank_zero", "fabric.utilities.rank_zero", "fabric.utilities.seed")
FAILED, MISTYPED, INTERRUPTED = 1, 2, 130


def main(args: Sequence[str] | None = None) -> int:
    """Run ``python -m cryptoforecast`` with these arguments, by default the command line's.

    Returns:
        The exit status: 0, or 1 where the data, a setting or a checkpoint is at fault. A command that cannot be
        understood raises ``SystemExit(2)``, as is usual.
    """
    try:
        return _run(args)
    except KeyboardInterrupt:
        return _fail("interrupted.", INTERRUPTED)


def _run(args: Sequence[str] | None) -> int:
    _quieten()
    from lightning.fabric.utilities.exceptions import MisconfigurationException

    from cryptoforecast.cli.commands import run
    from cryptoforecast.cli.parser import UsageError

    try:
        run(sys.argv[1:] if args is None else args)
    except UsageError as mistake:
        return _fail(str(mistake), MISTYPED)
    except UserError as mistake:
        return _fail(str(mistake))
    except MisconfigurationException as mistake:  # Lightning's word for a Trainer option that cannot be
        return _fail(str(mistake))
    except OSError as problem:  # a folder that cannot be written, a disk that is full
        return _fail(f"{problem.filename}: {problem.strerror}." if problem.filename else str(problem))
    return 0


def _fail(sentence: str, status: int = FAILED) -> int:
    print(f"error: {sentence}", file=sys.stderr)
    return status


def _quieten() -> None:
    """Show our notices as one line each, and none of the advice that Lightning gives on every run."""
    warnings.showwarning = _show_warning
    warnings.filterwarnings("ignore", module=r"(lightning|torch|jsonargparse|tensorboard)(\..*)?")
    warnings.filterwarnings("always", category=DataNotice)
    for name in CHATTY:
        logging.getLogger(f"lightning.{name}").setLevel(logging.WARNING)


def _show_warning(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    word = "notice" if issubclass(category, DataNotice) else f"warning ({category.__name__})"
    print(f"{word}: {message}", file=sys.stderr)
