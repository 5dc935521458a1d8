"""The user's source files behind a model: found through imports, hashed, and copied into a run's folder."""

import ast
import functools
import hashlib
import inspect
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from torch import Tensor, nn

from cryptoforecast.atomic import write_atomically
from cryptoforecast.user_code.installed import PACKAGE, is_installed

CODE = "code"  # the folder of the copies in a run's folder
MAX_BYTES, MAX_FILES = 1_000_000, 200  # of copies
# Modules whose objects hold the command line, the trainer, or the threads of a logger, and none of a model's classes.
NOT_LOOKED_INTO = ("jsonargparse", "lightning.pytorch.trainer", "lightning.pytorch.loggers")
IMPORT_FUNCTIONS = ("import_module", "__import__")
PARSE_LOCK = threading.Lock()  # in Python 3.11 threads share the limit on the depth of a syntax tree


class SourceCode(NamedTuple):
    """The user's source files by name, and the SHA-256 of each.

    A class that was defined in a notebook has no file; its hash is stored under the name of the class.
    """

    files: dict[str, Path]
    hashes: dict[str, str]


def source_code_of(*values: Any) -> SourceCode:
    """The user's source files that define the classes of some objects, and those that these files import.

    The user's files are those outside installed packages, the standard library and this package: a variant, its base
    classes, and helpers in the working folder or on ``PYTHONPATH``. Imports are read from the source, so imports within
    functions count; modules whose names are computed do not.

    Args:
        values: instances, classes, functions, or plain data with class paths in it. The modules of a network and the
            attributes of other instances count as well.
    """
    written = list(dict.fromkeys(_classes(values, set())))
    modules = dict.fromkeys(getattr(value, "__module__", None) or "" for value in written)
    found = (_user_file(sys.modules[name]) for name in modules if name in sys.modules)
    waiting = [file for file in found if file is not None]
    files: dict[str, Path] = {}
    while waiting:
        name, file = waiting.pop()
        if name not in files:
            files[name] = file
            waiting += _imported(name, file)
    hashes = {name: _sha256(file.read_bytes()) for name, file in files.items() if file.is_file()}
    interactive = {
        f"{value.__qualname__} in __main__": _sha256(_interactive_source(value))
        for value in written
        if _is_interactive(value)
    }
    return SourceCode(dict(sorted(files.items())), dict(sorted((hashes | interactive).items())))


def changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of files in use now that were changed or added.

    Args:
        before: hashes by name, possibly also of files that are no longer in use.
        now: hashes by name.
    """
    return sorted(name for name in now if before.get(name) != now[name])


def say_changed(files: Sequence[str]) -> str:
    """The beginning of a sentence on files that have changed.

    >>> say_changed(["helper.py"])
    'helper.py has changed since'
    """
    return f"{', '.join(files)} {'has' if len(files) == 1 else 'have'} changed since"


def copy_source_files(files: Mapping[str, Path], folder: Path) -> None:
    """Copy files into ``code/`` of a run's folder; existing copies stay.

    Files of more than a megabyte are left out, and so are all after the first two hundred.
    """
    for name, file in list(files.items())[:MAX_FILES]:
        copy = folder / CODE / name
        if not copy.exists() and file.is_file() and file.stat().st_size <= MAX_BYTES:
            content = file.read_bytes()
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(copy, functools.partial(_write, content))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_interactive(value: Any) -> bool:
    """Whether a class or function was defined in a notebook or a shell: whether its module has no file."""
    return getattr(value, "__module__", None) == "__main__" and not getattr(sys.modules["__main__"], "__file__", None)


def _interactive_source(value: Any) -> bytes:
    """The source of a class or function that has no file; without source, as in a shell, its compiled code."""
    try:
        return inspect.getsource(value).encode()
    except (OSError, TypeError):
        members = vars(value).values() if isinstance(value, type) else [value]
        codes = [member.__code__ for member in members if inspect.isfunction(member)]
        return repr([(code.co_code, code.co_names, code.co_consts) for code in codes]).encode()


def _write(content: bytes, file: Any) -> None:
    file.write(content)


def _classes(values: Iterable[Any], seen: set[int]) -> Iterator[Any]:
    """The classes of values with their base classes, and the functions among values."""
    for value in values:
        if id(value) in seen or value is None or isinstance(value, bool | int | float | str | bytes | Tensor):
            continue
        seen.add(id(value))
        if isinstance(value, dict):  # no other mapping: that of a selector raises where it has no such file
            path = value.get("class_path")
            yield from _classes([_loaded(path) if isinstance(path, str) else None, *value.values()], seen)
        elif isinstance(value, list | tuple | set | frozenset):
            yield from _classes(value, seen)
        elif isinstance(value, functools.partial):
            yield from _classes([value.func, *value.args, *value.keywords.values()], seen)
        elif isinstance(value, type):
            yield from value.__mro__
        elif inspect.isroutine(value):
            yield value
        else:
            classes = type(value).__mro__
            yield from classes
            modules = value.modules() if isinstance(value, nn.Module) else []
            yield from (cls for module in modules for cls in type(module).__mro__)
            closed = isinstance(value, nn.Module) or any(cls.__module__.startswith(NOT_LOOKED_INTO) for cls in classes)
            if not closed:
                yield from _classes(getattr(value, "__dict__", {}).values(), seen)


def _loaded(path: str) -> Any:
    """What an import path names if its module was imported; else None."""
    module, _, name = path.rpartition(".")
    return getattr(sys.modules.get(module), name, None)


def _user_file(module: ModuleType) -> tuple[str, Path] | None:
    """The name and the file of a module of the user's; None for any other module."""
    written = getattr(module, "__file__", None)
    if not written or (file := Path(written).resolve()).suffix != ".py" or not _is_user_file(file):
        return None
    parts = file.stem if module.__name__ == "__main__" else module.__name__.replace(".", "/")
    return f"{parts}/__init__.py" if file.name == "__init__.py" else f"{parts}.py", file


def _is_user_file(file: Path) -> bool:
    return not is_installed(str(file)) and not file.is_relative_to(PACKAGE)


def _imported(name: str, file: Path) -> list[tuple[str, Path]]:
    """The user's modules that a file imports, with the packages that contain them."""
    try:
        with PARSE_LOCK:
            tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return []
    package = name.removesuffix("/__init__.py").split("/")
    package = package if name.endswith("/__init__.py") else package[:-1]
    root = file.parents[len(name.split("/")) - 1]
    wanted = [part for node in ast.walk(tree) for part in _names(node, package)]
    found = (_find(part, root) for part in dict.fromkeys(_with_packages(wanted)))
    return [module for module in found if module is not None]


def _names(node: ast.AST, package: list[str]) -> list[str]:
    """The full names of the modules that a statement may import."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        return [base, *(f"{base}.{alias.name}" if base else alias.name for alias in node.names)]
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in IMPORT_FUNCTIONS:
        return [word.value for word in node.args[:1] if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    return []


def _with_packages(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _find(name: str, root: Path) -> tuple[str, Path] | None:
    """The name and the file of a user's module, as it was imported or would be found; else None."""
    if not name:
        return None
    if (module := sys.modules.get(name)) is not None:
        return _user_file(module)
    for folder in [root, *(Path(entry) for entry in sys.path)]:
        place = folder.joinpath(*name.split("."))
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if file.is_file():
                file = file.resolve()
                path = name.replace(".", "/")
                named = f"{path}/__init__.py" if file.name == "__init__.py" else f"{path}.py"
                return (named, file) if _is_user_file(file) else None
    return None
