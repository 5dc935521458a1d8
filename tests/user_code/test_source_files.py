"""Which of the researcher's files a model is written in."""

import importlib
import selectors
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lightning.pytorch.loggers import CSVLogger
from torch import nn

from cryptoforecast import LSTM, SimulatedSource
from cryptoforecast.user_code.source_files import MAX_BYTES, changed_files, copy_source_files, source_code_of

FILES = {
    "mine.py": "import json, numpy\nfrom parts import layers\nfrom parts.deep import *\n\nclass Mine:\n    pass\n",
    "parts/__init__.py": "",
    "parts/layers.py": "from . import sizes\nfrom .deep import D\n",
    "parts/sizes.py": "",
    "parts/deep.py": "D = 1\ndef late():\n    import importlib, lazily\n    importlib.import_module('by_name')\n",
    "lazily.py": "import mine  # a circle\n",
    "by_name.py": "",
    "unused.py": "",
    "block.py": "from torch import nn\n\nclass Block(nn.Module):\n    pass\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in [name for name, module in sys.modules.items() if str(tmp_path) in str(getattr(module, "__file__", ""))]:
        del sys.modules[name]


def made(name: str, cls: str) -> Any:
    return getattr(importlib.import_module(name), cls)()


def test_a_class_brings_its_file_and_all_that_this_imports_at_whatever_depth_but_nothing_installed(
    folder: Path,
) -> None:
    code = source_code_of(made("mine", "Mine"))
    assert set(code.hashes) == set(FILES) - {"unused.py", "block.py"}
    assert code.files["parts/deep.py"] == folder / "parts" / "deep.py"


def test_classes_within_networks_lists_class_paths_and_parents_count(folder: Path) -> None:
    network = nn.Sequential(nn.Linear(1, 1), made("block", "Block"))
    assert set(source_code_of([network]).hashes) == {"block.py"}
    made("block", "Block")
    assert set(source_code_of({"callbacks": [{"class_path": "block.Block", "init_args": {}}]}).hashes) == {"block.py"}
    child = type("Child", (importlib.import_module("block").Block,), {"__module__": "nowhere"})
    assert set(source_code_of(child()).hashes) == {"block.py"}


def test_a_logger_counts_by_its_class_alone_and_a_mapping_of_another_kind_ends_nothing(folder: Path) -> None:
    logger, run = CSVLogger(folder), type("Run", (), {"__module__": "nowhere"})()
    logger.block = made("block", "Block")
    with selectors.DefaultSelector() as selector:
        run.files = selector.get_map()
        assert source_code_of(logger, run).hashes == {}
    own = type("OwnLogger", (CSVLogger,), {"__module__": "block"})
    assert set(source_code_of(own(folder)).hashes) == {"block.py"}


def test_what_is_shipped_and_plain_data_have_no_files() -> None:
    code = source_code_of(LSTM(), SimulatedSource(), {"a": [1, 2.0, "torch.optim.Adam", None]}, sys.stdout)
    assert (code.files, code.hashes) == ({}, {})


def test_a_changed_file_and_a_new_one_are_named(folder: Path) -> None:
    before = source_code_of(made("mine", "Mine")).hashes
    (folder / "parts" / "sizes.py").write_text("SIZE = 2\n")
    (folder / "lazily.py").write_text("import unused\n")
    now = source_code_of(made("mine", "Mine")).hashes
    assert changed_files(before | {"callback.py": "ab"}, now) == ["lazily.py", "parts/sizes.py", "unused.py"]


def test_copies_are_kept_once_each_in_its_place_and_a_huge_file_is_not(folder: Path, tmp_path: Path) -> None:
    (folder / "by_name.py").write_text("#" * (MAX_BYTES + 1))
    files, run = source_code_of(made("mine", "Mine")).files, tmp_path / "run"
    copy_source_files(files, run)
    kept = {str(file.relative_to(run / "code")) for file in (run / "code").rglob("*.py")}
    assert kept == set(files) - {"by_name.py"}
    (folder / "mine.py").write_text("# changed\n")
    copy_source_files(files, run)
    assert (run / "code" / "mine.py").read_text() == FILES["mine.py"]


def test_a_file_that_does_not_parse_counts_and_ends_nothing(folder: Path) -> None:
    mine = made("mine", "Mine")
    (folder / "parts" / "layers.py").write_text("def :\n")
    assert "parts/layers.py" in source_code_of(mine).hashes
