"""What each model of the package costs: its weights, and processor milliseconds of a training step on one thread."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.process import run

CONTEXTS, BATCH = (60, 512), 64
ROUNDS, ROUNDS_QUICK = 5, 1
SECONDS, FEWEST_STEPS = 0.3, 3  # of a model in a round


def report(quick: bool) -> str:
    """Measure all models in turn, in a process of their own, and return a table."""
    rounds = ROUNDS_QUICK if quick else ROUNDS
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    output = run([sys.executable, __file__, str(rounds)], OMP_NUM_THREADS="1", PYTHONPATH=path).output
    lines = [
        f"A training step of {BATCH} windows of one column at each context length, horizon 1, one thread; "
        f"processor time, medians of {rounds} rounds",
        "",
        f"{'':<16}" + "".join(f"{f'ms at {length}':>11}{'weights':>10}" for length in CONTEXTS),
    ]
    for name, costs in json.loads(output.splitlines()[-1]).items():
        lines.append(f"{name:<16}" + "".join(f"{step:>11.2f}{weights:>10,}" for weights, step in costs))
    return "\n".join(lines)


def measure(rounds: int) -> dict[str, list[tuple[int, float]]]:
    """Weights and milliseconds of a step by model, at each context length."""
    import torch

    from cryptoforecast.training.malloc import keep_freed_memory

    torch.set_num_threads(1)
    keep_freed_memory()  # as a fit does
    made = {(name, length): make(length) for name, make in makers().items() for length in CONTEXTS}
    models = {key: model for key, model in made.items() if any(True for _ in model.parameters())}  # not Chronos
    steps = {key: training_step(model) for key, model in models.items()}
    times: dict[tuple[str, int], list[float]] = {key: [] for key in models}
    for _ in range(rounds):
        for key, step in steps.items():
            times[key].append(1000 * seconds_of(step))
    weights = {key: sum(tensor.numel() for tensor in model.parameters()) for key, model in models.items()}
    return {name: [(weights[name, at], statistics.median(times[name, at])) for at in CONTEXTS] for name, _ in models}


def makers() -> dict[str, Callable[[int], Any]]:
    """What makes each public model that gradients train, with its defaults, for a context length."""
    import cryptoforecast

    makers: dict[str, Callable[[int], Any]] = {}
    for name in cryptoforecast.__all__:
        model = getattr(cryptoforecast, name)
        is_model = isinstance(model, type) and issubclass(model, cryptoforecast.Forecaster)
        if is_model and model.forward is not cryptoforecast.Forecaster.forward and not hasattr(model, "fit"):
            makers[name] = lambda length, model=model: model(context_length=length)
    return makers


def training_step(model: Any) -> Callable[[], None]:
    """What does a training step of a model on noise."""
    import torch

    x = torch.randn(BATCH, model.context_length, model.channels).cumsum(dim=1)
    x, target, optimizer = x - x[:, -1:], torch.randn(BATCH, model.horizon), model.configure_optimizers()

    def step() -> None:
        optimizer.zero_grad()
        model.loss(model(x), target).backward()
        optimizer.step()

    return step


def seconds_of(step: Callable[[], None]) -> float:
    """The median processor seconds of a step; the first, which runs with cold caches, is left out."""
    step()
    seconds: list[float] = []
    while len(seconds) < FEWEST_STEPS or sum(seconds) < SECONDS:
        began = time.process_time()
        step()
        seconds.append(time.process_time() - began)
    return statistics.median(seconds)


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
