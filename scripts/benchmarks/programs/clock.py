"""What every program here tells of itself, in one line: when its first step ended, and each epoch began."""

import json
import os
import sys
import time
from pathlib import Path

CONTEXT, BATCH, RATE = 60, 64, 0.001
TRAINED, STEPS = 1461, 22  # closes to train on, and the batches that their windows make: an epoch
SIZES = {"linear": None, "lstm64": (64, 1), "lstm128x2": (128, 2)}  # hidden size and layers


class Clock:
    """When a process's first step ended, in seconds of the processor, and how long its epochs took on the wall.

    Where the environment has a ``BATON``, two pipes and a count, programs take turns of so many epochs: a turn, and
    the end of the process, wait for a byte through the first pipe, and tell of it through the second.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.first_step: float | None = None
        self.epochs: list[float] = []
        self.began: float | None = None
        self.baton = [int(word) for word in os.environ.get("BATON", "").split()]

    def begin(self) -> None:
        """A step begins; every twenty-second one is the first of an epoch."""
        if self.steps % STEPS == 0:
            self._end_epoch()
            self.began = time.perf_counter()
        self.steps += 1

    def end(self) -> None:
        """A step has ended."""
        if self.first_step is None:
            self.first_step = time.process_time()

    def tell(self) -> None:
        """Print what was seen; nothing else that is printed is a line of JSON."""
        self._end_epoch()
        print("\n" + json.dumps({"first_step": self.first_step, "epochs": self.epochs}), flush=True)

    def _end_epoch(self) -> None:
        if on_gpu():
            import torch

            torch.cuda.synchronize()  # what was asked of a GPU is not yet done
        if self.began is not None:
            self.epochs.append(time.perf_counter() - self.began)
        if self.baton and len(self.epochs) % self.baton[2] == 0:
            os.write(self.baton[1], b".")
            os.read(self.baton[0], 1)


def arguments() -> tuple[str, int, str]:
    """The file of closes, how many epochs, and which model."""
    return sys.argv[1], int(sys.argv[2]), sys.argv[3]


def on_gpu() -> bool:
    """Whether a fourth argument asks for a GPU."""
    return sys.argv[4:] == ["gpu"]


def training_closes(path: str) -> list[float]:
    """The closes to train on, without a library."""
    return [float(line.rsplit(",", 1)[1]) for line in Path(path).read_text().splitlines()[1:]][:TRAINED]
