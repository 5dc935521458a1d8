"""The guide of this room is true: its files, commands and outputs are these, and its Python runs."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

import cryptoforecast
from cryptoforecast.cli.main import main
from tests.helpers import CONFIGS, Said

GUIDE = Path(cryptoforecast.__file__).parent / "data" / "README.md"
TEXT = GUIDE.read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
(FILE,) = [text for kind, text in BLOCKS if kind == "csv"]
CONSOLE = [text for kind, text in BLOCKS if kind == "console"]
PYTHON = [text for kind, text in BLOCKS if kind == "python"]
(SHELL,) = [text for kind, text in BLOCKS if kind == "sh"]


@pytest.fixture(autouse=True)
def saved(tmp_path: Path) -> None:
    """The file that the guide speaks of, in the working folder."""
    (tmp_path / "Bitcoin-Fonds.csv").write_bytes(FILE.encode("cp1252"))


@pytest.mark.parametrize("block", CONSOLE)
def test_a_command_prints_what_the_guide_shows(block: str, type_in: Callable[..., Said]) -> None:
    command, _, shown = block.partition("\n")
    said = type_in(*shlex.split(command.removeprefix("$ python -m cryptoforecast ")))
    assert (said.err if shown.startswith("error: ") else said.out) == shown
    assert said.status == int(shown.startswith("error: "))


@pytest.mark.parametrize("block", PYTHON)
def test_the_guides_python_runs(block: str) -> None:
    names: dict[str, object] = {}
    exec(block, names)
    assert isinstance(names["source"], cryptoforecast.Source)


def test_the_command_that_takes_closes_from_an_exchange_is_understood(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CONFIGS.parent)
    command = shlex.split(SHELL.removeprefix("python -m cryptoforecast "))
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--print_config"])
    source = yaml.safe_load(capsys.readouterr().out)["data"]["source"]
    assert source["class_path"] == "cryptoforecast.CcxtSource"
    given = {"exchange": "binance", "symbol": "BTC/USDT", "timeframe": "1h"}
    assert given.items() <= source["init_args"].items()


def test_each_knob_of_the_guide_is_an_option_with_the_value_it_shows(type_in: Callable[..., Said]) -> None:
    rows = re.findall(r"^\| [^|]+ \| `(\w+)`[^|]*\| ([^|]+) \|$", TEXT, re.MULTILINE)
    assert {name for name, _ in rows} >= {
        "column",
        "date_column",
        "symbol",
        "date_format",
        "decimal",
        "encoding",
        "gaps",
    }
    for name, examples in rows:
        for example in re.findall(r"`([^`]+)`", examples):
            words = shlex.split(example)
            assert words[0] == f"--{name}"
            said = type_in("data", "Bitcoin-Fonds.csv", *words)
            assert "Traceback" not in said.err
            assert "unrecognized" not in said.err


def test_every_link_of_the_guide_has_its_heading() -> None:
    headings = {
        re.sub(r"[^\w -]", "", line).strip().lower().replace(" ", "-")
        for line in re.findall(r"^## (.*)$", TEXT, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) == headings
