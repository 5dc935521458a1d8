"""Arguments that are refused where they are given, each in one sentence that names the setting and its value."""

from collections.abc import Sequence

from cryptoforecast.errors import UserError

MOST = 2**31 - 1  # of anything that is counted here


def require_count(setting: str, value: object, least: int = 1, most: int = MOST) -> None:
    """See that a value is a whole number; a truth value is none, though Python counts with it.

    Raises:
        UserError: if it is none, or lies outside its bounds.

    >>> require_count("data.horizon", 0)
    Traceback (most recent call last):
    cryptoforecast.errors.UserError: data.horizon is 0; it must be at least 1.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise UserError(f"{setting} is {value!r}, which is no whole number.")
    if value < least:
        raise UserError(f"{setting} is {value}; it must be at least {least}.")
    if value > most:
        raise UserError(f"{setting} is {value}; it must be at most {most}.")


def require_text(setting: str, value: object, example: str) -> None:
    """See that a value is a text, if there is one.

    Raises:
        UserError: if it is something else, such as a symbol 005930 that YAML has read as a number.
    """
    if value is not None and not isinstance(value, str):
        raise UserError(f"{setting} is {value!r}, which is no text; put it in quotes, as in '{example}'.")


def require_choice(setting: str, value: object, choices: Sequence[str]) -> None:
    """See that a value is one of a few words.

    Raises:
        UserError: naming them, if it is none of them.
    """
    if value not in choices:
        raise UserError(f"{setting} is {value!r}; it is one of {', '.join(choices)}.")
