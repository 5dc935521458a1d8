"""Classes and functions by import path, without importing a module only because a file names it."""

import ast
import importlib
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from cryptoforecast.user_code.installed import is_installed

PACKAGE = __name__.partition(".")[0]
SAFE_PACKAGES = (PACKAGE, "torch.optim")  # importing their modules has no side effects


class ImportPathError(ValueError):
    """An import path that names no class or function, or that must not be imported; its text is half a sentence."""


class NoSuchName(ImportPathError):
    """There is no such module, or the module has no such name."""


def find_object(path: object) -> Any:
    """The class or function at an import path such as ``my_model.GRU``.

    A module is imported only if it belongs to this package or to ``torch.optim``, or if it lies in the working folder
    and its source defines that function, or that class with a base class. Any other module must have been imported
    before, by the program or because the user named it.

    Raises:
        ImportPathError: if nothing has this path, or its module must not be imported.
    """
    if not isinstance(path, str) or "." not in path or not all(part.isidentifier() for part in path.split(".")):
        raise ImportPathError(f"{shortened(path)} is no import path such as my_model.GRU")
    parts = path.split(".")
    module, depth = _module_of(parts)
    found: Any = module
    for at, name in enumerate(parts[depth:], start=depth):
        if found is module and is_within(module.__name__, PACKAGE):
            found = getattr(module, name, None)  # the package imports its public names at their first use
        else:
            found = vars(found).get(name) if found is module or isinstance(found, type) else None
        if found is None or isinstance(found, ModuleType):
            raise NoSuchName(_nothing_there(".".join(parts[:at]), name))
    if found is module:
        raise ImportPathError(f"{path} is a module")
    return found


def import_named(path: str) -> Any:
    """The module, class or function at an import path that the user named; its module is imported wherever it lies.

    Raises:
        ImportPathError: if nothing has this path.
    """
    parts = path.split(".")
    for count in range(len(parts), 0, -1):
        name = ".".join(parts[:count])
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as problem:
            if problem.name is None or not is_within(name, problem.name):  # a module that this one imports is missing
                raise
        else:
            return module if count == len(parts) else find_object(path)
    raise NoSuchName(f"there is no module {parts[0]}")


def is_written_here(item: Any) -> bool:
    """Whether a class or function is from this package or from the user's code, not from Python or another package."""
    module = str(getattr(item, "__module__", None))
    if is_within(module, PACKAGE) or module == "__main__":
        return True
    file = getattr(sys.modules.get(module), "__file__", None)
    return file is not None and not is_installed(str(Path(file).absolute()))


def is_within(name: str, package: str) -> bool:
    """Whether a dotted name is that of a package or of something in it."""
    return name == package or name.startswith(f"{package}.")


def shortened(value: object) -> str:
    """A value as a string of at most 80 characters, for messages."""
    text = str(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _module_of(parts: list[str]) -> tuple[ModuleType, int]:
    """The deepest module of an import path, imported if that is allowed, and how many parts name it."""
    spec, count = _located(parts)
    name = ".".join(parts[:count])
    if count and name not in sys.modules:
        if not any(is_within(name, package) for package in SAFE_PACKAGES) and not _is_in_working_folder(parts[0]):
            raise ImportPathError(
                f"the module {name} lies outside the working folder and is not imported on the word of a file; "
                f"name it with --import {name}, or in Python import it before"
            )
        if spec is not None:
            _require_defined(spec, name, parts[count])
        return importlib.import_module(name), count
    for known in range(len(parts) - 1, 0, -1):
        if module := sys.modules.get(".".join(parts[:known])):
            return module, known
    raise NoSuchName(f"there is no module {parts[0]}")


def _located(parts: list[str]) -> tuple[ModuleSpec | None, int]:
    """The spec of the deepest module of an import path, and how many parts name it; nothing is imported."""
    spec, places = None, None
    for count in range(1, len(parts)):
        deeper = PathFinder.find_spec(".".join(parts[:count]), places)
        if deeper is None:
            return spec, count - 1
        spec, places = deeper, deeper.submodule_search_locations
        if places is None:
            return spec, count
    return spec, len(parts) - 1


def _is_in_working_folder(package: str) -> bool:
    """Whether a package or module would be imported from the working folder."""
    spec = PathFinder.find_spec(package)
    if spec is None:
        return False
    places = [spec.origin] if spec.has_location and spec.origin else list(spec.submodule_search_locations or [])
    folder = Path.cwd().resolve()
    return bool(places) and all(
        Path(place).resolve().is_relative_to(folder) and not is_installed(str(Path(place).absolute()))
        for place in places
    )


def _require_defined(spec: ModuleSpec, module: str, name: str) -> None:
    """Check in a module's source, before it is run, that it defines a name, and a class with a base class."""
    if spec.origin is None or not spec.origin.endswith(".py"):
        return
    try:
        tree = ast.parse(Path(spec.origin).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # the import will raise an error
    classes = [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == name]
    words = {getattr(node, "id", getattr(node, "name", None)) for node in ast.walk(tree)}
    words |= {node.asname or node.name for node in ast.walk(tree) if isinstance(node, ast.alias)}
    if name not in words and not {"*", "__getattr__"} & words:
        raise NoSuchName(_nothing_there(module, name))
    if classes and not any(node.bases or node.keywords for node in classes):
        raise ImportPathError(f"{module}.{name} inherits from nothing")


def _nothing_there(place: str, name: str) -> str:
    if place == "__main__":
        return f"{name} was defined in the script that trained it; move it into a module"
    return f"there is no {name} in {place}"
