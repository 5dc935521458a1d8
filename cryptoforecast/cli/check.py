"""``check``: does a model hold what the framework relies on, and does it find what is planted?"""

from collections.abc import Sequence

from cryptoforecast.check.command import check_words
from cryptoforecast.check.result import Line
from cryptoforecast.errors import UserError


def run(words: Sequence[str]) -> None:
    """Print each line as soon as it is tried, then what they come to.

    Args:
        words: ``check``, a class, and its options.

    Raises:
        UserError: if the command cannot be understood; or if a line fails, with the names of those that do.
    """

    def print_line(line: Line) -> None:
        print(line, flush=True)

    result = check_words(words, print_line)
    if not result.ok:
        raise UserError(f"check: {result.sentence}")
    print(f"\n{result.sentence}")
