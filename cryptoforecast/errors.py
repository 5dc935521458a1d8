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


class DataNotice(UserWarning):
    """A choice made about the data that the user did not ask for and should know of.

    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", DataNotice)  # or "error", to have none of it
    """
