"""Words for lists that may be long."""

from collections.abc import Iterable

MOST = 5  # members named of a list; a sentence is to be read at one glance


def listed(names: Iterable[object], most: int = MOST) -> str:
    """The names, of many the first few and how many more there are.

    >>> listed(["BTC", "ETH"]), listed(range(30), most=3)
    ('BTC, ETH', '0, 1, 2 and 27 more')
    """
    every = [str(name) for name in names]
    if len(every) <= most + 1:  # "and 1 more" would be no shorter than its name
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most:,} more"


def as_label(name: object, most: int = 32) -> str:
    """A name as pictures show it: shortened, its dollar signs no formula, and no underscore first, which hides it.

    >>> as_label("LSTM"), as_label("_own"), as_label("a name that is far too long for a legend")
    ('LSTM', ' _own', 'a name that is far too long for…')
    """
    text = shortened(name, most).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def shortened(name: object, most: int = 32) -> str:
    """A name on one line, its end left out where it is long."""
    text = " ".join(str(name).split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
