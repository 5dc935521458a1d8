"""The console that tables are printed on."""

import sys

from rich.console import Console

from cryptoforecast.evaluation.printed_verdict import WIDTH


def console() -> Console:
    """The terminal; where output goes elsewhere, a hundred columns."""
    return Console() if sys.stdout.isatty() else Console(width=WIDTH)
