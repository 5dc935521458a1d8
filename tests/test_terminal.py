"""Tables in notebooks, in texts and in files, whatever the environment says of colours."""

import builtins
from pathlib import Path

import pandas as pd
import pytest

import cryptoforecast as cf
from cryptoforecast.evaluation.printed_verdict import print_verdict
from cryptoforecast.evaluation.verdict import Verdict, judge
from tests.helpers import walk_and_model


class ZMQInteractiveShell:
    """What Rich takes for a notebook, by its name; see ``rich.console``."""


@pytest.fixture
def notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    """The surroundings that Jupyter's kernel makes."""
    monkeypatch.setattr(builtins, "get_ipython", ZMQInteractiveShell, raising=False)
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE"):
        monkeypatch.setenv(name, "1")


def verdict() -> Verdict:
    return judge(pd.concat(walk_and_model(0, 0.5)))


@pytest.mark.usefixtures("notebook")
def test_in_a_notebook_a_result_is_its_text_and_displays_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    text = repr(verdict())
    assert "Model " in text
    assert "\x1b" not in text, "escape sequences would stand in files and on TensorBoard"
    assert capsys.readouterr().out == "", "Rich would have displayed it"


@pytest.mark.usefixtures("notebook")
def test_in_a_notebook_a_verdict_is_printed_in_lines(capsys: pytest.CaptureFixture[str]) -> None:
    print_verdict(verdict())
    assert "RandomWalk" in capsys.readouterr().out


def test_tables_are_printed_on_a_console_of_one_module_alone() -> None:
    package = Path(cf.__file__).parent
    makers = [file for file in package.rglob("*.py") if "Console(" in file.read_text()]
    assert {str(file.relative_to(package)) for file in makers} == {"terminal.py", "study/live.py"}
