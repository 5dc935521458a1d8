"""The scripts a newcomer runs first."""

import json
import os
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pytest
import torch
from packaging.requirements import Requirement

from tests.helpers import random_walk

SCRIPTS = Path(__file__).parent.parent / "scripts"
CONSTRAINTS = (SCRIPTS.parent / "constraints.txt").read_text().splitlines()
PINNED = dict(line.lower().split("==") for line in CONSTRAINTS if "==" in line)


@pytest.mark.parametrize("name", ["environment", "quickstart", "test"])
def test_a_script_is_executable_and_plain_shell(name: str) -> None:
    assert os.access(SCRIPTS / name, os.X_OK)
    subprocess.run(["sh", "-n", SCRIPTS / name], check=True)


def test_an_old_python_is_told_so_and_nothing_is_made(tmp_path: Path) -> None:
    old = tmp_path / "python"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.8.1 && exit\nexit 1\n')
    old.chmod(0o755)
    surroundings = {**os.environ, "PYTHON": str(old), "VENV": str(tmp_path / "venv")}
    done = subprocess.run([SCRIPTS / "quickstart"], cwd=tmp_path, env=surroundings, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("cryptoforecast needs Python 3.11 or newer;")
    assert "Python 3.8.1" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["python"]


def test_whatever_pyproject_wants_is_pinned_to_a_version_that_it_allows() -> None:
    """Torch above all: without a pin, pip fetches gigabytes of CUDA packages."""
    project = tomllib.loads((SCRIPTS.parent / "pyproject.toml").read_text())["project"]
    wanted = [Requirement(line) for line in (*project["dependencies"], *project["optional-dependencies"]["test"])]
    assert "torch" in {requirement.name for requirement in wanted}
    for requirement in wanted:
        assert PINNED[requirement.name.lower()] in requirement.specifier


@pytest.mark.skipif(version("lightning") != PINNED["lightning"], reason="not an environment of constraints.txt")
def test_the_pinned_torch_is_the_one_that_is_tested() -> None:
    assert torch.__version__.split("+")[0] == PINNED["torch"]


@pytest.mark.slow
def test_the_benchmarks_programs_train_for_as_many_epochs_as_they_are_asked(tmp_path: Path) -> None:
    closes = tmp_path / "COIN-USD.csv"
    days = pd.date_range("2016-01-01", periods=1561)
    pd.DataFrame({"Date": days.strftime("%Y-%m-%d"), "Close": random_walk(1561)}).to_csv(closes, index=False)
    for program in ("bare_pytorch", "cryptoforecast_fit", "lightning_tutorial"):
        words = [sys.executable, SCRIPTS / "benchmarks" / "training_programs" / f"{program}.py", closes, "3", "linear"]
        done = subprocess.run(words, capture_output=True, text=True, check=True, cwd=tmp_path)
        (told,) = (json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"first_step"'))
        assert len(told["epochs"]) == 3, program
        assert min(told["epochs"]) > 0, program
        assert told["first_step"] > 0


def test_the_benchmark_says_what_it_can_measure() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPTS / "benchmark.py", "--help"], capture_output=True, text=True, check=True
    )
    assert "training, gpu, busy, start, judging, reader, scale" in done.stdout
