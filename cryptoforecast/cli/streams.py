"""Standard output and error that may be closed while a command runs, without ending it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from typing import Any, TextIO, cast

NAMES = ("stdin", "stdout", "stderr")


@contextmanager
def streams_that_may_close() -> Iterator[list[str]]:
    """Discard what is printed once it cannot be written: to a closed stream, a pipe without a reader, a full disk.

    A character that the stream's encoding lacks is written as an escape.

    Yields:
        A list that gets a sentence when standard output cannot be written for another reason than a missing reader.
    """
    _open_closed_descriptors()
    before, problems = (sys.stdout, sys.stderr), list[str]()
    streams = _DiscardingStream(sys.stdout, problems), _DiscardingStream(sys.stderr, [])
    sys.stdout, sys.stderr = cast(tuple[TextIO, TextIO], streams)
    try:
        yield problems
    finally:
        sys.stdout, sys.stderr = before
        for stream in streams:
            stream.end()


class _DiscardingStream:
    """A text stream that discards what can no longer be written; None stands for one that was closed at the start."""

    def __init__(self, stream: TextIO | None, problems: list[str]) -> None:
        self._null = _null_stream() if stream is None else None
        self._stream, self._problems = stream or cast(TextIO, self._null), problems
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")

    def write(self, text: str) -> int:
        with self._discarding_on_failure():
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with self._discarding_on_failure():
            self._stream.flush()

    @contextmanager
    def _discarding_on_failure(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as problem:  # Python raises ValueError for a closed stream
            if isinstance(problem, OSError) and not isinstance(problem, BrokenPipeError) and not self._problems:
                self._problems.append(f"standard output: cannot be written ({problem.strerror}).")
            self._discard()

    def _discard(self) -> None:
        """Discard what is still buffered too; otherwise Python would report it when it exits."""
        with suppress(OSError, ValueError):
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, self._stream.fileno())
            os.close(null)
            return
        self._stream = self._null = _null_stream()

    def end(self) -> None:
        """Write what is still buffered."""
        self.flush()
        if self._null is not None:
            self._null.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _null_stream() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123 (for the rest of the process)


def _open_closed_descriptors() -> None:
    """Open the null device in place of streams that were closed, or the next file opened would get their numbers."""
    for number in range(len(NAMES)):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)
            if null != number:  # lower ones are open already
                os.dup2(null, number)
                os.close(null)
