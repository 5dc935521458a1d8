"""Whether an exception comes from the user's code; it then keeps its traceback, others are shown as a sentence."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from cryptoforecast.user_code.installed import PACKAGE, is_installed


def is_raised_by_user(problem: BaseException) -> bool:
    """Whether an exception, or the one it was raised ``from``, comes from the user's code.

    Frames of Python and of installed packages are skipped; the innermost of the others decides, which is in the user's
    code or in this package. An error of ``numpy.load`` within a user's training step thus counts as the user's.

    Args:
        problem: a caught exception.
    """
    return cause_in_user_code(problem) is not None


def cause_in_user_code(problem: BaseException) -> BaseException | None:
    """The first exception in the chain of ``raise … from`` that comes from the user's code; None without one.

    An exception that was being handled while another was raised, ``__context__``, is not part of the chain.

    Args:
        problem: a caught exception.
    """
    link: BaseException | None = problem
    while link is not None:
        owner = next((owner for owner in map(_is_users, innermost_frames_first(link)) if owner is not None), False)
        if owner:
            return link
        link = link.__cause__
    return None


def innermost_frames_first(problem: BaseException) -> Iterator[FrameType]:
    """The frames of an exception's traceback, beginning with the one that raised it."""
    frames, entry = [], problem.__traceback__
    while entry is not None:
        frames.append(entry.tb_frame)
        entry = entry.tb_next
    yield from reversed(frames)


def passed_through(problem: BaseException, folders: Sequence[str]) -> bool:
    """Whether a frame of an exception's traceback is in one of some folders.

    Args:
        problem: a caught exception.
        folders: parts of paths, with forward slashes.
    """
    files = [frame.f_code.co_filename.replace("\\", "/") for frame in innermost_frames_first(problem)]
    return any(folder in file for file in files for folder in folders)


def _is_users(frame: FrameType) -> bool | None:
    """True for a frame in the user's code, False for one in this package, None for any other."""
    name = frame.f_code.co_filename
    if name.startswith("<"):  # generated code, as of dataclasses
        return None
    file = Path(name).resolve()
    if file.is_relative_to(PACKAGE):
        return False
    return None if is_installed(str(file)) else True
