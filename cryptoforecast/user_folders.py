"""Folders of the user: the home folder, and the cache for what need not be read or fetched twice."""

import errno
import os
import tempfile
from pathlib import Path


def cache_folder(room: str) -> Path:
    """The user's cache folder, or the one that ``CRYPTOFORECAST_CACHE`` names; made if need be.

    Raises:
        OSError: if it cannot be made.
    """
    named = os.environ.get("CRYPTOFORECAST_CACHE")
    folder = Path(named) if named else _users_cache()
    (folder / room).mkdir(parents=True, exist_ok=True)
    return folder / room


def _users_cache() -> Path:
    from platformdirs import user_cache_dir

    ensure_cache_home()
    return Path(user_cache_dir("cryptoforecast"))


def ensure_cache_home() -> None:
    """See that packages which cache something find a folder for it, where the user has no home, as in a container.

    Raises:
        OSError: if there is none among the temporary files either.
    """
    if os.environ.get("XDG_CACHE_HOME") or Path(os.path.expanduser("~")).is_absolute():  # noqa: PTH111 (raises nothing)
        return
    folder = Path(tempfile.gettempdir(), f"cryptoforecast-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():  # somebody else's, who could put there what is read
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    os.environ["XDG_CACHE_HOME"] = str(folder)


def expand_home(path: str | Path) -> Path:
    """A path whose leading ``~`` is the home folder; a file whose name begins with one, such as ``~btc.csv``, stays."""
    path = Path(path)
    first = path.parts[0] if path.parts else ""
    if not first.startswith("~"):
        return path
    try:
        return path if first != "~" and Path(first).exists() else path.expanduser()
    except RuntimeError:  # there is no such user, or no home
        return path
