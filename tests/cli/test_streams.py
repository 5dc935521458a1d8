"""Output that cannot be written ends no command, and what surrounds a process does not keep it from working."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from cryptoforecast.cli.environment import check_environment
from cryptoforecast.cli.streams import streams_that_may_close
from cryptoforecast.data.plots import default_style
from cryptoforecast.errors import UserError
from tests.helpers import Run, Said, random_walk, write_yahoo

TypeIn = Callable[..., Said]


class Broken(io.StringIO):
    """A stream that cannot be written."""

    def __init__(self, problem: Exception) -> None:
        super().__init__()
        self.problem = problem

    def write(self, text: str) -> int:
        raise self.problem


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (BrokenPipeError(32, "Broken pipe"), []),
        (ValueError("I/O operation on closed file."), []),
        (OSError(28, "No space left on device"), ["standard output: cannot be written (No space left on device)."]),
    ],
)
def test_a_command_goes_on_where_its_output_cannot_and_what_is_lost_is_said(
    problem: Exception, said: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Broken(problem)
    monkeypatch.setattr(sys, "stdout", broken)
    with streams_that_may_close() as problems:
        for _ in range(2):
            print("one line")
        sys.stdout.flush()
    assert problems == said
    assert sys.stdout is broken


def test_where_there_is_no_stream_output_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    with streams_that_may_close() as problems:
        print("one line")
        assert not sys.stdout.isatty()
    assert problems == []


def test_a_letter_that_an_encoding_does_not_have_is_written_as_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    with streams_that_may_close():
        print("2020–2024")
    assert written.getvalue() == b"2020\\u20132024\n"


def command(words: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    known = {**os.environ, **environment, "PY": sys.executable, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(["bash", "-c", words], cwd=folder, env=known, capture_output=True, text=True)


@pytest.mark.parametrize("redirection", ["| head -1", ">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_files_report_is_written_whoever_has_stopped_reading(redirection: str, tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(30))
    done = command(f"$PY -m cryptoforecast data COIN-USD.csv --output out.csv {redirection}", tmp_path)
    assert "Traceback" not in done.stderr
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 31


@pytest.mark.slow
def test_a_test_writes_its_files_though_nobody_reads_what_it_prints(fitted: Run, tmp_path: Path) -> None:
    done = command(f"$PY -m cryptoforecast test --ckpt_path {fitted.checkpoint} --output_dir out | head -1", tmp_path)
    assert done.stderr == ""
    assert (tmp_path / "out" / "errors.png").is_file()


@pytest.mark.parametrize("backend", ["module://nowhere.backend", "nonsense"])
def test_the_backend_of_a_notebook_does_not_matter(backend: str, tmp_path: Path) -> None:
    write_yahoo(tmp_path / "COIN-USD.csv", random_walk(30))
    done = command("$PY -m cryptoforecast data COIN-USD.csv --plot out.png", tmp_path, MPLBACKEND=backend)
    assert (done.returncode, done.stderr) == (0, "wrote out.png\n")


def test_figures_are_drawn_as_they_always_are_whatever_the_users_style_is() -> None:
    import matplotlib

    with matplotlib.rc_context({"text.usetex": True, "font.size": 40}):
        with default_style():
            assert (matplotlib.rcParams["text.usetex"], matplotlib.rcParams["font.size"]) == (False, 10.0)
        assert matplotlib.rcParams["font.size"] == 40


def test_a_working_folder_that_is_no_more_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UserError, match="the working folder is no more"):
        check_environment()
    monkeypatch.chdir(tmp_path)
