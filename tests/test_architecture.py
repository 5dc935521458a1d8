"""The house: a room imports from the rooms before it, and importing the package loads nothing."""

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

import cryptoforecast

PACKAGE = Path(cryptoforecast.__file__).parent
PRONOUNS = {"one", "own", "said", "other", "others", "there", "again", "whose", "of", "them", "it"}
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted(Path(__file__).parent.rglob("*.py"))
SHAPED = [file for file in FILES if "from jaxtyping import" in file.read_text()]


def load_script(name: str) -> ModuleType:
    """A script of the project as a module."""
    loader = SourceFileLoader(name, str(PACKAGE.parent / "scripts" / name))
    spec = spec_from_loader(name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
    return module


IMPORTS = load_script("imports")
ARROWS = IMPORTS.read_arrows(PACKAGE)


def names_bound_in(file: Path) -> Iterator[tuple[str, int]]:
    """Each name that a file binds, as a variable, an argument, an attribute, a function or an alias, and its line."""
    tree = ast.parse(file.read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    operators = [node for node in functions if node.name.startswith("__")]  # whose second argument Python calls other
    skipped = {id(argument) for node in operators for argument in node.args.args}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield (node.id if isinstance(node, ast.Name) else node.attr), node.lineno
        elif isinstance(node, ast.arg):
            yield node.arg, node.lineno
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node.lineno
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((alias.asname, node.lineno) for alias in node.names if alias.asname)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            yield node.name, node.lineno


@pytest.mark.parametrize("room", sorted({name for rooms in IMPORTS.ORDER for name in rooms}))
def test_a_room_imports_only_from_itself_and_the_rooms_before_it(room: str) -> None:
    assert (PACKAGE / room).is_dir()
    assert [arrow for arrow in IMPORTS.find_arrows_back(ARROWS) if arrow.source.split(".")[1] == room] == []


@pytest.mark.parametrize("level", ["room", "module"])
def test_there_is_no_circle_of_imports_even_inside_functions(level: str) -> None:
    assert IMPORTS.find_circles(IMPORTS.grouped(ARROWS, level)) == []


def test_every_room_has_a_place_in_the_order() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()}
    assert rooms == {name for group in IMPORTS.ORDER for name in group}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_name_is_a_pronoun_or_a_preposition(file: Path) -> None:
    place = file.relative_to(PACKAGE).as_posix()
    allowed = {"others"} if place.startswith("data/") else set()  # there, the columns of a file beside the close
    assert [(name, line) for name, line in names_bound_in(file) if name in PRONOUNS - allowed] == []


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
    reader, order = "cryptoforecast.data.files.", ["cells", "dates", "headings", "bytes", "lines", "columns", "rows"]
    for arrow in ARROWS:
        source, target = (module.removeprefix(reader).split(".")[0] for module in (arrow.source, arrow.target))
        if arrow.source.startswith(reader) and arrow.target.startswith(reader) and source in order:
            assert target not in (*order[order.index(source) + 1 :], "reading"), (
                f"{arrow.source} imports {arrow.target}"
            )
