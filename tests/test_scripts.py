"""The scripts a newcomer runs first."""

import json
import os
import re
import runpy
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


def wanted() -> list[Requirement]:
    """What the package and its tests need."""
    project = tomllib.loads((SCRIPTS.parent / "pyproject.toml").read_text())["project"]
    return [Requirement(line) for line in (*project["dependencies"], *project["optional-dependencies"]["test"])]


@pytest.mark.parametrize("name", ["environment", "quickstart", "test", "newer-python", "../.ci/run"])
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
    assert "torch" in {requirement.name for requirement in wanted()}
    for requirement in wanted():
        assert PINNED[requirement.name.lower()] in requirement.specifier


def test_the_lowest_versions_are_those_of_pyproject_and_each_is_allowed() -> None:
    words = [sys.executable, SCRIPTS / "lowest", "test", "--without", "torch"]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    lowest = dict(line.split("==") for line in printed)
    assert lowest.keys() == {requirement.name for requirement in wanted()} - {"torch"}
    for requirement in wanted():
        if requirement.name != "torch":
            assert lowest[requirement.name] in requirement.specifier
            assert f">={lowest[requirement.name]}" in str(requirement.specifier).split(",")


def test_a_requirement_without_a_lower_bound_is_an_error() -> None:
    lowest_versions = runpy.run_path(str(SCRIPTS / "lowest"))["lowest_versions"]
    assert lowest_versions(["a>=1.2,!=1.3", "b[c]>=4"]) == {"a": "1.2", "b": "4"}
    with pytest.raises(ValueError, match="'d<2' has no lower bound"):
        lowest_versions(["d<2"])


def test_the_newer_python_is_another_one_that_runs() -> None:
    printed = subprocess.run([SCRIPTS / "newer-python", sys.executable], capture_output=True, text=True, check=True)
    found = printed.stdout.strip()
    if found:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        assert re.match(r"Python 3\.1[23]\.", said)
        assert not said.startswith(f"Python {sys.version_info.major}.{sys.version_info.minor}.")


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
    assert "training, gpu, busy, start, distribution, judging, models, reader, scale, study" in " ".join(
        done.stdout.split()
    )


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two rooms, models before training, whose modules import each other in a line."""
    folder = tmp_path / "cryptoforecast"
    for name, text in {
        "__init__": "_PUBLIC = {'cryptoforecast.models.net': ('Net',)}\nfrom cryptoforecast.training import fit\n",
        "errors": "",
        "models/__init__": "",
        "models/net": "from cryptoforecast import errors\n",
        "training/__init__": "",
        "training/fit": "from cryptoforecast import Net\nimport torch\n",
    }.items():
        (folder / name).parent.mkdir(exist_ok=True, parents=True)
        (folder / f"{name}.py").write_text(text)
    return folder


def drawn(package: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, SCRIPTS / "imports", "--package", package, *options]
    return subprocess.run(command, capture_output=True, text=True)


def test_imports_are_drawn_by_room_and_by_module_through_the_face_of_the_package(package: Path) -> None:
    done = drawn(package)
    assert (done.returncode, done.stderr) == (0, "no circle and no arrow back\n")
    assert done.stdout == "models   -> errors\ntraining -> models\n"
    assert drawn(package, "--by", "module").stdout == "models.net   -> errors\ntraining.fit -> models.net\n"
    mermaid = drawn(package, "--by", "module", "--format", "mermaid").stdout
    assert mermaid == "flowchart LR\n    models.net --> errors\n    training.fit --> models.net\n"
    assert '    "models" -> "errors";' in drawn(package, "--format", "dot").stdout


def test_a_circle_through_a_function_and_an_arrow_back_are_told_and_fail(package: Path) -> None:
    (package / "models/net.py").write_text("def load():\n    from cryptoforecast.training.fit import fit\n")
    done = drawn(package)
    assert done.returncode == 1
    assert done.stdout == "models   -> (training)\ntraining -> models\n"
    for line in (
        "arrow back: cryptoforecast.models.net imports cryptoforecast.training.fit",
        "circle of rooms (through a lazy import): models, training",
        "circle of modules (through a lazy import): models.net, training.fit",
        "    models.net -> training.fit (lazy)",
    ):
        assert line in done.stderr.splitlines()


def test_an_import_for_type_checkers_alone_is_no_arrow(package: Path) -> None:
    (package / "models/net.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from cryptoforecast.training.fit import fit\n"
    )
    assert (drawn(package).returncode, drawn(package).stdout) == (0, "training -> models\n")


def test_a_module_that_is_imported_by_its_name_as_text_is_an_arrow(package: Path) -> None:
    (package / "models/net.py").write_text(
        "from importlib import import_module\nimport_module('cryptoforecast.training.fit')\n"
    )
    assert "circle of modules: models.net, training.fit" in drawn(package).stderr
