"""Distributions: an epoch with a Student-t head beside a point's, and the seconds that the ladder takes."""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.interleaved import command_of, epochs_of_each
from benchmarks.process import run
from benchmarks.training import SIZES, STEPS, write_closes

EPOCHS = 15
HEADS = {"": "a point", "+StudentT": "StudentT"}
CLOSES, COINS = 4000, (1, 6)


def report(quick: bool) -> str:
    """Measure epochs and ladders, and return two tables."""
    rounds = 2 if quick else 5
    with tempfile.TemporaryDirectory() as folder:
        closes = write_closes(Path(folder, "COIN-USD.csv"))
        lines = [_line(size, closes, rounds) for size in SIZES]
    ladders = json.loads(
        run([sys.executable, __file__, str(rounds)], PYTHONPATH=str(Path(__file__).parents[1])).output.splitlines()[-1]
    )
    return "\n".join(
        [
            f"A distribution beside a point, {EPOCHS} epochs of {STEPS} steps; medians of {rounds} rounds",
            "",
            f"{'':<32}{'point ms':>9}{'StudentT ms':>13}{'ratio':>7}{'ms a step above':>17}",
            *lines,
            "",
            f"The ladder of {CLOSES:,} closes of each coin, horizon 1, one process; medians of {rounds} rounds",
            "",
            *(f"{f'{coins} coin' + 's' * (coins > 1):<32}{seconds:>9.2f} s" for coins, seconds in ladders),
        ]
    )


def _line(size: str, closes: Path, rounds: int) -> str:
    programs = {head: command_of("cryptoforecast_fit", closes, EPOCHS, f"{size}{head}") for head in HEADS}
    turns = [epochs_of_each(programs, EPOCHS) for _ in range(rounds)]
    point, student_t = ([seconds for turn in turns for seconds in turn[head]] for head in HEADS)
    pairs = list(zip(student_t, point, strict=True))
    ratio = statistics.median(above / below for above, below in pairs)
    more = statistics.median((above - below) / STEPS for above, below in pairs)
    medians = (1000 * statistics.median(seconds) for seconds in (point, student_t))
    return "{:<32}{:>9.0f}{:>13.0f}".format(SIZES[size], *medians) + f"{ratio:>7.2f}{1000 * more:>17.2f}"


def seconds_of_ladders(rounds: int) -> list[tuple[int, float]]:
    """Median seconds to fit all rungs, by count of coins; a first fit, which loads libraries, is not counted."""
    from cryptoforecast import CloseDataModule, SimulatedSource
    from cryptoforecast.models.ladder.ladder import fit_ladder

    bars = {}
    for coins in COINS:
        sources = [SimulatedSource(seed=seed, rows=CLOSES) for seed in range(coins)]
        for seed, source in enumerate(sources):
            source.symbol = f"SIMULATED{seed}"
        data = CloseDataModule(sources)
        data.setup("fit")
        bars[coins] = data.bars()
    fit_ladder(bars[1], horizon=1)
    seconds: dict[int, list[float]] = {coins: [] for coins in COINS}
    for _ in range(rounds):
        for coins, series in bars.items():
            began = time.perf_counter()
            ladder = fit_ladder(series, horizon=1)
            seconds[coins].append(time.perf_counter() - began)
            assert not ladder.left_out
    return [(coins, statistics.median(times)) for coins, times in seconds.items()]


if __name__ == "__main__":
    print(json.dumps(seconds_of_ladders(int(sys.argv[1]))))
