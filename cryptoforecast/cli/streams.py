"""Standard output and error that never end a command: it goes on where nobody reads it any more."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, TextIO, cast

NAMES = ("stdin", "stdout", "stderr")


@contextmanager
def steady_streams() -> Iterator[list[str]]:
    """Let output go nowhere once it can go nowhere: a closed stream, a pipe whose reader has gone, a full disk.

    A letter that the stream's encoding does not have is written as its number.

    Yields:
        What kept standard output from being written, other than that its reader has gone: a sentence, if it has come
            to that.
    """
    _fill_closed_descriptors()
    before, problems = (sys.stdout, sys.stderr), list[str]()
    steady = _Steady(sys.stdout, problems), _Steady(sys.stderr, [])
    sys.stdout, sys.stderr = cast(tuple[TextIO, TextIO], steady)
    try:
        yield problems
    finally:
        sys.stdout, sys.stderr = before
        for stream in steady:
            stream.end()


class _Steady:
    """A text stream that swallows what can no longer be written; Python has None in the place of one that is closed."""

    def __init__(self, stream: TextIO | None, problems: list[str]) -> None:
        self._nowhere = _nowhere() if stream is None else None
        self._stream, self._problems = stream or cast(TextIO, self._nowhere), problems
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        with self._going_nowhere_if_need_be():
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._going_nowhere_if_need_be():
            self._stream.flush()

    @contextmanager
    def _going_nowhere_if_need_be(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as problem:  # a closed stream is a wrong value to Python
            if isinstance(problem, OSError) and not isinstance(problem, BrokenPipeError) and not self._problems:
                self._problems.append(f"standard output: cannot be written ({problem.strerror}).")
            self._discard()

    def _discard(self) -> None:
        """Send to nowhere what is still kept in memory too, or Python would complain of it at its end."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)
            return
        self._stream = self._nowhere = _nowhere()

    def end(self) -> None:
        """Write what is still in memory."""
        self.flush()
        if self._nowhere is not None:
            self._nowhere.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (for the rest of the process)


def _fill_closed_descriptors() -> None:
    """Take up the numbers of streams that were closed, or the next file that is opened would be taken for one."""
    for number in range(len(NAMES)):
        try:
            os.fstat(number)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:  # lower ones are taken up already
                os.dup2(nowhere, number)
                os.close(nowhere)
