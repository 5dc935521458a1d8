"""What a process is started in: its working folder, and what the environment says of a backend for figures."""

import os
import sys

from cryptoforecast.errors import UserError

BACKEND = "MPLBACKEND"


def settle_in() -> None:
    """See that there is a working folder, and that figures can be drawn.

    Raises:
        UserError: if the working folder is no more.
    """
    try:
        os.getcwd()  # noqa: PTH109 (no path is wanted)
    except OSError:
        raise UserError("the working folder is no more; change into one that is there.") from None
    if BACKEND in os.environ:
        _forget_backend_that_cannot_be()


def _forget_backend_that_cannot_be() -> None:
    """Forget a backend that matplotlib refuses to start with: nothing is shown here, so none is needed.

    A notebook hands its own on to the commands that it runs, also to those of an environment that does not have it.
    """
    try:
        import matplotlib  # noqa: F401
    except (ImportError, ValueError):
        del os.environ[BACKEND]
        for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
            del sys.modules[name]  # what is left of the attempt
