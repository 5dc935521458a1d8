"""Numbers and names in the words that tables and sentences share."""

import math

LARGE, LARGE_PRICE = 1e6, 1e15  # beyond these, a number is no longer read by its digits
SIMULATED = "SIMULATED closes, at which nobody ever traded"


def say_p_value(value: float) -> str:
    """A p-value as sentences give it.

    >>> say_p_value(0.0312), say_p_value(0.0002)
    ('p = 0.031', 'p < 0.001')
    """
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"


def p_value_cell(value: float | None, none: str = "-") -> str:
    """A p-value as tables give it.

    >>> p_value_cell(0.0312), p_value_cell(0.0002), p_value_cell(None)
    ('0.031', '< 0.001', '-')
    """
    return none if value is None else say_p_value(value).removeprefix("p ").removeprefix("= ")


def ordinal(number: int) -> str:
    """A place in a row.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '102nd', '111th']
    """
    endings = {1: "st", 2: "nd", 3: "rd"}
    return f"{number:,}{'th' if number % 100 in (11, 12, 13) else endings.get(number % 10, 'th')}"


def counted(number: int, thing: str) -> str:
    """A count of things.

    >>> counted(1, "variant"), counted(1200, "variant")
    ('1 variant', '1,200 variants')
    """
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def name_of(series: str, simulated: bool) -> str:
    """A series' name as tables and figures give it: simulated closes are never without that word."""
    return f"{series} (SIMULATED)" if simulated and "SIMULATED" not in series else series


def bounded(value: float, style: str, most: float = LARGE) -> str:
    """A number in a style with a fixed count of decimals; one that is too large for its column, in powers of ten.

    >>> bounded(0.03125, "+.4f"), bounded(-8.791e11, "+.4f"), bounded(123456.7, ",.1f")
    ('+0.0312', '-8.79e+11', '123,456.7')
    """
    if abs(value) < most or not math.isfinite(value):
        return format(value, style)
    return format(value, "+.2e" if style.startswith("+") else ".2e")


def say_price(value: float) -> str:
    """A price with enough digits to tell models apart, for Bitcoin and for a coin of a billionth of a dollar.

    >>> say_price(64123.456), say_price(0.07), say_price(1.2345678e-9)
    ('64,123.5', '0.070000', '1.2346e-09')
    """
    return bounded(value, ",.1f", LARGE_PRICE) if value >= 1000 else f"{value:#.5g}"
