"""Errors and warnings for the user."""


class UserError(ValueError):
    """An error that the user can correct; its text is the whole message, and the command line shows no traceback.

    >>> from cryptoforecast import SimulatedSource
    >>> try:
    ...     SimulatedSource(rows=1)
    ... except UserError as mistake:
    ...     print(mistake)
    data.source.rows is 1; it must be at least 2.
    """


class UsageError(UserError):
    """An invalid command line."""


class Interrupted(UserError):
    """A fit that the user has stopped; the text says how to go on with it."""


class DataNotice(UserWarning):
    """A warning about the data or a score, such as a choice that was made without the user's asking.

    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", DataNotice)  # or "error", to have none of it
    """


def first_sentence(problem: BaseException) -> str:
    r"""The message of an exception as one line that ends with a full stop.

    >>> first_sentence(ValueError("`swa_lrs` is missing.\n  See the docs"))
    '`swa_lrs` is missing.'
    """
    text = str(problem).strip()
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    sentence = lines[0] if lines else type(problem).__name__
    if isinstance(problem, KeyError | AssertionError | ZeroDivisionError | IndexError):
        sentence = f"{type(problem).__name__}: {sentence}" if lines else sentence
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence.rstrip(':;,')}."
