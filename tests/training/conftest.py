"""A folder with the closes of a coin, for commands and for calls from Python."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers import Said, random_walk, write_yahoo


@pytest.fixture
def home(tmp_path: Path, type_in: Callable[..., Said]) -> Path:
    """The folder in which commands are typed; ``python`` in it is the working folder of calls from Python."""
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(120))
    (tmp_path / "python").mkdir()
    write_yahoo(tmp_path / "python" / "COIN-USD.csv", random_walk(120))
    return tmp_path


@pytest.fixture
def python(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of calls from Python."""
    monkeypatch.chdir(home / "python")
    return home / "python"
