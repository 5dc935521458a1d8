"""What a command costs before it does anything, in seconds of the processor."""

import json
import math
import os
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


HEAVY = ("arch", "jaxtyping", "jsonargparse", "lightning", "matplotlib", "pandas", "statsmodels", "tensorboard",
         "torch", "yfinance")  # fmt: skip
LOADED = """
import json, os, sys
for library in {loaded}:
    __import__(library)
for words in json.loads(sys.argv[1]):
    if os.fork() == 0:
        from cryptoforecast.cli.main import main
        status = main(words)
        print(json.dumps([words[0], status, len(sys.modules), *({heavy} & set(sys.modules))]), file=sys.stderr)
        sys.stderr.flush()
        os._exit(0)
    os.wait()
"""
# torchmetrics loads matplotlib
TRAINING = {"jaxtyping", "jsonargparse", "lightning", "matplotlib", "pandas", "torch"}


@pytest.fixture
def reader(fitted: Run, tmp_path: Path) -> Path:
    """A working folder with closes and forecasts."""
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(300))
    days = pd.Series(pd.date_range("2024-01-01", periods=300))
    rows = {"unique_id": "COIN", "ds": days, "cutoff": days - pd.Timedelta("1D"), "y": random_walk(300), "Theirs": 1.0}
    pd.DataFrame(rows).to_csv(tmp_path / "forecasts.csv", index=False)
    return tmp_path


def loaded_by(commands: list[list[str]], folder: Path, *before: str) -> dict[str, tuple[set[str], int]]:
    """What commands load, each in a copy of a process that has loaded what is named: heavy libraries, all modules."""
    words = ["-c", LOADED.format(heavy=set(HEAVY), loaded=before), json.dumps(commands)]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, cwd=folder, check=True)
    told = [json.loads(line) for line in done.stderr.splitlines() if line.startswith('["')]
    assert [status for _, status, *_ in told] == [0] * len(commands), done.stderr
    return {verb: (set(libraries), modules) for verb, _, modules, *libraries in told}


needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="a command is a copy of a process")


@needs_fork
def test_a_verb_that_trains_nothing_loads_what_it_uses_and_no_more(reader: Path, fitted: Run) -> None:
    commands = [["--help"], ["data", "COIN-USD.csv"], ["runs", str(fitted.folder.parents[1])],
                ["compare", "forecasts.csv"]]  # fmt: skip
    loads = {"--help": (set(), 150), "data": ({"pandas"}, 1_000), "runs": ({"pandas"}, 900),
             "compare": ({"arch", "jaxtyping", "matplotlib", "pandas", "statsmodels"}, 2_500)}  # fmt: skip
    for verb, (libraries, modules) in loaded_by(commands, reader).items():
        wanted, most = loads[verb]
        assert libraries == wanted, verb
        assert modules <= most, verb


@pytest.mark.slow
@needs_fork
def test_a_verb_that_has_a_model_loads_beyond_lightning_what_it_uses_and_no_more(reader: Path, fitted: Run) -> None:
    data, checkpoint = ["--data.source.path", "COIN-USD.csv"], ["--ckpt_path", str(fitted.checkpoint)]
    commands = [["predict", *checkpoint, *data], ["test", *checkpoint, *data, "--output_dir", "judged"],
                ["fit", "--config", str(fitted.folder / "config.yaml"), *data]]  # fmt: skip
    loads = {"predict": (set[str](), 5_000), "test": ({"arch", "statsmodels"}, 5_500), "fit": ({"tensorboard"}, 5_000)}
    for verb, (libraries, modules) in loaded_by(commands, reader, "lightning.pytorch.cli").items():
        wanted, most = loads[verb]
        assert libraries == TRAINING | wanted, verb
        assert modules <= most, verb
