"""The user's home and cache folders."""

import errno
import os
import tempfile
from pathlib import Path


def cache_folder(name: str) -> Path:
    """A folder in the user's cache folder, or in ``CRYPTOFORECAST_CACHE``; it is created if missing.

    Raises:
        OSError: if it cannot be created.
    """
    named = os.environ.get("CRYPTOFORECAST_CACHE")
    folder = Path(named) if named else _users_cache()
    (folder / name).mkdir(parents=True, exist_ok=True)
    return folder / name


def _users_cache() -> Path:
    from platformdirs import user_cache_dir

    ensure_cache_home()
    return Path(user_cache_dir("cryptoforecast"))


def ensure_cache_home() -> None:
    """Set ``XDG_CACHE_HOME`` for packages with caches if the user has no home folder, as in a container.

    Raises:
        OSError: if there is no folder for it among the temporary files either.
    """
    if os.environ.get("XDG_CACHE_HOME") or Path(os.path.expanduser("~")).is_absolute():  # noqa: PTH111 (raises nothing)
        return
    folder = Path(tempfile.gettempdir(), f"cryptoforecast-{os.getuid()}")
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.getuid():  # another user could put files there
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    os.environ["XDG_CACHE_HOME"] = str(folder)


def expand_home(path: str | Path) -> Path:
    """A path with a leading ``~`` replaced by the home folder, unless a file of that name exists, as ``~btc.csv``."""
    path = Path(path)
    first = path.parts[0] if path.parts else ""
    if not first.startswith("~"):
        return path
    try:
        return path if first != "~" and Path(first).exists() else path.expanduser()
    except RuntimeError:  # no such user, or no home folder
        return path
