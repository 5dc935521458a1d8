"""A folder that one process works in at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptoforecast.errors import UserError


@contextmanager
def alone_in(folder: Path, otherwise: str) -> Iterator[None]:
    """Keep others out of a folder for as long as this process works there, or lives.

    Args:
        folder: the folder.
        otherwise: what to say if somebody is at work there already.

    Raises:
        UserError: saying that.
    """
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        yield
        return
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"{folder}: {otherwise}") from None
        yield
