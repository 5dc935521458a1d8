"""The house: a room imports from the rooms before it, and importing the package loads nothing."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cryptoforecast

PACKAGE = Path(cryptoforecast.__file__).parent
ROOMS = [("user_code",), ("recipe",), ("data",), ("models",), ("evaluation",), ("training",), ("backtest", "audit"),
         ("cli",)]  # fmt: skip
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted(Path(__file__).parent.rglob("*.py"))
SHAPED = [file for file in FILES if "from jaxtyping import" in file.read_text()]


def room_of(module: str) -> int:
    """The place of a module's room in the order; -1 of what stands before all rooms, such as ``errors``."""
    name = module.split(".")[1] if "." in module else ""
    return next((place for place, rooms in enumerate(ROOMS) if name in rooms), -1)


def imported(file: Path) -> set[str]:
    """The modules of ours that a file imports, at its top or in a function; a public name by the module it is in."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module == "cryptoforecast":
            found |= {cryptoforecast._HOMES.get(alias.name, f"cryptoforecast.{alias.name}") for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return {name for name in found if name.split(".")[0] == "cryptoforecast"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_a_room_imports_only_from_itself_and_the_rooms_before_it(file: Path) -> None:
    module = ".".join(["cryptoforecast", *file.relative_to(PACKAGE).with_suffix("").parts])
    if module in ("cryptoforecast.__init__", "cryptoforecast.__main__"):
        return  # the face, which names what is in all rooms, and the way in
    place = room_of(module)
    for name in imported(file):
        room, beside = name.split(".")[1], module.split(".")[1]
        assert room_of(name) < place or room == beside or place == room_of(name) == -1, f"{module} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.name))
def test_a_file_is_short_enough_to_read(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 250


@pytest.mark.parametrize("file", SHAPED, ids=lambda file: str(file.name))
def test_shapes_in_signatures_are_executed_by_the_tests(file: Path, pytestconfig: pytest.Config) -> None:
    module = ".".join(["cryptoforecast", *file.relative_to(PACKAGE).with_suffix("").parts])
    named = pytestconfig.getoption("--jaxtyping-packages").split(",")
    assert any(f"{module}.".startswith(f"{name}.") for name in named)


@pytest.mark.parametrize("file", TESTS, ids=lambda file: str(file.name))
def test_what_tests_share_lies_in_helpers_and_not_in_a_file_of_tests(file: Path) -> None:
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    for module in [node.module or "" for node in nodes]:
        assert not re.match(r"tests\.(.*\.)?(test_\w+|conftest)$", module), f"take it from a helpers.py, not {module}"


def test_importing_the_package_loads_none_of_its_rooms_and_no_torch() -> None:
    code = "import sys, cryptoforecast; print([m for m in ('torch', 'lightning', 'pandas') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_public_name_is_there_and_has_a_docstring() -> None:
    for name in cryptoforecast.__all__:
        assert getattr(cryptoforecast, name).__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'Oracle'"):
        cryptoforecast.Oracle  # noqa: B018


@pytest.mark.parametrize("name", sorted(set(cryptoforecast.__all__) & {path.name for path in PACKAGE.iterdir()}))
def test_a_verb_is_a_function_also_where_the_room_of_its_name_has_been_imported(name: str) -> None:
    room = importlib.import_module(f"cryptoforecast.{name}")
    assert inspect.isfunction(getattr(cryptoforecast, name))
    assert sys.modules[f"cryptoforecast.{name}"] is room


def test_the_order_of_the_readers_modules_names_each_of_them() -> None:
    folder = PACKAGE / "data" / "files"
    (order,) = re.findall(r"::\n(.*)", (folder / "__init__.py").read_text(), re.DOTALL)
    for module in folder.rglob("[!_]*.py"):
        assert re.search(rf"\b{module.stem}\b", order), module.stem
        assert module.parent == folder or re.search(rf"^ *{module.parent.name}\b", order, re.MULTILINE), module.parent


def test_a_folder_of_the_reader_imports_only_from_the_folders_before_it() -> None:
    reader = "cryptoforecast.data.files."
    order = ["cells", "dates", "headings", "bytes", "lines", "columns", "rows"]
    for folder in order:
        for file in (PACKAGE / "data" / "files" / folder).glob("*.py"):
            for name in imported(file):
                part = name.removeprefix(reader).split(".")[0]
                later = [*order[order.index(folder) + 1 :], "reading"]
                assert not (name.startswith(reader) and part in later), f"{file.name} imports {name}"
