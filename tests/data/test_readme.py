"""The guide of this room is true: each knob that it names is an option and takes the values that it shows."""

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from tests.helpers import Said
from tests.pages import ROOT, blocks_of

GUIDE = ROOT / "cryptoforecast" / "data" / "README.md"
KNOBS = {"column", "date_column", "symbol", "date_format", "decimal", "encoding", "gaps"}


def test_each_knob_of_the_guide_is_an_option_with_the_value_it_shows(type_in: Callable[..., Said]) -> None:
    file = next(block for block in blocks_of(GUIDE) if block.kind == "csv")
    Path("Bitcoin-Fonds.csv").write_bytes(file.text.encode("cp1252"))
    rows = re.findall(r"^\| [^|]+ \| `(\w+)`[^|]*\| ([^|]+) \|$", GUIDE.read_text(), re.MULTILINE)
    assert {name for name, _ in rows} >= KNOBS
    for name, examples in rows:
        for example in re.findall(r"`([^`]+)`", examples):
            words = shlex.split(example)
            assert words[0] == f"--{name}"
            said = type_in("data", "Bitcoin-Fonds.csv", *words)
            assert "Traceback" not in said.err
            assert "unrecognized" not in said.err
