"""Files of the working folder that shadow a module of Python or of an installed package."""

import os
import sys
from importlib.machinery import PathFinder


def sentence_on_shadowing(problem: BaseException) -> str | None:
    """A sentence that names the file that shadows a module and thereby caused an exception; None without one.

    ``python -m`` puts the working folder first on the path, so every package imports a ``random.py`` in it.

    Args:
        problem: a caught exception.
    """
    folder, files = os.getcwd(), dict[str, str]()  # noqa: PTH109
    for entry in sorted(os.listdir(folder)):  # noqa: PTH208 (pathlib itself may be shadowed)
        name, extension = os.path.splitext(entry)  # noqa: PTH122
        if extension == ".py" and _is_elsewhere(name, folder):
            files[name] = entry
    link: BaseException | None = problem
    while link is not None:
        for name, entry in files.items():
            if _is_about(link, name, os.path.join(folder, entry)):  # noqa: PTH118
                return f"{entry}: this file of the working folder is taken for the module {name}; rename it."
        link = link.__cause__ or link.__context__
    return None


def _is_elsewhere(name: str, folder: str) -> bool:
    """Whether a module of this name exists outside the working folder."""
    path = [entry for entry in sys.path if os.path.abspath(entry or folder) != folder]  # noqa: PTH100
    return name in sys.stdlib_module_names or PathFinder.find_spec(name, path) is not None


def _is_about(problem: BaseException, name: str, file: str) -> bool:
    """Whether an exception was raised while a file was imported, or because its module lacks a name."""
    entry = problem.__traceback__
    while entry is not None:
        code = entry.tb_frame.f_code
        if code.co_name == "<module>" and os.path.abspath(code.co_filename) == file:  # noqa: PTH100
            return True
        entry = entry.tb_next
    named = f"'{name}'" in str(problem) or file in str(problem)
    return named and isinstance(problem, ImportError | AttributeError)
