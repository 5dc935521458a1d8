"""What runs on the nodes of a Ray cluster: a fit in a process of its own.

The process of Ray's worker imports no torch: that is left to the fork server, whose copies carry out the fits.
"""

import os
import pickle
import platform
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptoforecast.atomic import write_atomically
from cryptoforecast.study.engines.archive import pack
from cryptoforecast.study.engines.versions import difference, versions
from cryptoforecast.training.forkserver import forkserver_context, start

POLL = 0.2  # seconds; Ray cancels a task between two waits
FOLDER, SETTINGS = "fit", "settings.yaml"


def fit_on_node(
    fit: bytes, settings: str, loaded: bytes, files: Mapping[str, bytes], wanted: dict[str, str]
) -> tuple[str | None, int, bytes]:
    """Carry out a fit in a process of its own.

    Args:
        fit: what to do, pickled; its folder is on the driver, and another one is used here.
        settings: all options of the fit.
        loaded: the closes, pickled.
        files: by their paths in the working folder, the content of those that Ray does not copy.
        wanted: the driver's versions.

    Returns:
        What stood in the way of the fit, the exit code of its process, and its folder and log as an archive.
    """
    if problem := difference(wanted, versions(), f"the node {platform.node()}"):
        return problem, 1, b""
    put_files(files)
    with tempfile.TemporaryDirectory(prefix="cryptoforecast-") as scratch:
        Path(scratch, SETTINGS).write_text(settings, encoding="utf-8")
        arguments = (fit, loaded, Path(scratch), Path.cwd(), dict(os.environ))
        process = forkserver_context().Process(target=work_in, args=arguments)  # type: ignore[attr-defined]
        start(process, "")
        try:
            while process.is_alive():
                process.join(POLL)
        finally:
            process.kill()
            process.join()
        Path(scratch, SETTINGS).unlink()
        return None, process.exitcode, pack(Path(scratch))


def put_files(files: Mapping[str, bytes]) -> None:
    """Write files into the working folder, those that are there with the same content excepted."""
    for name, content in files.items():
        path = Path(name)
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, lambda file, content=content: file.write(content))  # type: ignore[misc]


def work_in(pickled: bytes, loaded: bytes, scratch: Path, home: Path, environment: dict[str, str]) -> None:
    """The whole life of the process of a fit; see :func:`cryptoforecast.study.engines.process.work`."""
    from cryptoforecast.study.engines.process import SharedByFits, work

    fit = pickle.loads(pickled)._replace(folder=scratch / FOLDER, words=[f"--config={scratch / SETTINGS}"])
    work(fit, SharedByFits(pickle.loads(loaded)), home, environment)
