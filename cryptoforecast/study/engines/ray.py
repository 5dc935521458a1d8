"""Fits on a Ray cluster, a task each; Ray starts a task again on another node where a node has died.

No file system is shared: the closes lie in Ray's object store, Ray copies the code of the working folder to the nodes,
and what a fit has written comes back as an archive. On its node a fit is a process of its own, as with the local
engine: so it computes the same, and a fit that crashes takes no worker of Ray with it. Tasks, not actors: Ray starts
them again by itself, asks an autoscaler for nodes while they wait, and keeps the process of a worker for the next task.
"""

import pickle
import shutil
import time
from typing import Any, Self

from cryptoforecast.data.sources.loaded_once import Loaded
from cryptoforecast.errors import UserError
from cryptoforecast.study.engines.archive import unpack
from cryptoforecast.study.engines.choose import EngineOptions
from cryptoforecast.study.engines.engine import Ended, Reported
from cryptoforecast.study.engines.process import failure_in
from cryptoforecast.study.engines.ray_cluster import connect, in_words, named_checkpoints, require_same_versions
from cryptoforecast.study.engines.ray_node import FOLDER, fit_on_node
from cryptoforecast.study.engines.versions import versions
from cryptoforecast.study.fit import Fit, log_of
from cryptoforecast.training.forkserver import classes_of_script

RETRIES = 5  # of a fit whose node or worker has died
GRACE = 15.0  # seconds for fits that are cancelled to end their processes


def make_engine(options: EngineOptions, loaded: Loaded, accelerator: str) -> "RayEngine":
    """The engine with the options of a verb; see :func:`cryptoforecast.study.engines.choose.make_engine`."""
    cpus = 1 if options.num_cpus is None else options.num_cpus
    return RayEngine(loaded, options.address or "auto", options.workers, cpus, options.num_gpus or 0)


class RayEngine:
    """The fits of a study on a Ray cluster.

    Args:
        loaded: the closes, as :func:`~cryptoforecast.data.sources.loaded_once.loaded_once` has them.
        address: of the cluster: ``auto`` for the one that this machine belongs to, or ``HOST:PORT``.
        workers: how many fits at a time; None for as many as the cluster has room for at the beginning.
        num_cpus: CPUs that Ray keeps free for a fit.
        num_gpus: GPUs that Ray keeps free for a fit; of 0.25, four fits share one.

    Raises:
        UserError: on entering, if there is no such cluster, or a node has another version of Python or of a package.
    """

    reports = False

    def __init__(
        self,
        loaded: Loaded,
        address: str = "auto",
        workers: int | None = None,
        num_cpus: float = 1,
        num_gpus: float = 0,
    ) -> None:
        self.workers, self._counts_room = workers or 1, workers is None
        self._loaded, self._address = loaded, address
        self._resources = {"CPU": num_cpus, "GPU": num_gpus}
        self._files: list[tuple[dict[str, bytes], Any]] = []
        self._running: dict[Any, tuple[Fit, float]] = {}

    def __enter__(self) -> Self:
        self._ray = ray = connect(self._address)
        try:
            require_same_versions(ray)
            if self._counts_room:
                room = ray.cluster_resources()
                needs = {name: need for name, need in self._resources.items() if need}
                fitting = [int(room.get(name, 0) / need) for name, need in needs.items()]
                self.workers = max(1, min(fitting, default=1))
            self._closes = ray.put(pickle.dumps(self._loaded))
        except BaseException:
            ray.shutdown()
            raise
        cpus, gpus = self._resources.values()
        self._task = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=RETRIES)(fit_on_node)
        return self

    def __exit__(self, *problem: object) -> None:
        left = list(self._running)
        for task in left:
            self._ray.cancel(task)
        if left:
            self._ray.wait(left, num_returns=len(left), timeout=GRACE)
        self._ray.shutdown()

    def start(self, fit: Fit) -> None:
        """Let Ray carry out a fit as soon as a node has room."""
        if named := classes_of_script(fit.settings):
            raise UserError(
                f"{named[0]} is defined in the script that runs, which the nodes of a cluster do not have; move it "
                "into a module, such as my_models.py in the working folder."
            )
        name, arguments = fit.folder.name, (pickle.dumps(fit), fit.settings, self._closes, self._sent(fit), versions())
        self._running[self._task.options(name=name).remote(*arguments)] = fit, time.monotonic()

    def _sent(self, fit: Fit) -> Any:
        """The checkpoints that a fit names, put into the object store once."""
        files = {str(path): path.read_bytes() for path in named_checkpoints(fit.settings)}
        if not any(files == known for known, _ in self._files):
            self._files.append((files, self._ray.put(files)))
        return next(reference for known, reference in self._files if known == files)

    def answer(self, fit: Fit, goes_on: bool) -> None:
        """Answer nobody: tasks report no values."""

    def wait(self) -> list[Ended | Reported]:
        """The next fit that has ended."""
        (ready,), _ = self._ray.wait(list(self._running), num_returns=1)
        return [self._ended(ready)]

    def _ended(self, task: Any) -> Ended:
        fit, began = self._running.pop(task)
        try:
            failure, status, archive = self._ray.get(task)
        except self._ray.exceptions.RayError as problem:
            failure, status, archive = in_words(problem), 1, b""
        if archive:
            failure = _received(archive, fit, status)
        return Ended(fit, time.monotonic() - began, failure)


def _received(archive: bytes, fit: Fit, status: int) -> str | None:
    """Put what a fit has written in its place on the driver, and say why it failed, if it did."""
    arrived, log = fit.folder.with_name(f".{fit.folder.name}"), log_of(fit)
    unpack(archive, arrived)
    if status == 0:
        shutil.rmtree(fit.folder, ignore_errors=True)
        (arrived / FOLDER).rename(fit.folder)
    else:
        (arrived / f"{FOLDER}.log").replace(log)
    shutil.rmtree(arrived)
    return failure_in(log, status)
