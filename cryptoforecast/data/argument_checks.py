"""Checks of arguments; each error is one sentence that names the setting and its value."""

from collections.abc import Sequence

from cryptoforecast.errors import UserError

LARGEST_COUNT = 2**31 - 1


def require_count(setting: str, value: object, least: int = 1, most: int = LARGEST_COUNT) -> None:
    """Check that a value is a whole number within bounds; True and False are not.

    Raises:
        UserError: if it is not.

    >>> require_count("data.horizon", 0)
    Traceback (most recent call last):
    cryptoforecast.errors.UserError: data.horizon is 0; it must be at least 1.
    """
    if not isinstance(value, int) or isinstance(value, bool):
        raise UserError(f"{setting} is {value!r}, which is not a whole number.")
    if value < least:
        raise UserError(f"{setting} is {value}; it must be at least {least}.")
    if value > most:
        raise UserError(f"{setting} is {value}; it must be at most {most}.")


def require_text(setting: str, value: object, example: str) -> None:
    """Check that a value is a text or None.

    Raises:
        UserError: if it is not, such as a symbol 005930 that YAML has read as a number.
    """
    if value is not None and not isinstance(value, str):
        raise UserError(f"{setting} is {value!r}, which is not a text; put it in quotes, as in '{example}'.")


def require_choice(setting: str, value: object, choices: Sequence[str]) -> None:
    """Check that a value is one of several words.

    Raises:
        UserError: naming the words, if it is not.
    """
    if value not in choices:
        raise UserError(f"{setting} is {value!r}; it is one of {', '.join(choices)}.")
