"""What the program says to its user when something is not as it should be."""


class UserError(ValueError):
    """Something the user can put right; its text is the whole message, and no traceback is shown for it.

    >>> from cryptoforecast import SimulatedSource
    >>> try:
    ...     SimulatedSource(rows=1)
    ... except UserError as mistake:
    ...     print(mistake)
    data.source.rows is 1; it must be at least 2.
    """


class UsageError(UserError):
    """A command that cannot be understood."""


class Interrupted(UserError):
    """A fit that the user has stopped; the text says how to go on with it."""


class DataNotice(UserWarning):
    """A choice made about the data that the user did not ask for and should know of.

    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", DataNotice)  # or "error", to have none of it
    """


def first_sentence(problem: BaseException) -> str:
    r"""What an exception says, in one line that ends with a full stop.

    >>> first_sentence(ValueError("`swa_lrs` is missing.\n  See the docs"))
    '`swa_lrs` is missing.'
    """
    text = str(problem).strip()
    lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
    sentence = lines[0] if lines else type(problem).__name__
    if isinstance(problem, KeyError | AssertionError | ZeroDivisionError | IndexError):
        sentence = f"{type(problem).__name__}: {sentence}" if lines else sentence
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence.rstrip(':;,')}."
