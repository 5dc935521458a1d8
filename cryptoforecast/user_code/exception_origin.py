"""Whose code raised an exception: the user's, which keeps its traceback, or what surrounds it, which has a sentence."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

from cryptoforecast.user_code.installed import PACKAGE, is_installed


def is_raised_by_user(problem: BaseException) -> bool:
    """Whether an exception, or the one it was raised from, comes from code that the user has written.

    Of the code that is neither Python's nor an installed package's, the innermost decides: the user's, or ours. So a
    file that ``numpy.load`` does not find for a training step is the step's doing.

    Args:
        problem: was raised and caught.
    """
    return cause_in_user_code(problem) is not None


def cause_in_user_code(problem: BaseException) -> BaseException | None:
    """The exception itself, or the one that it was raised ``from``, if the user's code raised it; None if none did.

    What was merely being handled when another exception was raised is not its cause.

    Args:
        problem: was raised and caught.
    """
    link: BaseException | None = problem
    while link is not None:
        owner = next((owner for owner in map(_is_users, innermost_frames_first(link)) if owner is not None), False)
        if owner:
            return link
        link = link.__cause__
    return None


def innermost_frames_first(problem: BaseException) -> Iterator[FrameType]:
    """The frames that an exception went through, the one that raised it first."""
    frames, entry = [], problem.__traceback__
    while entry is not None:
        frames.append(entry.tb_frame)
        entry = entry.tb_next
    yield from reversed(frames)


def passed_through(problem: BaseException, folders: Sequence[str]) -> bool:
    """Whether an exception went through code that lies in one of some folders.

    Args:
        problem: was raised and caught.
        folders: parts of paths, with forward slashes.
    """
    files = [frame.f_code.co_filename.replace("\\", "/") for frame in innermost_frames_first(problem)]
    return any(folder in file for file in files for folder in folders)


def _is_users(frame: FrameType) -> bool | None:
    """Whether a frame's code is the user's; False if it is ours, None if it is somebody else's."""
    name = frame.f_code.co_filename
    if name.startswith("<"):  # made by a program, as dataclasses are
        return None
    file = Path(name).resolve()
    if file.is_relative_to(PACKAGE):
        return False
    return None if is_installed(str(file)) else True
