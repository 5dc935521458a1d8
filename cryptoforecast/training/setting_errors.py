"""The setting that caused an exception, by the part of Lightning or torch that raised it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from lightning.fabric.utilities.exceptions import MisconfigurationException

from cryptoforecast.errors import UserError, first_sentence
from cryptoforecast.user_code.exception_origin import cause_in_user_code, innermost_frames_first, is_raised_by_user
from cryptoforecast.user_code.installed import PACKAGE

# Paths of the code of a setting's classes, and the setting; the first match counts.
PARTS = (
    (r"lightning/pytorch/callbacks/", "trainer.callbacks"),
    (r"lightning/(pytorch|fabric)/loggers/", "trainer.logger"),
    (r"lightning/pytorch/profilers/", "trainer.profiler"),
    (r"lightning/(pytorch|fabric)/plugins/precision/", "trainer.precision"),
    (r"lightning/(pytorch|fabric)/plugins/environments/", "trainer.devices"),
    (r"lightning/(pytorch|fabric)/(plugins|accelerators)/", "trainer.accelerator"),
    (r"lightning/(pytorch|fabric)/strategies/", "trainer.strategy"),
    (r"torch/optim/lr_scheduler\.py", "model.scheduler"),
    (r"torch/optim/(?!swa_utils)", "model.optimizer"),
    (r"lightning/(pytorch|fabric)/", "trainer"),
)
REFUSALS = (
    ValueError,
    RuntimeError,
    NotImplementedError,
    ImportError,
    MisconfigurationException,
)  # of Lightning's core
NAMED_BY_CLASS = ("trainer.callbacks", "trainer.logger", "trainer.profiler")


@contextmanager
def setting_errors_in_one_sentence() -> Iterator[None]:
    """A context that turns an exception of a setting's class into one sentence, and raises the user's own unchanged.

    Raises:
        UserError: naming the setting, with the message of the exception.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as problem:
        if theirs := cause_in_user_code(problem):
            raise theirs from theirs.__cause__
        setting = setting_at_fault(problem)
        if setting is None:
            raise
        raise UserError(f"{setting}: {first_sentence(problem)}") from None


@contextmanager
def refusals_in_one_sentence() -> Iterator[None]:
    """Let what Lightning or the file system refuses a verb be one sentence; the user's own exceptions stay.

    Raises:
        UserError: with what Lightning says, or the file and what the system says.
    """
    try:
        yield
    except MisconfigurationException as problem:  # Lightning's word for an option of the Trainer that cannot be
        if is_raised_by_user(problem):
            raise
        raise UserError(str(problem)) from None
    except OSError as problem:  # a folder that cannot be written, a disk that is full
        if is_raised_by_user(problem):
            raise
        raise UserError(f"{problem.filename}: {problem.strerror}." if problem.filename else str(problem)) from None


@contextmanager
def value_errors_in_one_sentence() -> Iterator[None]:
    """A context that turns a ValueError of a class of ours or torch's into one sentence, without the parser's text.

    Raises:
        UserError: with the message of the innermost exception.
    """
    try:
        yield
    except ValueError as problem:
        if isinstance(problem, UserError) or is_raised_by_user(problem):
            raise
        innermost: BaseException = problem
        while innermost.__cause__:
            innermost = innermost.__cause__
        raise UserError(first_sentence(innermost)) from None


def setting_at_fault(problem: BaseException) -> str | None:
    """The setting whose code raised an exception, with the class where several can be named.

    Args:
        problem: was raised and caught.

    Returns:
        Such as ``trainer.callbacks: DeviceStatsMonitor``; None for an exception of the user's code, or of ours.
    """
    if is_raised_by_user(problem):
        return None
    frames = list(innermost_frames_first(problem))
    general = None
    for frame in frames:
        file = frame.f_code.co_filename
        if file.startswith(PACKAGE):
            break
        setting = next((setting for pattern, setting in PARTS if re.search(pattern, file.replace("\\", "/"))), None)
        if setting == "trainer":  # a callback may be what has called it
            general = setting if isinstance(problem, REFUSALS) else None
        elif setting is not None:
            return f"{setting}: {_class_of(frame)}" if setting in NAMED_BY_CLASS else setting
    return general


def _class_of(frame: FrameType) -> str:
    owner = frame.f_locals.get("self")
    return type(owner).__name__ if owner is not None else frame.f_code.co_name
