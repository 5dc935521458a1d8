"""What runs on the nodes of a Ray cluster: a fit in a process of its own."""

import os
import pickle
import platform
import tempfile
from pathlib import Path

from cryptoforecast.study.engines.archive import pack
from cryptoforecast.study.engines.process import SharedByFits, work
from cryptoforecast.study.engines.versions import difference, versions
from cryptoforecast.study.fit import Fit
from cryptoforecast.training.forkserver import forkserver_context, start

POLL = 0.2  # seconds; Ray cancels a task between two waits
FOLDER, SETTINGS = "fit", "settings.yaml"


def fit_on_node(fit: Fit, loaded: bytes, wanted: dict[str, str]) -> tuple[str | None, int, bytes]:
    """Carry out a fit in a process of its own.

    Args:
        fit: what to do; its folder is on the driver, and another one is used here.
        loaded: the closes, pickled.
        wanted: the driver's versions.

    Returns:
        What stood in the way of the fit, the exit code of its process, and its folder and log as an archive.
    """
    if problem := difference(wanted, versions(), f"the node {platform.node()}"):
        return problem, 1, b""
    with tempfile.TemporaryDirectory(prefix="cryptoforecast-") as scratch:
        settings = Path(scratch, SETTINGS)
        settings.write_text(fit.settings, encoding="utf-8")
        moved = fit._replace(folder=Path(scratch, FOLDER), words=[f"--config={settings}"])
        arguments = (moved, SharedByFits(pickle.loads(loaded)), Path.cwd(), dict(os.environ))
        process = forkserver_context().Process(target=work, args=arguments)  # type: ignore[attr-defined]
        start(process, fit.settings)
        try:
            while process.is_alive():
                process.join(POLL)
        finally:
            process.kill()
            process.join()
        settings.unlink()
        return None, process.exitcode, pack(Path(scratch))
