"""Long series of simulated minutes, with a context of 512: time and memory by count of closes."""

import json
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.process import run

LENGTHS, LENGTHS_QUICK = (10_000, 100_000, 1_000_000, 5_000_000), (10_000, 100_000)
CONTEXT, BATCH = 512, 64
EPOCHS, STEPS = 3, 1000  # how many are measured; the table shows medians


class Cost(NamedTuple):
    """Time and memory for a series of ``closes``.

    ``setup``: seconds until windows can be gathered, the simulation included. ``shuffle``: seconds from the start of an
    epoch to its first batch. ``step``: microseconds to gather a batch. ``peak``: MiB above a process without closes.
    """

    closes: int
    setup: float
    shuffle: float
    step: float
    peak: float


def report(quick: bool) -> str:
    """Measure each length in a process of its own, and return a table."""
    costs = []
    for closes in LENGTHS_QUICK if quick else LENGTHS:
        result = run(
            [sys.executable, __file__, str(closes)], OMP_NUM_THREADS="1", PYTHONPATH=str(Path(__file__).parents[1])
        )
        costs.append(Cost(**json.loads(result.output.splitlines()[-1])))
    return "\n".join(
        [
            f"Long series, context {CONTEXT}, batch {BATCH}, one thread; peak memory above a process without closes",
            "",
            f"{'closes':>10}{'setup s':>10}{'shuffle s':>11}{'us a step':>11}{'peak MiB':>10}",
            *(
                f"{cost.closes:>10,}{cost.setup:>10.2f}{cost.shuffle:>11.3f}{cost.step:>11.0f}{cost.peak:>10,.0f}"
                for cost in costs
            ),
        ]
    )


def measure(closes: int) -> Cost:
    """The cost of one length in this process, which must be new."""
    import torch

    from cryptoforecast import CloseDataModule, SimulatedSource

    SimulatedSource(rows=2).load()  # imports are not counted
    empty, began = _peak(), time.perf_counter()
    source = SimulatedSource(rows=closes, interval="1min")
    data = CloseDataModule(source, context_length=CONTEXT, batch_size=BATCH)
    data.setup("fit")
    setup = time.perf_counter() - began
    loader, shuffles, steps = data.train_dataloader(), [], []
    torch.set_num_threads(1)
    for epoch in range(EPOCHS):
        loader.sampler.set_epoch(epoch)
        began = time.perf_counter()
        batches = iter(loader)
        next(batches)
        shuffles.append(time.perf_counter() - began)
    while len(steps) < STEPS:
        began = time.perf_counter()
        if next(batches, None) is None:
            batches = iter(loader)
            continue
        steps.append(1e6 * (time.perf_counter() - began))
    return Cost(closes, setup, statistics.median(shuffles), statistics.median(steps), _peak() - empty)


def _peak() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))._asdict()))
