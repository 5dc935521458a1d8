"""Where tables are printed: the terminal, standard output elsewhere, and texts; in a notebook the same lines as there.

Rich by itself makes a display of each line in a notebook, also of what is printed into a text.
"""

import io
import sys
from collections.abc import Callable

from rich.console import Console

WIDTH = 100  # characters of a line without a terminal


def default_console() -> Console:
    """The terminal; where output goes elsewhere, a hundred columns."""
    return Console(width=None if sys.stdout.isatty() else WIDTH, force_jupyter=False)


def printed(show: Callable[[Console], object]) -> str:
    """What a function prints on a console of a hundred columns.

    >>> printed(lambda console: console.print("a verdict"))
    'a verdict'
    """
    text = io.StringIO()
    show(Console(file=text, width=WIDTH, force_terminal=False, force_jupyter=False))
    return text.getvalue().rstrip()
