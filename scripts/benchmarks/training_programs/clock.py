"""Measures epochs of a training program: each program here prints its times as one line of JSON."""

import json
import os
import sys
import time
from pathlib import Path

CONTEXT, BATCH, RATE = 60, 64, 0.001
TRAINED, STEPS = 1461, 22  # closes to train on, and the steps of an epoch: batches of their windows
SIZES = {"linear": None, "lstm64": (64, 1), "lstm128x2": (128, 2)}  # hidden size and layers


class Clock:
    """Processor seconds until the first step has ended, and wall-clock seconds of each epoch.

    The environment variable ``BENCHMARK_TURNS`` holds two pipes and a count of epochs. Where it is set, the program
    pauses before each turn of that many epochs, and before it ends: it writes a byte into the second pipe, and goes on
    when it can read one from the first.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.first_step: float | None = None
        self.epochs: list[float] = []
        self.epoch_started: float | None = None
        self.turns = [int(word) for word in os.environ.get("BENCHMARK_TURNS", "").split()]

    def begin_step(self) -> None:
        """Note the start of a step; every twenty-second step is the first of an epoch."""
        if self.steps % STEPS == 0:
            self._end_epoch()
            self.epoch_started = time.perf_counter()
        self.steps += 1

    def end_step(self) -> None:
        """Note the end of a step."""
        if self.first_step is None:
            self.first_step = time.process_time()

    def print_times(self) -> None:
        """End the last epoch and print all times; no other line that is printed is JSON."""
        self._end_epoch()
        print("\n" + json.dumps({"first_step": self.first_step, "epochs": self.epochs}), flush=True)

    def _end_epoch(self) -> None:
        if on_gpu():
            import torch

            torch.cuda.synchronize()
        if self.epoch_started is not None:
            self.epochs.append(time.perf_counter() - self.epoch_started)
        if self.turns and len(self.epochs) % self.turns[2] == 0:
            os.write(self.turns[1], b".")
            os.read(self.turns[0], 1)


def arguments() -> tuple[str, int, str]:
    """The price file, the count of epochs, and the size of the model, from the command line."""
    return sys.argv[1], int(sys.argv[2]), sys.argv[3]


def on_gpu() -> bool:
    """Whether the fourth argument of the command line asks for a GPU."""
    return sys.argv[4:] == ["gpu"]


def training_closes(path: str) -> list[float]:
    """The closes to train on, read without a library."""
    return [float(line.rsplit(",", 1)[1]) for line in Path(path).read_text().splitlines()[1:]][:TRAINED]
