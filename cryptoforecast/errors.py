"""What the program says to its user when something is not as it should be."""


class UserError(ValueError):
    """Something the user can put right; its text is the whole message, and no traceback is shown for it."""


class UsageError(UserError):
    """A command that cannot be understood."""


class DataNotice(UserWarning):
    """A choice made about the data that the user did not ask for and should know of."""
