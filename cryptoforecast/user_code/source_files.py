"""The researcher's own source files behind a model: found by what its classes import, hashed, and kept beside a run."""

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

CODE = "code"  # the folder of the copies
LARGEST, MOST = 1_000_000, 200  # bytes of a file and files, of which copies are kept
IMPORTERS = ("import_module", "__import__")
PARSING = threading.Lock()  # Python 3.11 counts the depth of a syntax tree for all threads together


class SourceCode(NamedTuple):
    """What a model is written in: the researcher's own source files, and the SHA-256 of each, by name.

    A class that was typed into a notebook has no file; its hash stands under its own name.
    """

    files: dict[str, Path]
    hashes: dict[str, str]


def source_code_of(*values: Any) -> SourceCode:
    """The source files that the classes of some objects are written in, and those that these import.

    Counted are the files outside installed packages, the standard library and this package: a variant, its base
    classes, the helpers they import from the working folder or ``PYTHONPATH``, and theirs. Imports are read from the
    source, so that one within a function counts; one by a name that is only computed does not.

    Args:
        values: instances (of a network, its modules too; of others, what they hold), classes, functions, or plain data
            with class paths in it.
    """
    written = list(dict.fromkeys(_classes(values, set())))
    modules = dict.fromkeys(getattr(value, "__module__", None) or "" for value in written)
    waiting = [own for name in modules if name in sys.modules and (own := _own(sys.modules[name])) is not None]
    files: dict[str, Path] = {}
    while waiting:
        name, file = waiting.pop()
        if name not in files:
            files[name] = file
            waiting += _imported(name, file)
    hashes = {name: _sha256(file.read_bytes()) for name, file in files.items() if file.is_file()}
    typed = {f"{value.__qualname__} in __main__": _sha256(_typed(value)) for value in written if _is_typed(value)}
    return SourceCode(dict(sorted(files.items())), dict(sorted((hashes | typed).items())))


def changed_files(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The names of files in use now that are not what they were, or were not there.

    Args:
        before: hashes by name; there may be others among them, such as of a callback.
        now: hashes by name.
    """
    return sorted(name for name in now if before.get(name) != now[name])


def say_changed(files: Sequence[str]) -> str:
    """The beginning of a sentence about files that have changed.

    >>> say_changed(["helper.py"])
    'helper.py has changed since'
    """
    return f"{', '.join(files)} {'has' if len(files) == 1 else 'have'} changed since"


def copy_source_files(files: Mapping[str, Path], folder: Path) -> None:
    """Copy files into ``code/`` of a run's folder, each whole; what is kept there already stays.

    A file above a megabyte is left out, and so are all beyond two hundred.
    """
    for name, file in list(files.items())[:MOST]:
        copy = folder / CODE / name
        if not copy.exists() and file.is_file() and file.stat().st_size <= LARGEST:
            content = file.read_bytes()
            copy.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(copy, functools.partial(_write, content))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _is_typed(value: Any) -> bool:
    """Whether a class or function was typed into a notebook or a shell: its module has no file."""
    return getattr(value, "__module__", None) == "__main__" and not getattr(sys.modules["__main__"], "__file__", None)


def _typed(value: Any) -> bytes:
    """The source of a class or function that has no file; in a shell, which keeps none, the compiled code."""
    try:
        return inspect.getsource(value).encode()
    except (OSError, TypeError):
        members = vars(value).values() if isinstance(value, type) else [value]
        codes = [member.__code__ for member in members if inspect.isfunction(member)]
        return repr([(code.co_code, code.co_names, code.co_consts) for code in codes]).encode()


def _write(content: bytes, file: Any) -> None:
    file.write(content)


def _classes(values: Iterable[Any], seen: set[int]) -> Iterator[Any]:
    """The classes and functions behind values, base classes too."""
    for value in values:
        if id(value) in seen or value is None or isinstance(value, bool | int | float | str | bytes | Tensor):
            continue
        seen.add(id(value))
        if isinstance(value, Mapping):
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
            yield from type(value).__mro__
            modules = value.modules() if isinstance(value, nn.Module) else []
            yield from (cls for module in modules for cls in type(module).__mro__)
            if not isinstance(value, nn.Module):
                yield from _classes(getattr(value, "__dict__", {}).values(), seen)


def _loaded(path: str) -> Any:
    """What an import path names, if its module has been imported."""
    module, _, name = path.rpartition(".")
    return getattr(sys.modules.get(module), name, None)


def _own(module: ModuleType) -> tuple[str, Path] | None:
    """The name and the file of a module, if it is the researcher's own."""
    written = getattr(module, "__file__", None)
    if not written or (file := Path(written).resolve()).suffix != ".py" or not _is_own(file):
        return None
    parts = file.stem if module.__name__ == "__main__" else module.__name__.replace(".", "/")
    return f"{parts}/__init__.py" if file.name == "__init__.py" else f"{parts}.py", file


def _is_own(file: Path) -> bool:
    return not is_installed(str(file)) and not file.is_relative_to(PACKAGE)


def _imported(name: str, file: Path) -> list[tuple[str, Path]]:
    """The researcher's own modules that a file imports, with the packages they lie in."""
    try:
        with PARSING:
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
    """The modules that a statement may import, by their whole names."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = package[: len(package) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        return [base, *(f"{base}.{alias.name}" if base else alias.name for alias in node.names)]
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in IMPORTERS:
        return [word.value for word in node.args[:1] if isinstance(word, ast.Constant) and isinstance(word.value, str)]
    return []


def _with_packages(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        parts = name.split(".")
        yield from (".".join(parts[:length]) for length in range(1, len(parts) + 1))


def _find(name: str, root: Path) -> tuple[str, Path] | None:
    """A module's name and file, if it is the researcher's own: as it was imported, else where it would be found."""
    if not name:
        return None
    if (module := sys.modules.get(name)) is not None:
        return _own(module)
    for folder in [root, *(Path(entry) for entry in sys.path)]:
        place = folder.joinpath(*name.split("."))
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if file.is_file():
                file = file.resolve()
                path = name.replace(".", "/")
                named = f"{path}/__init__.py" if file.name == "__init__.py" else f"{path}.py"
                return (named, file) if _is_own(file) else None
    return None
