"""What a command costs before it does anything, in seconds of the processor."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import random_walk, write_yahoo

TOLD = "import atexit, time; atexit.register(lambda: print('\\ncpu', time.process_time()))"
ONE_STEP = """
import sys
from cryptoforecast.cli.main import main
main(["fit", "--model=LSTM", "--data.source=CsvSource", "--data.source.path=COIN-USD.csv", "--trainer.logger=false",
      "--trainer.max_steps=1", "--trainer.limit_val_batches=0", "--trainer.enable_checkpointing=false"])
"""


def seconds(program: str, folder: Path) -> float:
    """The least of two turns."""
    words = [sys.executable, "-W", "ignore", "-c", f"{TOLD}\n{program}"]
    said = [subprocess.run(words, capture_output=True, text=True, cwd=folder, check=True).stdout for _ in range(2)]
    return min(float(one.split()[-1]) for one in said)


@pytest.mark.slow
def test_the_first_step_of_fit_comes_soon_after_lightnings_command_line_would_be_imported(tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(1500))
    assert seconds(ONE_STEP, tmp_path) <= 1.15 * seconds("from lightning.pytorch.cli import LightningCLI", tmp_path)


@pytest.mark.parametrize("words", [["--help"], ["data", "COIN-USD.csv"]], ids=["help", "data"])
def test_a_word_about_a_daily_file_takes_under_a_second_and_a_half(words: list[str], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(3000))
    program = f"import sys; from cryptoforecast.cli.main import main; main({words!r})"
    assert seconds(program, tmp_path) < 1.5
