"""Private names of Lightning are used in ``training/lightning/`` and nowhere else."""

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import lightning
import pytest

import cryptoforecast

PACKAGE = Path(cryptoforecast.__file__).parent
QUARANTINE = PACKAGE / "training" / "lightning"
FILES = sorted(file for file in PACKAGE.rglob("*.py") if QUARANTINE not in file.parents)
PARTS = ("pytorch/cli.py", "pytorch/callbacks", "pytorch/core", "pytorch/loggers", "pytorch/loops", "pytorch/profilers",
         "pytorch/strategies", "pytorch/trainer", "fabric/loggers")  # fmt: skip
LAYOUT_OF_CHECKPOINTS = (
    "fit_loop",
    "epoch_progress",
    "epoch_loop.batch_progress",
    "epoch_loop.val_loop.batch_progress",
)
OBJECTS_OF_LIGHTNING = ("logger", "loggers[0]", "trainer", "loop", "callback")  # how variables that hold one are called
ALLOWED = {
    "models/checkpoints/file.py": set(LAYOUT_OF_CHECKPOINTS),  # the reader of checkpoint files, which models need
}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def private_names_in(tree: ast.AST) -> Iterator[str]:
    """The private names that some code defines: functions, classes, attributes of ``self``, class variables."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and is_private(node.name):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_private(node.attr):
            if isinstance(node.value, ast.Name) and node.value.id == "self":
                yield node.attr
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and is_private(node.target.id):
            yield node.target.id


@functools.cache
def names_of_lightning() -> frozenset[str]:
    home = Path(lightning.__file__).parent
    files = [
        file for part in PARTS for file in ([home / part] if part.endswith(".py") else (home / part).rglob("*.py"))
    ]
    return frozenset(name for file in files for name in private_names_in(ast.parse(file.read_text())))


@functools.cache
def names_of_ours() -> frozenset[str]:
    return frozenset(name for file in FILES for name in private_names_in(ast.parse(file.read_text())))


@functools.cache
def classes_of_lightning() -> frozenset[str]:
    """Names of Lightning's classes that ours derive from, and of ours that derive from those."""
    bases = {
        node.name: [ast.unparse(base).rpartition(".")[2].partition("[")[0] for base in node.bases]
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef)
    }
    found = {"LightningModule", "LightningCLI", "LightningDataModule", "Callback", "Logger", "DummyLogger", "Trainer",
             "LightningArgumentParser"}  # fmt: skip
    while more := {name for name, parents in bases.items() if found & set(parents)} - found:
        found |= more
    return frozenset(found)


def uses_in(source: str, allowed: frozenset[str] | set[str] = frozenset()) -> list[str]:
    """The uses of private names of Lightning in some source, each as ``line: name``."""
    tree = ast.parse(source)
    theirs, ours = names_of_lightning(), names_of_ours()
    found: list[tuple[int, str]] = []
    inside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in classes_of_lightning():
            inside |= set(ast.walk(node))
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in theirs:
            owner = ast.unparse(node.value)
            if owner in ("self", "cls"):
                private = node in inside and node.attr not in ours
            else:
                private = node.attr not in ours or owner == "super()" or owner.lower().endswith(OBJECTS_OF_LIGHTNING)
            found += [(node.lineno, node.attr)] if private else []
        elif isinstance(node, ast.FunctionDef) and node in inside and node.name in theirs:
            found.append((node.lineno, f"def {node.name}"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lightning"):
            private = [alias.name for alias in node.names if is_private(alias.name)]
            private += [part for part in (node.module or "").split(".") if is_private(part)]
            found += [(node.lineno, name) for name in private]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            private = node.value in theirs - ours or node.value in LAYOUT_OF_CHECKPOINTS
            found += [(node.lineno, node.value)] if private else []
    return [f"{line}: {name}" for line, name in sorted(found) if name not in allowed]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_private_names_of_lightning_are_used_in_training_lightning_only(file: Path) -> None:
    assert not uses_in(file.read_text(), ALLOWED.get(str(file.relative_to(PACKAGE).as_posix()), set()))


@pytest.mark.parametrize(
    "source",
    [
        "logger._version = None",
        "trainer.loggers[0]._name",
        "trainer.fit_loop._should_accumulate()",
        "getattr(logger, '_root_dir', '')",
        "from lightning.pytorch.loops.fetchers import _DataFetcher",
        "module._current_fx_name = 'training_step'",
        "class CommandLine(VerbCLI):\n    def _run_subcommand(self, subcommand): ...",
        "class CommandLine(VerbCLI):\n    def set_seed(self):\n        super()._set_seed()",
        "class CommandLine(VerbCLI):\n    def run_verb(self, verb):\n        self._get(self.config, verb)",
        "trainer._logger_connector.reset_results()",
        "checkpoint['loops']['fit_loop']",
    ],
)
def test_a_private_name_of_lightning_is_found(source: str) -> None:
    assert uses_in(source)


def test_our_own_private_names_are_ours() -> None:
    assert not uses_in(
        "class Reader:\n    def __init__(self):\n        self._rows = []\n    def read(self): return self._rows"
    )
