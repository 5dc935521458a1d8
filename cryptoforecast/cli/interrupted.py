"""What a verb that can go on says when it is interrupted."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def saying_what_is_kept() -> Iterator[None]:
    """Print what is kept, which the interruption itself says, and let it end the process as Ctrl-C does."""
    try:
        yield
    except KeyboardInterrupt as stopped:
        if str(stopped):
            print(f"\n{stopped}", file=sys.stderr)
        raise
