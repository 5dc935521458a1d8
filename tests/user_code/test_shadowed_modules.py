"""A file of the working folder that is taken for a module is named."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import random_walk, write_yahoo


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("random.py", ""),
        ("queue.py", "import nowhere_at_all"),
        ("pandas.py", "SIZE = 3"),
        ("statistics.py", "raise ValueError('my own script')"),
    ],
)
def test_a_file_that_hides_a_module_is_named_in_one_sentence(file: str, text: str, tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(30))
    (tmp_path / file).write_text(text)
    words = [sys.executable, "-m", "cryptoforecast", "fit", "--config", "none.yaml"]
    environment = {"PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True)
    name = file.removesuffix(".py")
    assert (done.returncode, done.stderr) == (
        1,
        f"error: {file}: this file of the working folder is taken for the module {name}; rename it.\n",
    )
