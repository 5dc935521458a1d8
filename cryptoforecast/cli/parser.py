"""The parser of the options that a verb has for itself, whose complaints are errors of the command line."""

import argparse
from typing import NoReturn

from cryptoforecast.errors import UsageError


class Parser(argparse.ArgumentParser):
    """An ``ArgumentParser`` that raises a UsageError where argparse would print its usage and exit."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse complains of, and name the verb's help."""
        raise UsageError(f"{message}; see {self.prog.split()[-1]} --help.")
