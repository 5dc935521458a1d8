"""How pictures look: as matplotlib draws by itself, whatever the user's settings of matplotlib are."""

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def default_style() -> Iterator[None]:
    """Matplotlib's defaults, for as long as figures are made and drawn.

    A ``matplotlibrc`` of the working folder may ask for fonts, or for a LaTeX, that are not there.
    """
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield
