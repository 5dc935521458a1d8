"""Five million closes."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from cryptoforecast.data.batches import BatchOrder
from tests.helpers import CONFIGS, SMALL, Said

FIT = """
import resource, sys
from cryptoforecast.cli.main import main
status = main(["fit", "--config", sys.argv[1], "--data.source=SimulatedSource", "--data.source.interval=1min",
               f"--data.source.rows={sys.argv[2]}", "--data.context_length=512", "--model.hidden_size=4",
               "--trainer.max_epochs=1", "--trainer.accelerator=cpu", "--trainer.limit_train_batches=5",
               "--trainer.limit_val_batches=1"])
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(status, peak / (2**20 if sys.platform == "darwin" else 2**10))
"""


def peak_of_a_fit(closes: int, folder: Path) -> float:
    """MiB that a fit takes at most."""
    words = [sys.executable, "-c", FIT, str(CONFIGS / "btc.yaml"), str(closes)]
    surroundings = {**os.environ, "PYTHONPATH": str(CONFIGS.parent), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(words, cwd=folder, env=surroundings, capture_output=True, text=True, check=True)
    status, peak = done.stdout.splitlines()[-1].split()
    assert status == "0", done.stderr
    assert f"{closes:,} from 2015-01-01" in done.stdout
    return float(peak)


@pytest.mark.slow
def test_five_million_closes_take_no_more_than_300_mb_beyond_five_thousand(tmp_path: Path) -> None:
    short, long = (peak_of_a_fit(closes, tmp_path) for closes in (5_000, 5_000_000))
    assert long - short < 300


def test_a_fit_is_judged_on_the_targets_that_its_validation_looked_at(type_in: Callable[..., Said]) -> None:
    fit = ("fit", "--config", CONFIGS / "btc.yaml", "--data.source=SimulatedSource", "--data.source.rows=3000", *SMALL,
           "--data.val_from=500", "--data.test_from=2700", "--trainer.limit_train_batches=1")  # fmt: skip
    assert "2,200 val targets" in type_in(*fit).out
    assert "1,024 val targets" in type_in(*fit, "--trainer.limit_val_batches=1").out
    assert "2,048 val targets" in type_in(*fit, "--trainer.limit_val_batches=0.7").out


def test_shuffling_four_million_windows_takes_less_than_half_a_second() -> None:
    order = BatchOrder(torch.arange(4_000_000), 64, shuffle=True)
    took = []
    for epoch in range(3):
        order.set_epoch(epoch)
        began = time.process_time()
        next(iter(order))
        took.append(time.process_time() - began)
    assert min(took) < 0.5
