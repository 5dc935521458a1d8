"""Whether a file belongs to Python or to an installed package, and so is not the user's code."""

import functools
import os
import site
import sys
import sysconfig

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 (pathlib takes longer)
PACKAGE_FOLDERS = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")


def is_installed(file: str) -> bool:
    """Whether a file belongs to Python or to an installed package.

    Args:
        file: an absolute path.
    """
    return file.startswith(_folders(tuple(sys.path))) or any(folder in file for folder in PACKAGE_FOLDERS)


@functools.lru_cache(maxsize=8)
def _folders(path: tuple[str, ...]) -> tuple[str, ...]:
    """The folders of Python and of installed packages, also those of ``pip install --target``."""
    names = [sysconfig.get_path(kind) for kind in ("stdlib", "platstdlib", "purelib", "platlib")]
    names += [*site.getsitepackages(), site.getusersitepackages(), *filter(_holds_packages, path)]
    return tuple({f"{folder}{os.sep}" for name in names for folder in (name, os.path.realpath(name))})


def _holds_packages(folder: str) -> bool:
    """Whether packages were installed into a folder: whether it has their metadata."""
    try:
        return bool(folder) and any(name.endswith(".dist-info") for name in os.listdir(folder))  # noqa: PTH208
    except OSError:
        return False
