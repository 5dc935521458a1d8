"""The scripts a newcomer runs first."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parent.parent / "scripts"


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


def test_the_pinned_torch_is_the_one_that_was_tested() -> None:
    assert "torch==2.13.0\n" in (SCRIPTS.parent / "constraints.txt").read_text()
