"""Locks between processes, on every system: a folder that is in use, and a file that is written in turn."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from cryptoforecast.errors import UserError

LONGEST_WAIT = 60.0  # seconds; appending a line takes milliseconds, so a lock held for longer is a dead process's


@contextmanager
def alone_in(folder: Path, otherwise: str) -> Iterator[None]:
    """Keep other processes out of a folder for as long as this one works there, or lives.

    Args:
        folder: the folder.
        otherwise: what to say if another process works there already.

    Raises:
        UserError: saying that.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        try:
            held.enter_context(FileLock(folder / ".lock", timeout=0))
        except Timeout:
            raise UserError(f"{folder}: {otherwise}") from None
        yield


@contextmanager
def in_turn(file: Path) -> Iterator[None]:
    """Wait until no other process writes a file, and keep others waiting meanwhile.

    Where no lock can be had, as on some network drives, nobody waits.
    """
    from filelock import FileLock, Timeout

    with ExitStack() as held:
        try:
            lock = FileLock(file.with_name(f".{file.name}.lock"), timeout=LONGEST_WAIT)
            held.enter_context(lock.acquire(poll_interval=0.005))
        except (OSError, NotImplementedError, Timeout):
            pass
        yield
