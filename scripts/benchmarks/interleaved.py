"""Train with several programs in turn, a few epochs each: other work on the machine slows all of them alike."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

PROGRAMS = Path(__file__).parent / "training_programs"
EPOCHS_PER_TURN = 5
PAUSE_S = 0.03  # between two turns: until the OpenMP threads of the program before have stopped spinning


def epochs_of_each(programs: Mapping[str, Sequence[str]], epochs: int) -> dict[str, list[float]]:
    """Start all programs, let them train in turn, and return the seconds of their epochs.

    Args:
        programs: command lines by name, each of a program in ``training_programs``.
        epochs: how many each program trains; a multiple of ``EPOCHS_PER_TURN``.

    Returns:
        Seconds by program of all epochs but the first of each turn, which runs with cold caches.

    Raises:
        SystemExit: with the end of a program's output, if it failed.
    """
    with ExitStack() as stack:
        paused = start_paused(programs, stack)
        for _ in range(epochs // EPOCHS_PER_TURN):
            for program in paused.values():
                program.train_one_turn()
        for program in paused.values():  # all at the end: ending takes time too
            program.resume()
        return {name: [second for turn in program.turns() for second in turn] for name, program in paused.items()}


def start_paused(programs: Mapping[str, Sequence[str]], stack: ExitStack) -> dict[str, "PausedProgram"]:
    """Start all programs, and return them once each is ready to train its first epoch."""
    paused = {name: PausedProgram(command, stack) for name, command in programs.items()}
    for program in paused.values():
        program.wait_until_paused()
    return paused


class PausedProgram:
    """A process of a training program that trains one turn each time it is told to.

    Args:
        command: its command line.
        stack: ends the process and closes its pipes.
    """

    def __init__(self, command: Sequence[str], stack: ExitStack) -> None:
        resume, self._resume = os.pipe()
        self._paused, paused = os.pipe()
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115 (the stack closes it); an unread pipe would fill up
        stack.callback(self._output.close)
        self._process = subprocess.Popen(
            command,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "BENCHMARK_TURNS": f"{resume} {paused} {EPOCHS_PER_TURN}"},
            pass_fds=(resume, paused),
        )
        stack.callback(self._process.wait)
        stack.callback(self._process.kill)
        for end_of_child in (resume, paused):
            os.close(end_of_child)
        for end_of_parent in (self._resume, self._paused):
            stack.callback(os.close, end_of_parent)

    def train_one_turn(self) -> None:
        """Let the program train ``EPOCHS_PER_TURN`` epochs, and wait until it has."""
        time.sleep(PAUSE_S)
        self.resume()
        self.wait_until_paused()

    def resume(self) -> None:
        """Let the program go on to its next pause, or to its end."""
        os.write(self._resume, b".")

    def wait_until_paused(self) -> None:
        """Wait until the program pauses before a turn or after its last one.

        Raises:
            SystemExit: with the end of its output, if it ended instead.
        """
        if not os.read(self._paused, 1):
            self._process.wait()
            self._output.seek(0)
            raise SystemExit(f"{self._process.args} failed:\n{self._output.read()[-2000:]}")

    def turns(self) -> list[list[float]]:
        """Seconds of the epochs of each turn without its first, once the program has ended."""
        self._process.wait()
        self._output.seek(0)
        (line,) = (line for line in self._output if line.startswith('{"first_step"'))
        seconds = json.loads(line)["epochs"]
        starts = range(0, len(seconds), EPOCHS_PER_TURN)
        return [seconds[start + 1 : start + EPOCHS_PER_TURN] for start in starts]


def command_of(program: str, closes: Path, epochs: int, size: str, python: str = sys.executable) -> list[str]:
    """The command line of a program in ``training_programs``.

    Args:
        program: the name of its file, without ``.py``.
        closes: the price file to train on.
        epochs: how many to train.
        size: a key of ``clock.SIZES``.
        python: the interpreter.
    """
    return [python, str(PROGRAMS / f"{program}.py"), str(closes), str(epochs), size]
