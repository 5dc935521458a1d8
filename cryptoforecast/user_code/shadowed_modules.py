"""Files of the working folder that have the name of a module of Python's, or of a package, and are taken for it."""

import os
import sys
from importlib.machinery import PathFinder


def sentence_on_shadowing(problem: BaseException) -> str | None:
    """The sentence that names the file which an exception is due to, as it hides a module that is wanted.

    ``python -m`` looks for modules in the working folder first, so a ``random.py`` there is what all packages get.

    Args:
        problem: was raised.

    Returns:
        The sentence; None if the exception has another reason.
    """
    here, files = os.getcwd(), dict[str, str]()  # noqa: PTH109
    for entry in sorted(os.listdir(here)):  # noqa: PTH208 (pathlib itself may be what is hidden)
        name, extension = os.path.splitext(entry)  # noqa: PTH122
        if extension == ".py" and _is_elsewhere(name, here):
            files[name] = entry
    link: BaseException | None = problem
    while link is not None:
        for name, entry in files.items():
            if _is_about(link, name, os.path.join(here, entry)):  # noqa: PTH118
                return f"{entry}: this file of the working folder is taken for the module {name}; rename it."
        link = link.__cause__ or link.__context__
    return None


def _is_elsewhere(name: str, here: str) -> bool:
    """Whether a module could be had if the working folder did not have a file of its name."""
    others = [folder for folder in sys.path if os.path.abspath(folder or here) != here]  # noqa: PTH100
    return name in sys.stdlib_module_names or PathFinder.find_spec(name, others) is not None


def _is_about(problem: BaseException, name: str, file: str) -> bool:
    """Whether an exception was raised while a file was imported, or because a module lacks something."""
    entry = problem.__traceback__
    while entry is not None:
        code = entry.tb_frame.f_code
        if code.co_name == "<module>" and os.path.abspath(code.co_filename) == file:  # noqa: PTH100
            return True
        entry = entry.tb_next
    named = f"'{name}'" in str(problem) or file in str(problem)
    return named and isinstance(problem, ImportError | AttributeError)
