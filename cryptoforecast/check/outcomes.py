"""How a line ends other than well: exceptions for a warning and for what is not tried, and errors in one sentence."""

from pathlib import Path

from cryptoforecast.audit.lookahead import LookAhead
from cryptoforecast.errors import UserError, first_sentence
from cryptoforecast.user_code.installed import PACKAGE, is_installed


class Fails(Exception):
    """What a line requires does not hold; the text says what was found and what to do."""


class Missing(Exception):
    """What a line tries does not work, and nothing requires it; the text says what was found."""


class NotTried(Exception):
    """A line does not apply to the model, or cannot be tried here; the text is the reason."""


def in_one_sentence(problem: BaseException) -> str:
    """The message of an exception in one line; if it is not ours, with its type and its place in the user's code."""
    if isinstance(problem, LookAhead):
        return f"{problem.reason}."
    if isinstance(problem, UserError | Fails | Missing | NotTried):
        return first_sentence(problem)
    name, sentence = type(problem).__name__, first_sentence(problem)
    sentence = sentence if sentence.startswith(f"{name}:") or sentence == f"{name}." else f"{name}: {sentence}"
    place = _place(problem)
    return f"{sentence.rstrip('.')} ({place})." if place else sentence


def _place(problem: BaseException) -> str | None:
    """File and line of the innermost frame in the user's code; None if there is none."""
    entry, found = problem.__traceback__, None
    while entry is not None:
        file = entry.tb_frame.f_code.co_filename
        if not file.startswith("<") and not file.startswith(PACKAGE) and not is_installed(str(Path(file).resolve())):
            found = f"{Path(file).name}, line {entry.tb_lineno}"
        entry = entry.tb_next
    return found
