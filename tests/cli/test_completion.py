"""Tab completes verbs, options and classes, without loading torch once the options are known."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from lightning.pytorch import Trainer

from cryptoforecast import CloseDataModule
from cryptoforecast.cli.completion import known_options
from cryptoforecast.recipe.write import argument_names

SHELL = """
source "$(python -c 'import argcomplete; print(argcomplete.__path__[0])')/bash_completion.d/_python-argcomplete"
COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9 COMP_WORDS=($1) COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_python_argcomplete_global python "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completions(line: str, folder: Path) -> list[str]:
    """What a bash offers after a line, with the options that the cache knows, where torch cannot be imported."""
    (folder / "torch.py").write_text("raise ImportError('torch')")
    known = {"options": ["data.horizon", "data.source.path", "trainer.max_epochs"],
             "classes": {"model": ["GRU", "LSTM"], "data.source": ["CsvSource"]}}  # fmt: skip
    for kept in Path(os.environ["CRYPTOFORECAST_CACHE"], "completion").iterdir():
        kept.write_text(json.dumps(known))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", SHELL, "bash", line], capture_output=True, text=True, cwd=folder,
                          env=os.environ | {"PATH": path})  # fmt: skip
    return [word.strip() for word in done.stdout.splitlines() if word.strip()]


@pytest.mark.skipif(sys.platform == "win32", reason="there is no bash")
def test_a_shell_completes_verbs_options_and_classes(tmp_path: Path) -> None:
    known = known_options()
    assert {f"data.{name}" for name in argument_names(CloseDataModule)} <= set(known.options)
    assert {f"trainer.{name}" for name in argument_names(Trainer)} <= set(known.options)
    assert {"model.hidden_size", "model.optimizer.lr", "data.source.path"} <= set(known.options)
    assert {"LSTM", "GRU", "RandomWalk"} <= set(known.classes["model"])
    assert "model.horizon" not in known.options
    assert known_options() == known  # from the cache
    assert completions("python -m cryptoforecast ba", tmp_path) == ["backtest"]
    assert "--data.horizon" in completions("python -m cryptoforecast fit --da", tmp_path)
    assert completions("python -m cryptoforecast fit --model L", tmp_path) == ["LSTM"]
    assert completions("python -m cryptoforecast backtest --fol", tmp_path) == ["--folds"]
