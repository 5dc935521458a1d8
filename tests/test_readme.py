"""The README is true: its commands run as they stand, and its variant is the ten lines it claims to be."""

import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

import cryptoforecast
from tests.helpers import CONFIGS, Said, random_walk, write_yahoo

README = (CONFIGS.parent / "README.md").read_text()
COMMANDS = re.findall(r"^\$ python -m cryptoforecast (.*)$", README, re.MULTILINE)
(VARIANT,) = re.findall(r"```python\n(# my_gru.py\n.*?)```", README, re.DOTALL)
(FIT,) = re.findall(r"```python\n(from lightning.*?)```", README, re.DOTALL)


@pytest.fixture
def as_a_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder of a reader who has a clone, the files the README speaks of, and patience for one epoch."""
    shutil.copytree(CONFIGS, tmp_path / "configs")
    (tmp_path / "my_gru.py").write_text(VARIANT)
    for seed, coin in enumerate(("BTC-USD", "ETH-USD", "BNB-USD", "XRP-USD", "LTC-USD", "DOGE-USD")):
        write_yahoo(tmp_path / f"{coin}.csv", random_walk(1000, seed), start="2020-08-01")
    (tmp_path / "paper_split").mkdir()
    days, closes = pd.date_range("2018-09-17", "2024-09-15"), random_walk(2191)
    for name, first, last in (("train", 0, 1461), ("val", 1461, 1826), ("test", 1826, 2191)):
        rows = pd.DataFrame({"Timestamp": days[first:last].as_unit("s").astype("int64"), "Close": closes[first:last]})
        rows.to_csv(tmp_path / "paper_split" / f"{name}.csv")
    for config in (tmp_path / "configs").glob("*.yaml"):
        config.write_text(re.sub(r"max_epochs: \d+", "max_epochs: 1", config.read_text()))
    return tmp_path


def test_every_command_of_the_readme_runs_as_it_stands(as_a_reader: Path, type_in: Callable[..., Said]) -> None:
    verbs = [command.split()[0] for command in COMMANDS]
    first, then = (
        "data fit fit test predict fit test predict fit backtest compare",
        "audit fit test fit fit test fit test",
    )
    assert " ".join(verbs) == f"{first} backtest backtest compare {then}"  # in the order of the page
    for command in COMMANDS:
        said = type_in(*shlex.split(command.replace("--folds 5 --seeds 3", "--folds 1 --seeds 1")))
        if "hiden_size" in command:
            assert said.status == 2
            assert said.err.splitlines()[-1] in README
        else:
            assert said.status == 0, (command, said.err)
        if command.startswith("predict"):
            assert said.out.splitlines()[0] in README
    assert "GRU" in (as_a_reader / "runs/btc/version_1/scores.json").read_text()


@pytest.mark.filterwarnings("ignore")
def test_a_fit_from_python_goes_on_to_the_same_weights(as_a_reader: Path, type_in: Callable[..., Said]) -> None:
    def weights() -> dict[str, torch.Tensor]:
        held: dict[str, torch.Tensor] = torch.load("mine/last.ckpt", weights_only=True)["state_dict"]
        return held

    names: dict[str, Any] = {}
    exec(FIT, names)
    gone_on = weights()
    Path("mine/last.ckpt").unlink()
    names["fit"](2)
    straight = weights()
    assert gone_on.keys() == straight.keys()
    assert all(torch.equal(gone_on[name], value) for name, value in straight.items() if torch.is_tensor(value))


def test_the_variant_is_ten_lines_of_code() -> None:
    lines = [line for line in VARIANT.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 10


def test_every_file_the_readme_links_to_is_there() -> None:
    targets = re.findall(r"\]\((?!http|#)([^)]+)\)", README)
    assert len(targets) > 10
    for target in targets:
        assert (CONFIGS.parent / target).exists(), target


def test_the_changelog_knows_the_version() -> None:
    assert f"## {cryptoforecast.__version__}" in (CONFIGS.parent / "CHANGELOG.md").read_text()
