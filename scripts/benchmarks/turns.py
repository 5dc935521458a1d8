"""Programs that take turns of a few epochs: whatever else the machine does meanwhile, it does to all of them."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

PROGRAMS = Path(__file__).parent / "programs"
TURN = 5  # epochs
REST = 0.03  # seconds between two turns, until the threads of the one before have given up waiting for work


def take_turns(programs: Mapping[str, Sequence[str]], epochs: int) -> dict[str, list[float]]:
    """Train with all programs at once, of which one computes at a time.

    Args:
        programs: command lines.
        epochs: how many each of them trains, a multiple of ``TURN``.

    Returns:
        Seconds of each program's epochs but the first of each turn, which finds the caches full of another's.

    Raises:
        SystemExit: with what it said, if one failed.
    """
    with ExitStack() as held:
        waiting = {name: Waiting(words, held) for name, words in programs.items()}
        for program in waiting.values():
            program.hear()
        for _ in range(epochs // TURN):
            for program in waiting.values():
                time.sleep(REST)
                program.go()
                program.hear()
        for program in waiting.values():  # only now, for to end takes time too
            program.go()
        return {name: program.seconds() for name, program in waiting.items()}


class Waiting:
    """A program of this folder that trains when it is told to."""

    def __init__(self, words: Sequence[str], held: ExitStack) -> None:
        go, self._go = os.pipe()
        self._done, done = os.pipe()
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 (closed below); an unread pipe would fill up
        held.callback(self._said.close)
        self._child = subprocess.Popen(
            words,
            stdout=self._said,
            stderr=subprocess.STDOUT,
            env={**os.environ, "BATON": f"{go} {done} {TURN}"},
            pass_fds=(go, done),
        )
        held.callback(self._child.wait)
        held.callback(self._child.kill)
        for inherited in (go, done):
            os.close(inherited)
        for own in (self._go, self._done):
            held.callback(os.close, own)

    def go(self) -> None:
        """Let it have its turn, or end."""
        os.write(self._go, b".")

    def hear(self) -> None:
        """Wait until it stands before a turn, or at the end."""
        if not os.read(self._done, 1):
            self._child.wait()
            self._said.seek(0)
            raise SystemExit(f"{self._child.args} failed:\n{self._said.read()[-2000:]}")

    def seconds(self) -> list[float]:
        """Of each epoch that counts."""
        self._child.wait()
        self._said.seek(0)
        (told,) = (line for line in self._said if line.startswith('{"first_step"'))
        return [seconds for at, seconds in enumerate(json.loads(told)["epochs"]) if at % TURN]


def words_of(program: str, closes: Path, epochs: int, size: str, python: str = sys.executable) -> list[str]:
    """The command line of a program of this folder."""
    return [python, str(PROGRAMS / f"{program}.py"), str(closes), str(epochs), size]
