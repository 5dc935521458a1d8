"""A checkpoint names classes, and none is made, called or imported that is not wanted where it is named."""

import copy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from cryptoforecast import UserError, load_forecaster
from tests.helpers import Run, Said

VARIANT = """
from collections.abc import Callable
from typing import Any
import torch
from torch import nn
from cryptoforecast import Forecaster, Scaling, Source, RelativeLog

def doubled(x):
    return 2 * x

class Part:
    def __init__(self, size: int = 1) -> None:
        self.size = size

class Net(Forecaster):
    def __init__(self, hidden_size: int = 3, note=None, anything: Any = None, notes: list | None = None,
                 table: dict[str, Any] | None = None, listed: list[Any] | None = None, part: Part | None = None,
                 member: Forecaster | None = None, activation: Callable = nn.functional.relu,
                 layer: type[nn.Module] = nn.Linear, text: str | Callable = "plain", union: Any | int = 0,
                 **kwargs):
        super().__init__(**kwargs)
        self.linear = nn.Linear(self.context_length, self.horizon)

    def forward(self, x):
        return self.linear(x[..., 0])

class Noted(Source):
    def __init__(self, path: str, note=None, options: dict[str, Any] | None = None, hook: Callable | None = None):
        self.path, self.note, self.options, self.hook = path, note, options, hook

    def load(self, columns=()):
        from cryptoforecast import CsvSource
        return CsvSource(self.path).load()
"""
MARK = "it_ran"


def command(mark: str) -> dict[str, Any]:
    """What would run a command if it were made."""
    return {"class_path": "subprocess.Popen", "init_args": {"args": f"touch {mark}", "shell": True}}


def evils(folder: Path) -> dict[str, Any]:
    """Ways to have something run, by what they are."""
    (folder / "config.yaml").write_text(f"class_path: subprocess.Popen\ninit_args: {{args: touch {MARK}, shell: true}}")
    (folder / "evilmod.py").write_text(f"import os\nos.system('touch {MARK}')\nclass Thing: pass\n")
    spec = command(MARK)
    return {
        "a spec": spec,
        "a spec in a list": [spec],
        "a spec in a dictionary": {"a": {"b": [spec]}},
        "a spec as text": str(spec),
        "a spec as escaped text": '{"class\\x5fpath": "subprocess.Popen", "init_args": {"args": "touch it_ran"}}',
        "a function": "os.system",
        "a module's function": "evilmod.run",
        "a class": "evilmod.Thing",
        "a class and arguments": {"class_path": "evilmod.Thing", "init_args": {}},
        "arguments of a dictionary": {"class_path": "subprocess.Popen", "dict_kwargs": {"args": f"touch {MARK}"}},
        "a configuration": str(folder / "config.yaml"),
        "a call in Python's YAML": f"!!python/object/apply:os.system ['touch {MARK}']",
    }


def places(part: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to each entry of a record."""
    items = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list | tuple) else ()
    for key, item in items:
        yield (*way, key)
        yield from places(item, (*way, key))


def put(content: dict[str, Any], way: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """A copy in which something else stands in a place."""
    changed = copy.copy(content)
    changed["cryptoforecast"] = copy.deepcopy(content["cryptoforecast"])
    part: Any = changed
    for key in way[:-1]:
        if isinstance(part[key], tuple):
            part[key] = list(part[key])
        part = part[key]
    part[way[-1]] = value
    return changed


@pytest.fixture
def records(fitted: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """A checkpoint of ours, one with nested sources, and one of a variant that leaves much open; all can be loaded."""
    (tmp_path / "open_variant.py").write_text(VARIANT)
    ours = torch.load(fitted.checkpoint, weights_only=True)
    csv = ours["cryptoforecast"]["data"]["settings"]["source"]
    first = {"class_path": "cryptoforecast.FirstAvailable", "init_args": {"sources": [copy.deepcopy(csv)]}}
    nested = put(ours, ("cryptoforecast", "data", "settings", "source"), [first])
    arguments = {
        "context_length": 12, "horizon": 2, "columns": ["Close"], "note": {"a": [1, "text"]}, "anything": "005930",
        "notes": ["a"], "table": {"a": {"b": 1}}, "listed": [1], "part": {"class_path": "open_variant.Part",
        "init_args": {"size": 2}}, "member": None, "activation": "torch.nn.functional.gelu",
        "layer": "torch.nn.modules.linear.Linear", "text": "x", "union": 3,
        "scaling": {"class_path": "cryptoforecast.RelativeLog", "init_args": {"gain": 10.0}},
    }  # fmt: skip
    variant = put(ours, ("cryptoforecast", "model"), {"class_path": "open_variant.Net", "init_args": arguments})
    source = {"path": csv["init_args"]["path"], "note": ["a", {"b": "2020-01-01"}], "options": {"k": "1e5"}}
    variant = put(
        variant, ("cryptoforecast", "data", "settings", "source"), {"class_path": "open_variant.Noted",
        "init_args": {**source, "hook": "open_variant.doubled"}},
    )  # fmt: skip
    variant["state_dict"] = {"linear.weight": torch.zeros(2, 12), "linear.bias": torch.zeros(2)}
    return {"ours": ours, "nested": nested, "variant": variant}


def told(content: dict[str, Any], path: Path, type_in: Callable[..., Said], predict: bool) -> list[str]:
    """The errors of loading a checkpoint, and of predicting from it, each one sentence."""
    torch.save(content, path)
    errors = []
    try:
        load_forecaster(path)
    except UserError as problem:
        errors.append(str(problem))
    if predict:
        said = type_in("predict", "--ckpt_path", path)
        assert said.err.count("error: ") == (said.status != 0), said
        errors += said.err.splitlines() if said.status else []
    return errors


def try_everywhere(
    records: dict[str, dict[str, Any]], folder: Path, type_in: Callable[..., Said], every: int, predicted: int
) -> dict[str, int]:
    """Put what would run into each place of each record, and see that nothing does.

    Args:
        records: whole checkpoints.
        folder: the working folder.
        type_in: types a command.
        every: of the ways to have something run, each so manieth is tried.
        predicted: of those, each so manieth is predicted from too.

    Returns:
        How many places there are, how many things were put there, and how many were refused.
    """
    counted = dict.fromkeys(("places", "tried", "predicted", "refused"), 0)
    number = 0
    for content in records.values():
        ways = [("cryptoforecast", *way) for way in places(content["cryptoforecast"])]
        counted["places"] += len(ways)
        for way in ways:
            for name, evil in evils(folder).items():
                number += 1
                if number % every:
                    continue
                counted["tried"] += 1
                predict = counted["tried"] % predicted == 0
                counted["predicted"] += predict
                errors = told(put(content, way, evil), folder / "x.ckpt", type_in, predict)
                assert not (folder / MARK).exists(), (way, name)
                assert "evilmod" not in sys.modules, (way, name)
                counted["refused"] += bool(errors)
                names_a_class = isinstance(evil, dict | list)
                of_the_data = way[1:3] == ("data", "settings")
                assert errors or not names_a_class or (of_the_data and not predict), (way, name)
    return counted


def test_no_entry_of_a_checkpoint_can_have_anything_run(
    records: dict[str, dict[str, Any]], tmp_path: Path, type_in: Callable[..., Said]
) -> None:
    for name, content in records.items():
        assert not told(content, tmp_path / "x.ckpt", type_in, predict=True), name
    counted = try_everywhere(records, tmp_path, type_in, every=17, predicted=16)
    assert counted["refused"] > counted["tried"] / 3
