"""What a command costs before it does anything, in seconds of the processor."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.helpers import Run, random_walk, write_yahoo

FIT = Path(__file__).parents[2] / "scripts" / "benchmarks" / "training_programs" / "cryptoforecast_fit.py"
TOLD = "import atexit, time; atexit.register(lambda: print('\\ncpu', time.process_time()))"


def said_by(words: list[str], folder: Path) -> list[str]:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=folder, check=True)
    return done.stdout.splitlines()


def seconds(program: str, folder: Path) -> float:
    """To its end."""
    return float(said_by(["-W", "ignore", "-c", f"{TOLD}\n{program}"], folder)[-1].split()[-1])


def seconds_to_the_first_step(closes: Path) -> float:
    (told,) = (line for line in said_by([str(FIT), str(closes), "1", "linear"], closes.parent) if line[:6] == '{"firs')
    return float(json.loads(told)["first_step"])


@pytest.mark.slow
def test_the_first_step_of_fit_comes_soon_after_lightnings_command_line_would_be_imported(tmp_path: Path) -> None:
    closes, days = tmp_path / "COIN-USD.csv", pd.date_range("2016-01-01", periods=1561)
    pd.DataFrame({"Date": days.strftime("%Y-%m-%d"), "Close": random_walk(1561)}).to_csv(closes, index=False)
    ratio = math.inf
    for _ in range(6):  # the two of a pair run one after the other, so that both have the same work beside them
        limit = seconds("from lightning.pytorch.cli import LightningCLI", tmp_path)
        ratio = min(ratio, seconds_to_the_first_step(closes) / limit)
        if ratio <= 1.15:
            return
    assert ratio <= 1.15


@pytest.mark.parametrize("words", [["--help"], ["data", "COIN-USD.csv"]], ids=["help", "data"])
def test_a_word_about_a_daily_file_takes_under_a_second_and_a_half(words: list[str], tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(3000))
    program = f"from cryptoforecast.cli.main import main\nmain({words!r})"
    assert min(seconds(program, tmp_path) for _ in range(2)) < 1.5


HEAVY = ("arch", "lightning", "matplotlib", "pandas", "statsmodels", "tensorboard", "torch", "yfinance")
LOADED = """
import sys
from cryptoforecast.cli.main import main
status = main(sys.argv[1:])
print(status, len(sys.modules), *({heavy} & set(sys.modules)), file=sys.stderr)
"""
TRAINING = {"lightning", "matplotlib", "pandas", "torch"}  # matplotlib is torchmetrics' doing


@pytest.mark.parametrize(
    ("words", "loads", "most"),
    [
        (["--help"], set(), 150),
        (["data", "COIN-USD.csv"], {"pandas"}, 1_000),
        (["runs", "{run}/../.."], {"pandas"}, 900),
        (["compare", "forecasts.csv"], {"arch", "matplotlib", "pandas", "statsmodels"}, 2_500),
        (["predict", "--ckpt_path", "{checkpoint}", "--data.source.path", "COIN-USD.csv"], TRAINING, 5_000),
        (["test", "--ckpt_path", "{checkpoint}", "--data.source.path", "COIN-USD.csv", "--output_dir", "judged"],
         TRAINING | {"arch", "statsmodels"}, 5_500),
        (["fit", "--config", "{run}/config.yaml", "--data.source.path", "COIN-USD.csv"],
         TRAINING | {"tensorboard"}, 5_000),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_a_verb_loads_what_it_uses_and_no_more(
    words: list[str], loads: set[str], most: int, fitted: Run, tmp_path: Path
) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    days = pd.Series(pd.date_range("2024-01-01", periods=300))
    rows = {"unique_id": "COIN", "ds": days, "cutoff": days - pd.Timedelta("1D"), "y": random_walk(300), "Theirs": 1.0}
    pd.DataFrame(rows).to_csv(tmp_path / "forecasts.csv", index=False)
    places = {"run": fitted.folder, "checkpoint": fitted.checkpoint}
    words = ["-c", LOADED.format(heavy=set(HEAVY)), *(word.format(**places) for word in words)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=tmp_path, check=True)
    status, modules, *loaded = done.stderr.splitlines()[-1].split()
    assert (status, set(loaded)) == ("0", loads)
    assert int(modules) <= most
