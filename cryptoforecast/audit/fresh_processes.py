"""Counterfactuals built in processes of their own, on altered files, from the import of the user's modules on."""

import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import threading
import traceback
from collections.abc import Callable
from functools import cache
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import torch

from cryptoforecast.audit.altered import Alteration
from cryptoforecast.audit.counterfactual import Counterfactual, ModelInputs, TrainedOutputs
from cryptoforecast.audit.lookahead import LookAhead
from cryptoforecast.audit.mirror import Mirror, live_in, mirror, under_real_names
from cryptoforecast.data.series import CloseSeries
from cryptoforecast.errors import UserError
from cryptoforecast.training.forkserver import forkserver_context, start
from cryptoforecast.user_code.opened_files import Opened, entry_point, record_opened_files, recording_paused

CACHE = "CRYPTOFORECAST_CACHE"


class Job(NamedTuple):
    """A counterfactual to build.

    ``words`` are the command line; ``series``, source by source, the closes of one that is not to be asked, else
    None, and ``further`` the columns that it is asked for; ``cut`` are settings of the data. ``home`` is the working
    folder, which the process sees in a mirror, and ``answer`` the file that it fills.
    """

    words: list[str]
    border: pd.Timestamp
    series: list[CloseSeries | None]
    further: list[tuple[str, ...]]
    cut: dict[str, Any]
    home: Path
    mirrored: Mirror
    environment: dict[str, str]
    threads: int
    answer: Path


class Answer(NamedTuple):
    """What was built; or what went wrong, and the stage if that is a finding. And what was opened meanwhile."""

    read: ModelInputs | None
    trained: TrainedOutputs | None
    problem: str
    stage: str
    opened: list[Opened]


Build = Callable[[Job], tuple[ModelInputs, TrainedOutputs]]


class FreshProcesses:
    """Builds counterfactuals in fresh processes; a context, at whose end they and their folders are gone.

    Args:
        words: the command line of ``audit``.
        build: builds a counterfactual in such a process; a function of a module.
    """

    def __init__(self, words: list[str], build: Build) -> None:
        self._words, self._build = words, build
        self._folder = Path(tempfile.mkdtemp(prefix="audit-"))
        self._running: list[BaseProcess] = []
        self._answers: list[Answer] = []
        self.doubts: list[str] = []

    def __enter__(self) -> "FreshProcesses":
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._running:
            process.kill()
            process.join()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def opened(self) -> list[Opened]:
        """What the processes have opened, each file under its real name."""
        return [entry for answer in self._answers for entry in answer.opened]

    def counterfactual(self, altered: Alteration, border: pd.Timestamp, here: Counterfactual) -> Counterfactual:
        """A counterfactual that is being built from the import of the user's modules on.

        Args:
            altered: what makes it another one.
            border: from when on it is.
            here: the same counterfactual, built in this process; asked where no other process can build it.
        """
        collect = self._begin(altered, border)

        @cache
        def answer() -> Answer | None:
            given = collect()
            if given.stage:
                raise LookAhead(given.stage, given.problem)
            if not given.problem:
                return given
            if altered.border is None or self._begin(altered._replace(border=None), border)().problem:
                self.doubts.append(f"no other process can build it ({given.problem})")
                return None
            raise LookAhead("training", f"what is to be trained fails {here.why}: {given.problem}")

        def read() -> ModelInputs:
            given = answer()
            return here.read() if given is None or given.read is None else given.read

        def train() -> TrainedOutputs:
            given = answer()
            return here.train() if given is None or given.trained is None else given.trained

        return Counterfactual(border, read, train)

    def _begin(self, altered: Alteration, border: pd.Timestamp) -> Callable[[], Answer]:
        """Let a process begin, and return what waits for its answer."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        files = [file for source in altered.files for file in source.files]
        with recording_paused():
            mirrored = mirror(files, Path.cwd(), folder)
        for source in altered.files:
            source.write(lambda file: mirrored.files[Path(os.path.realpath(file))], altered.border)
        large = any(source.is_large for source in altered.files)
        job = Job(
            self._words,
            border,
            [None if asked else series for series, asked in zip(altered.series, altered.asked, strict=True)],
            altered.further,
            altered.cut,
            Path.cwd(),
            mirrored,
            {**os.environ, **({CACHE: str(folder / "cache")} if large else {})},
            torch.get_num_threads(),
            folder / "answer",
        )
        process: BaseProcess = forkserver_context().Process(  # type: ignore[attr-defined]
            target=work, args=(job, self._build)
        )
        start(process, "")
        self._running.append(process)
        return lambda: self._collect(process, job)

    def _collect(self, process: BaseProcess, job: Job) -> Answer:
        process.join()
        self._running.remove(process)
        if job.answer.is_file():
            answer: Answer = pickle.loads(job.answer.read_bytes())
        else:
            answer = Answer(None, None, f"its process ended with status {process.exitcode}", "", [])
        self._answers.append(answer)
        return answer


@entry_point
def work(job: Job, build: Build) -> None:
    """Be the process that builds a counterfactual, and leave what was built in the job's file."""
    os.chdir(job.home)
    os.environ.clear()
    os.environ.update(job.environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is asked too, and ends its children
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    torch.set_num_threads(job.threads)
    with job.answer.with_suffix(".log").open("w") as log, record_opened_files() as journal:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
        live_in(job.mirrored)
        answer = _answer(job, build)
        opened = under_real_names(journal, job.mirrored)
    job.answer.write_bytes(pickle.dumps(answer._replace(opened=opened)))


def _answer(job: Job, build: Build) -> Answer:
    try:
        return Answer(*build(job), "", "", [])
    except LookAhead as found:
        return Answer(None, None, found.reason, found.stage, [])
    except (Exception, SystemExit) as problem:
        traceback.print_exc()
        message = str(problem) if isinstance(problem, UserError) else f"{type(problem).__name__}: {problem}"
        return Answer(None, None, message.split("\n")[0].rstrip("."), "", [])


def _end_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
