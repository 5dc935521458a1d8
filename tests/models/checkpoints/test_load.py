"""A checkpoint is enough, and cannot run code."""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from cryptoforecast import CsvSource, UserError, load_forecaster
from cryptoforecast.models.checkpoints.file import read_checkpoint
from tests.helpers import Run
from tests.models.helpers import MAKERS

# In a process of its own: Lightning reads a constructor's arguments off the call stack, where the tests' type checker
# puts a frame of its own.
ROUND_TRIP = """
import pathlib, sys, torch
sys.path.insert(0, sys.argv[1])
from cryptoforecast import load_forecaster
from tests.helpers import data_of, random_walk
from tests.models.helpers import MAKERS, quiet_trainer

path = pathlib.Path("x.ckpt")
for name, make in MAKERS.items():
    forecaster, data = make(), data_of(random_walk(120))
    trainer = quiet_trainer(path.parent, max_epochs=1)
    trainer.fit(forecaster, data)
    trainer.save_checkpoint(path)
    context = data.windows[torch.arange(20)].context
    with torch.no_grad():
        assert torch.equal(load_forecaster(path).forecast(context), forecaster.eval().forecast(context)), name
    print(name)
"""


def test_every_forecaster_comes_back_from_its_checkpoint_to_the_last_bit(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", ROUND_TRIP, root], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == list(MAKERS)


def test_a_checkpoint_holds_lengths_interval_provenance_and_how_far_the_closes_were_used(fitted: Run) -> None:
    record = read_checkpoint(fitted.checkpoint)
    assert record.model["class_path"].endswith("LSTM")
    assert {"context_length": 12, "horizon": 2, "hidden_size": 4}.items() <= record.model["init_args"].items()
    assert record.data is not None
    assert record.data["interval"] == 24 * 3600 * 10**9
    assert record.data["provenance"][0]["sha256"] == CsvSource(str(fitted.csv)).load().provenance.sha256
    assert record.data["fitted_until"][:10] == "2020-08-27"  # the 240th of 300 days
    assert record.data["selected_until"][:10] == "2020-09-26"  # the 270th


class Trojan:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.system, ("touch trojan_ran",)


def test_a_checkpoint_that_would_run_code_is_refused_and_runs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"state_dict": {}, "cryptoforecast": Trojan()}, "trojan.ckpt")
    with pytest.raises(UserError, match="trojan.ckpt: holds more than numbers and texts"):
        load_forecaster("trojan.ckpt")
    assert not Path("trojan_ran").exists()
    Path("pickled.ckpt").write_bytes(pickle.dumps(Trojan()))
    with pytest.raises(UserError, match="pickled.ckpt"):
        load_forecaster("pickled.ckpt")
    assert not Path("trojan_ran").exists()


@pytest.mark.parametrize("name", ["os.system", "collections.Counter", "my_model.Lost", "cryptoforecast.CsvSource"])
def test_a_class_path_that_is_no_forecaster_is_refused(name: str, fitted: Run, tmp_path: Path) -> None:
    content = torch.load(fitted.checkpoint, weights_only=True)
    content["cryptoforecast"]["model"]["class_path"] = name
    torch.save(content, tmp_path / "changed.ckpt")
    with pytest.raises(UserError, match=f"changed.ckpt: needs {name}"):
        load_forecaster(tmp_path / "changed.ckpt")


@pytest.mark.parametrize("content", [b"", b"junk\n", bytes(range(256)) * 40])
def test_a_file_that_is_no_checkpoint_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.ckpt").write_bytes(content)
    with pytest.raises(UserError, match="x.ckpt: cannot be read as a checkpoint"):
        load_forecaster(tmp_path / "x.ckpt")


def test_half_a_checkpoint_is_refused(fitted: Run, tmp_path: Path) -> None:
    whole = fitted.checkpoint.read_bytes()
    (tmp_path / "half.ckpt").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UserError, match="half.ckpt: cannot be read"):
        load_forecaster(tmp_path / "half.ckpt")


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    torch.save({"state_dict": {}}, tmp_path / "other.ckpt")
    with pytest.raises(UserError, match="not one that cryptoforecast has written"):
        load_forecaster(tmp_path / "other.ckpt")


def test_weights_that_do_not_fit_are_refused(fitted: Run, tmp_path: Path) -> None:
    content = torch.load(fitted.checkpoint, weights_only=True)
    content["cryptoforecast"]["model"]["init_args"]["hidden_size"] = 5
    torch.save(content, tmp_path / "changed.ckpt")
    with pytest.raises(UserError, match="its weights do not fit LSTM"):
        load_forecaster(tmp_path / "changed.ckpt")
