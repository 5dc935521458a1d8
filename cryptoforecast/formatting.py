"""Lists, names, counts and numbers as messages, tables and figures show them."""

import difflib
import math
from collections.abc import Iterable

MAX_NAMES = 5  # in a list within a sentence
LARGE, LARGE_PRICE = 1e6, 1e15  # from these on, numbers are written in powers of ten
SIMULATED = "SIMULATED closes, at which nobody ever traded"


def join_names(names: Iterable[object], most: int = MAX_NAMES) -> str:
    """Names joined by commas, at most ``most`` of them, and the number of the rest.

    >>> join_names(["BTC", "ETH"]), join_names(range(30), most=3)
    ('BTC, ETH', '0, 1, 2 and 27 more')
    """
    texts = [str(name) for name in names]
    if len(texts) <= most + 1:  # "and 1 more" would not be shorter than the name
        return ", ".join(texts)
    return f"{', '.join(texts[:most])} and {len(texts) - most:,} more"


def nearest_of(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, or all of a few, as the end of a sentence that names a wrong one.

    >>> nearest_of("hiden_size", ["hidden_size", "dropout"])
    '; the nearest is hidden_size'
    """
    known = sorted(set(known))
    if nearest := difflib.get_close_matches(word, known, n=1, cutoff=0.5):
        return f"; the nearest is {nearest[0]}"
    return f"; there are {', '.join(known)}" if 0 < len(known) <= 20 else ""


def plot_label(name: object, most: int = 32) -> str:
    """A name as a label of matplotlib: shortened, dollar signs escaped, without a leading underscore, which hides it.

    >>> plot_label("LSTM"), plot_label("_own"), plot_label("a name that is far too long for a legend")
    ('LSTM', ' _own', 'a name that is far too long for…')
    """
    text = shorten(name, most).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def shorten(name: object, most: int = 32) -> str:
    """A name on one line of at most ``most`` characters, with an ellipsis if it is longer."""
    text = " ".join(str(name).split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def format_p_value(value: float) -> str:
    """A p-value as in a sentence.

    >>> format_p_value(0.0312), format_p_value(0.0002)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"


def p_value_cell(value: float | None, none: str = "-") -> str:
    """A p-value as in a table.

    >>> p_value_cell(0.0312), p_value_cell(0.0002), p_value_cell(None)
    ('0.031', '< 0.001', '-')
    """
    return none if value is None else format_p_value(value).removeprefix("p ").removeprefix("= ")


def ordinal(number: int) -> str:
    """An ordinal number.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '111th']
    """
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number:,}{'th' if number % 100 in (11, 12, 13) else endings.get(number % 10, 'th')}"


def count_of(number: int, thing: str) -> str:
    """A number with a noun in the singular or plural.

    >>> count_of(1, "variant"), count_of(1200, "variant")
    ('1 variant', '1,200 variants')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def display_name(series: str, simulated: bool) -> str:
    """The name of a series in tables and figures, marked as SIMULATED if it is."""
    return f"{series} (SIMULATED)" if simulated and "SIMULATED" not in series else series


def format_number(value: float, style: str, most: float = LARGE) -> str:
    """A number in a format, or in powers of ten if its absolute value is at least ``most``.

    >>> format_number(0.03125, "+.4f"), format_number(-8.791e11, "+.4f"), format_number(123456.7, ",.1f")
    ('+0.0312', '-8.79e+11', '123,456.7')
    """
    if abs(value) < most or not math.isfinite(value):
        return format(value, style)
    return format(value, "+.2e" if style.startswith("+") else ".2e")


def format_price(value: float) -> str:
    """A price with enough digits to tell models apart, whether 60,000 dollars or a billionth of one.

    >>> format_price(64123.456), format_price(0.07), format_price(1.2345678e-9)
    ('64,123.5', '0.070000', '1.2346e-09')
    """
    return format_number(value, ",.1f", LARGE_PRICE) if value >= 1000 else f"{value:#.5g}"
