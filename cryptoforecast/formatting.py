"""Lists, names, counts and numbers as messages, tables and figures show them."""

import math
from collections.abc import Iterable

MAX_NAMES = 5  # in a list within a sentence
LARGE, LARGE_PRICE = 1e6, 1e15  # beyond these, a number is no longer read by its digits
SIMULATED = "SIMULATED closes, at which nobody ever traded"


def join_names(names: Iterable[object], most: int = MAX_NAMES) -> str:
    """The names, of many the first few and how many more there are.

    >>> join_names(["BTC", "ETH"]), join_names(range(30), most=3)
    ('BTC, ETH', '0, 1, 2 and 27 more')
    """
    every = [str(name) for name in names]
    if len(every) <= most + 1:  # "and 1 more" would be no shorter than its name
        return ", ".join(every)
    return f"{', '.join(every[:most])} and {len(every) - most:,} more"


def plot_label(name: object, most: int = 32) -> str:
    """A name as pictures show it: shortened, its dollar signs no formula, and no underscore first, which hides it.

    >>> plot_label("LSTM"), plot_label("_own"), plot_label("a name that is far too long for a legend")
    ('LSTM', ' _own', 'a name that is far too long for…')
    """
    text = shorten(name, most).replace("$", r"\$")
    return f" {text}" if text.startswith("_") else text


def shorten(name: object, most: int = 32) -> str:
    """A name on one line, its end left out where it is long."""
    text = " ".join(str(name).split())
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def format_p_value(value: float) -> str:
    """A p-value as sentences give it.

    >>> format_p_value(0.0312), format_p_value(0.0002)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"


def p_value_cell(value: float | None, none: str = "-") -> str:
    """A p-value as tables give it.

    >>> p_value_cell(0.0312), p_value_cell(0.0002), p_value_cell(None)
    ('0.031', '< 0.001', '-')
    """
    return none if value is None else format_p_value(value).removeprefix("p ").removeprefix("= ")


def ordinal(number: int) -> str:
    """A place in a row.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '111th']
    """
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number:,}{'th' if number % 100 in (11, 12, 13) else endings.get(number % 10, 'th')}"


def count_of(number: int, thing: str) -> str:
    """A count of things.

    >>> count_of(1, "variant"), count_of(1200, "variant")
    ('1 variant', '1,200 variants')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def display_name(series: str, simulated: bool) -> str:
    """A series' name as tables and figures give it: simulated closes are never without that word."""
    return f"{series} (SIMULATED)" if simulated and "SIMULATED" not in series else series


def format_number(value: float, style: str, most: float = LARGE) -> str:
    """A number in a style with a fixed count of decimals; one that is too large for its column, in powers of ten.

    >>> format_number(0.03125, "+.4f"), format_number(-8.791e11, "+.4f"), format_number(123456.7, ",.1f")
    ('+0.0312', '-8.79e+11', '123,456.7')
    """
    if abs(value) < most or not math.isfinite(value):
        return format(value, style)
    return format(value, "+.2e" if style.startswith("+") else ".2e")


def format_price(value: float) -> str:
    """A price with enough digits to tell models apart, for Bitcoin and for a coin of a billionth of a dollar.

    >>> format_price(64123.456), format_price(0.07), format_price(1.2345678e-9)
    ('64,123.5', '0.070000', '1.2346e-09')
    """
    return format_number(value, ",.1f", LARGE_PRICE) if value >= 1000 else f"{value:#.5g}"
