"""The processes of backtests and audits: copies of one that has imported what they need and has done nothing else.

A process imports the script that started it only where a setting names a class of that script. So a script needs no
``if __name__ == "__main__"``, and a notebook or standard input will do, unless it defines a class itself.
"""

import ast
import multiprocessing
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing.context import BaseContext
from multiprocessing.forkserver import ensure_running
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType

from cryptoforecast.errors import UserError

# Importing these takes seconds, and is done once for all processes.
PRELOADED = [
    "cryptoforecast.training.preload",
    "cryptoforecast.study.engines.local",
    "cryptoforecast.study.engines.preload",
    "cryptoforecast.audit.command",
]
MAIN = "__main__"


def forkserver_context() -> BaseContext:
    """What starts processes: from the forkserver, or where a system has none, anew."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def start_forkserver() -> None:
    """Let the forkserver import while this process still does; it ends with this process."""
    if forkserver_context().get_start_method() == "forkserver":
        with _hidden_script():
            ensure_running()


def start(process: BaseProcess, settings: str) -> None:
    """Start a process.

    Args:
        process: not started yet.
        settings: the text of its settings; where they name a class of the script that this process runs, the new
            process imports that script.
    """
    with nullcontext() if classes_of_script(settings) else _hidden_script():
        process.start()


def classes_of_script(settings: str) -> list[str]:
    """The names of the classes that settings take from the script or notebook that this process runs."""
    return list(dict.fromkeys(re.findall(rf"\b{MAIN}\.(\w+)", settings)))


def require_importable(settings: str) -> None:
    """See that other processes can import the classes that some settings name.

    Raises:
        UserError: naming a class of a notebook, of standard input, or of a script that would start anew when it is
            imported.
    """
    for name in classes_of_script(settings):
        written = getattr(sys.modules[MAIN], "__file__", None)
        if written is None:
            raise UserError(
                f"{name} is defined in a notebook or on standard input, which other processes cannot import; move it "
                "into a module, such as my_models.py in the working folder."
            )
        if not _is_guarded(Path(written)):
            raise UserError(
                f"{name} is defined in {Path(written).name}, which other processes import; put what that does behind "
                f'if __name__ == "{MAIN}": or move {name} into a module.'
            )


def _is_guarded(script: Path) -> bool:
    """Whether a script asks, at its top level, for the name that it was imported by."""
    try:
        statements = ast.parse(script.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return False
    tests = [node.test for node in statements if isinstance(node, ast.If)]
    return any(isinstance(part, ast.Name) and part.id == "__name__" for test in tests for part in ast.walk(test))


@contextmanager
def _hidden_script() -> Iterator[None]:
    """Let multiprocessing find no script that a new process would have to import."""
    script = sys.modules[MAIN]
    sys.modules[MAIN] = ModuleType(MAIN)
    try:
        yield
    finally:
        sys.modules[MAIN] = script
