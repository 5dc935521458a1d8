"""Checks of what a process is started in: its working folder, and the environment's backend for figures."""

import os
import sys

from cryptoforecast.errors import UserError

BACKEND = "MPLBACKEND"


def check_environment() -> None:
    """Check that the working folder exists and that figures can be drawn.

    Raises:
        UserError: if the working folder has been removed.
    """
    try:
        os.getcwd()  # noqa: PTH109 (no path is wanted)
    except OSError:
        raise UserError("the working folder is no more; change into one that is there.") from None
    if BACKEND in os.environ:
        _unset_unusable_backend()


def _unset_unusable_backend() -> None:
    """Unset a backend that matplotlib cannot load; none is needed, because no figure is shown.

    A notebook passes its backend on to the commands that it runs, also those of an environment that lacks it.
    """
    try:
        import matplotlib  # noqa: F401
    except (ImportError, ValueError):
        del os.environ[BACKEND]
        for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
            del sys.modules[name]  # remains of the failed import
