"""A record of the files that this process reads and of the code that opened them, by an audit hook of Python.

Audit hooks are called for every file that Python opens, for SQLite databases and for programs that it starts, but not
for files that a library in another language opens by itself.
"""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, NamedTuple, TypeVar

from cryptoforecast.user_code.installed import PACKAGE, is_installed

SYSTEM_FOLDERS = ("/proc/", "/sys/", "/dev/", "/etc/", "/usr/share/", "/usr/lib", "/lib")
CODE = (".py", ".pyc")
FILE_EVENTS = ("open", "sqlite3.connect", "os.link", "os.symlink", "os.rename")
PROGRAM_EVENTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn")
THREAD_EVENTS = ("_thread.start_new_thread", "_thread.start_joinable_thread")
NETWORK_EVENTS = ("socket.connect",)
EVENTS = frozenset((*FILE_EVENTS, *PROGRAM_EVENTS, *THREAD_EVENTS, *NETWORK_EVENTS))

Function = TypeVar("Function")
_entry_points: set[CodeType] = set()
_loaders: set[CodeType] = set()


def entry_point(function: Function) -> Function:
    """Mark a function that begins an experiment: what has called it is no part of it."""
    _entry_points.add(_code_of(function))
    return function


def loads_a_source(function: Function) -> Function:
    """Mark a function that asks a source for its closes: within it, the source's files may be read."""
    _loaders.add(_code_of(function))
    return function


def _code_of(function: Any) -> CodeType:
    """The code that was written, without what checks shapes around it."""
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    code: CodeType = function.__code__
    return code


class Opened(NamedTuple):
    """A file that was opened, a program that was started or a network address that was connected to.

    Attributes:
        event: name of Python's audit event.
        path: absolute path of the file, command line of the program, or address.
        who: the user's class, function or module that opened it; empty if only libraries took part.
        by_scaling: whether that class is a Scaling.
        in_load: whether a source was being loaded, which may read its files.
    """

    event: str
    path: str
    who: str
    by_scaling: bool
    in_load: bool


@contextmanager
def record_opened_files() -> Iterator[list[Opened]]:
    """Record what is opened within the context, in the list that it returns."""
    if not _hooked:
        _hooked.append(True)
        sys.addaudithook(_hook)  # cannot be removed; does nothing while nothing is recorded
    journal: list[Opened] = []
    _journals.append(journal)
    try:
        yield journal
    finally:
        _journals[:] = [kept for kept in _journals if kept is not journal]


def opened_so_far() -> list[Opened]:
    """What was opened since recording began; empty if it did not begin."""
    return list(_journals[0]) if _journals else []


@contextmanager
def recording_paused() -> Iterator[None]:
    """Do not record what this thread opens within the context, for files that this package itself reads."""
    before = getattr(_thread, "silent", False)
    _thread.silent = True
    try:
        yield
    finally:
        _thread.silent = before


def is_library(path: str) -> bool:
    """Whether a file belongs to Python, to an installed package or to this package."""
    return path.startswith(("<frozen", f"{PACKAGE}{os.sep}")) or is_installed(path)


_hooked: list[bool] = []
_journals: list[list[Opened]] = []
_written: set[str] = set()  # files that this process wrote itself
_of_loading: set[int] = set()  # ids of threads that a source started while it was loaded
_thread = threading.local()


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _journals or event not in EVENTS or getattr(_thread, "silent", False):
        return
    with recording_paused():
        if event in THREAD_EVENTS:
            if _reader(sys._getframe(1)).in_load:
                _of_loading.add(id(getattr(arguments[0], "__self__", None)))
            return
        path = _path_of(event, arguments)
        if path:
            found = _reader(sys._getframe(1))._replace(event=event, path=path)
            for journal in _journals:
                journal.append(found)


def _path_of(event: str, arguments: tuple[Any, ...]) -> str:
    """The path, command line or address of an event; empty if it is not recorded."""
    if event in PROGRAM_EVENTS:
        words = arguments[1] if event == "subprocess.Popen" else arguments[0]
        return " ".join(map(os.fsdecode, words)) if isinstance(words, list | tuple) else os.fsdecode(words)
    if event in NETWORK_EVENTS:
        return str(arguments[1][0] if isinstance(arguments[1], tuple) else "")
    if not isinstance(arguments[0], str | bytes | os.PathLike):
        return ""
    named = os.fsdecode(arguments[0])
    if named == ":memory:" or (named.startswith(SYSTEM_FOLDERS) and not named.startswith("/dev/shm/")):
        return ""
    path = os.path.abspath(named.removeprefix("file:").split("?")[0] if event == "sqlite3.connect" else named)  # noqa: PTH100
    flags = arguments[2] if event == "open" and isinstance(arguments[2], int) else 0
    if flags & os.O_WRONLY or flags & os.O_TRUNC:
        _written.add(path)
        return ""
    return path if path not in _written and not is_library(path) and os.path.isfile(path) else ""  # noqa: PTH113


def _reader(frame: FrameType | None) -> Opened:
    """Who has called, told by the frames up to the way in."""
    owner, who, imports, in_load, of_library = None, "", "", False, False
    while frame is not None:
        place = (frame.f_code.co_filename, frame.f_code.co_name)
        if frame.f_code in _entry_points:
            break
        caller = frame.f_locals.get("self")
        if frame.f_code in _loaders or id(caller) in _of_loading:
            in_load, owner, who, imports = True, None, "", ""  # a source may be built on other code
        elif _is_part(caller):
            owner = caller if owner is None or _is_scaling(caller) else owner
        elif not is_library(place[0]):
            name = os.path.basename(place[0])  # noqa: PTH119
            of_module = place[1] == "<module>"
            who = who or (f"{name}, when it is imported," if of_module else f"{place[1]} in {name}")
            imports = imports or (who if of_module and frame.f_globals.get("__name__") != "__main__" else "")
        elif place[1] == "<module>" and not who and owner is None and not in_load:
            of_library = True
        frame = frame.f_back
    if in_load:
        who, in_load = (type(owner).__name__ if owner is not None else imports), owner is None and not imports
    elif of_library:
        who = ""
    else:
        who = type(owner).__name__ if owner is not None else who
    return Opened("", "", who, _is_scaling(owner), in_load)


def _is_part(value: object) -> bool:
    """Whether an object's class is a user's model, callback or scaling."""
    kinds = [_class("cryptoforecast.models.forecaster", "Forecaster"), _class("lightning.pytorch", "Callback"),
             _class("cryptoforecast.models.scaling", "Scaling")]  # fmt: skip
    return isinstance(value, tuple(kind for kind in kinds if kind)) and not type(value).__module__.startswith(
        ("cryptoforecast.", "lightning.", "torch.")
    )


def _is_scaling(value: object) -> bool:
    kind = _class("cryptoforecast.models.scaling", "Scaling")
    return kind is not None and isinstance(value, kind)


def _class(module: str, name: str) -> type | None:
    return getattr(sys.modules.get(module), name, None)
